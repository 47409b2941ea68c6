"""Owns the photograph with the masks of several things over it: what the browser reports of it and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui.element import Element

from rung.console.board import Span

Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One thing in the photograph. box: pixels of it. mask: its address, white is the thing; empty: none.

    name: what its button says.
    """

    id: str
    name: str
    colour: Colour
    box: tuple[float, float, float, float]
    mask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A box that the visitor has drawn."""

    box: Span
    label: str


class Pieces(Element, component="static/pieces.js"):
    """A photograph as wide as its place, each thing in its colour under its button.

    on_chosen gets the id of the thing that was clicked, empty beside all of them; on_box a box that was drawn, in
    pixels of the picture. on_lost: the picture or a mask could not be fetched or read.
    """

    def __init__(
        self,
        *,
        src: str,
        width: int,
        height: int,
        label: str,
        on_chosen: Callable[[str], Any],
        on_box: Callable[[Span], Any],
        on_lost: Callable[[], Any],
    ) -> None:
        super().__init__()
        self._props.update(src=src, width=width, height=height, label=label, pieces=[], hands=[], chosen="", busy="")
        self.on("chosen", lambda event: on_chosen(str(event.args)))
        self.on("box", lambda event: on_box(_span(event.args)))
        self.on("lost", lambda: on_lost())

    def show(self, *, shapes: Sequence[Shape], drawn: Sequence[Drawn], chosen: str, busy: str) -> None:
        """What lies over the photograph. busy: what is being waited for, or empty."""
        self._props.update(
            pieces=[asdict(shape) for shape in shapes],
            hands=[{"box": list(one.box), "label": one.label} for one in drawn],
            chosen=chosen,
            busy=busy,
        )
        self.update()


def _span(values: Sequence[Any]) -> Span:
    x0, y0, x1, y1 = (int(value) for value in values)
    return x0, y0, x1, y1
