"""Owns the view of boxes and points in three dimensions, which the visitor turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui.element import Element

Place = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid:
    """A box between two corners; z is up. name: written on it where there is room."""

    id: str
    name: str
    colour: tuple[int, int, int]
    low: Place
    high: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Words at a place."""

    at: Place
    text: str


class Solids(Element, component="static/solids.js"):
    """Boxes that do not reach into each other, in a room of the sides `space` where it is given, or the points of a
    binary PLY at the address `points` (`yup`: its y is up). on_chosen: the id of the box that was clicked, or empty.
    on_lost: the points could not be fetched or read.
    """

    def __init__(
        self,
        *,
        label: str,
        solids: Sequence[Solid] = (),
        space: Place | None = None,
        marks: Sequence[Mark] = (),
        points: str = "",
        yup: bool = False,
        on_chosen: Callable[[str], Any] = lambda id: None,
        on_lost: Callable[[], Any] = lambda: None,
    ) -> None:
        super().__init__()
        self._props.update(
            label=label,
            boxes=[asdict(solid) for solid in solids],
            space=list(space) if space else None,
            marks=[asdict(mark) for mark in marks],
            points=points,
            yup=yup,
            chosen="",
            shown=len(solids),
        )
        self.on("chosen", lambda event: on_chosen(str(event.args)))
        self.on("lost", lambda: on_lost())

    def show(self, *, shown: int | None = None, chosen: str | None = None) -> None:
        """Only the first `shown` boxes; one of them marked. None: as it is."""
        if shown is not None:
            self._props["shown"] = shown
        if chosen is not None:
            self._props["chosen"] = chosen
        self.update()
