"""Owns a large sheet that is looked at closely: the browser's view of it, and the marks that lie over it by layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nicegui.element import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing on the sheet. points: corners in pixels of it. title, lines: what is shown while it is pointed at.

    layer: the name of the layer it belongs to, which gives its colour. state: a person's word on it; empty: none.
    """

    id: str
    layer: str
    points: tuple[tuple[float, float], ...]
    title: str
    lines: tuple[str, ...] = ()
    state: str = ""


class Sheet(Element, component="static/sheet.js"):
    """A sheet in a window of its own: the wheel zooms where it points, a drag moves, two fingers do both.

    on_chosen gets the id of the mark that was clicked, empty beside all of them. on_lost: the picture could not be
    fetched. words: what the buttons say to those who cannot see them: `nearer`, `farther`, `whole`.
    """

    def __init__(
        self,
        *,
        src: str,
        width: int,
        height: int,
        label: str,
        words: dict[str, str],
        on_chosen: Callable[[str], Any],
        on_lost: Callable[[], Any],
    ) -> None:
        super().__init__()
        self._props.update(
            src=src, width=width, height=height, label=label, words=words, marks=[], layers=[], chosen="", busy=""
        )
        self.on("chosen", lambda event: on_chosen(str(event.args)))
        self.on("lost", lambda: on_lost())

    def show(self, *, marks: Sequence[Mark], layers: Sequence[str], chosen: str, busy: str) -> None:
        """What lies over the sheet. layers: those that are switched on. busy: what is being waited for, or empty."""
        self._props.update(marks=[asdict(mark) for mark in marks], layers=[*layers], chosen=chosen, busy=busy)
        self.update()
