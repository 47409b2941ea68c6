"""Owns the clickable picture: what the browser reports of it and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui.element import Element
from nicegui.events import GenericEventArguments

Click = tuple[int, int, int]
"""x, y in pixels of the picture; label 1 adds, 0 subtracts."""
Span = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels, x1 and y1 exclusive."""


class Board(Element, component="static/board.js"):
    """A picture as wide as its place, with points, a box and a mask over it.

    on_point and on_box get pixels of the picture, inside it, whatever its displayed size. Left adds; right, shift or
    ctrl subtracts; a drag draws a box. on_lost: the picture or the mask could not be fetched or read.
    """

    def __init__(
        self,
        *,
        src: str,
        width: int,
        height: int,
        label: str,
        on_point: Callable[[Click], Any],
        on_box: Callable[[Span], Any],
        on_undo: Callable[[], Any],
        on_lost: Callable[[], Any],
    ) -> None:
        super().__init__()
        self._props.update(src=src, width=width, height=height, label=label, points=[], mask="", busy="")
        self.on("point", lambda event: on_point(_click(event)))
        self.on("box", lambda event: on_box(_span(event)))
        self.on("undo", lambda: on_undo())
        self.on("lost", lambda: on_lost())

    def show(self, *, points: Sequence[Click], box: Span | None, mask: str, busy: str, subtract: bool) -> None:
        """What lies over the picture. mask: its address, or empty. busy: what is being waited for, or empty."""
        self._props.update(
            points=[list(point) for point in points],
            box=list(box) if box else None,
            mask=mask,
            busy=busy,
            subtract=subtract,
        )
        self.update()


def _click(event: GenericEventArguments) -> Click:
    x, y, label = (int(value) for value in event.args)
    return x, y, label


def _span(event: GenericEventArguments) -> Span:
    x0, y0, x1, y1 = (int(value) for value in event.args)
    return x0, y0, x1, y1
