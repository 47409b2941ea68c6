"""Owns small things of the browser alone: a table that is gone through by the keyboard, a piece of a picture that
stands in one of its rows, a clock beside a wait."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui.element import Element


class Rows(Element, component="static/rows.js"):
    """Around a table: arrows go from row to row, letters press what stands in a row.

    Of a row, the button with `data-row` is its own. Another with `data-key` is pressed by that key (a code such as
    `KeyV`, whatever the keyboard's language); one with `data-onward` too goes on to the next row that has such a one.
    """


class Clock(Element, component="static/clock.js"):
    """The seconds since it was drawn."""


class Crop(Element, component="static/crop.js"):
    """A piece of a picture, set upright. points: its four corners in reading direction, in pixels of the picture."""

    def __init__(self, *, src: str, width: int, height: int, points: Sequence[Sequence[float]], label: str) -> None:
        super().__init__()
        self._props.update(src=src, width=width, height=height, points=[[*point] for point in points], label=label)
