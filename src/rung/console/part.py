"""Owns a place on the page that is drawn anew on demand."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui


class Part:
    """Draws at once, and again at each `redraw()`.

    NiceGUI's own `refreshable` draws later, in a task: what was to be set on the new elements would be set on the old
    ones; and it keeps the places of all visitors in one list.
    """

    def __init__(self, draw: Callable[[], None]) -> None:
        self._draw = draw
        self._place = ui.element("div").classes("rung-part")
        self.redraw()

    def redraw(self) -> None:
        """Everything in the place goes, and is drawn from what is now the case."""
        self._place.clear()
        with self._place:
            self._draw()
