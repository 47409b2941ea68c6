"""Tells readings that are far shorter than what stands there: a reader without Hangul makes `1.5` of a whole sentence,
and `2.` of a numbered one, and is sure of it. Pure."""

from __future__ import annotations

from dataclasses import replace

from rung.apps.drawings.lines import Axes, Line, Polygon
from rung.models import notation

WIDEST, SPARE = 1.5, 2.0
"""Heights of a text: the room of one of its signs, wide letters and spaces between them included, and beside them."""


def is_short(text: str, polygon: Polygon) -> bool:
    """Whether the text's signs cannot fill what stands there."""
    axes = Axes.of(polygon)
    start, _, end, _ = axes.seen(polygon)
    return (end - start) / axes.height > WIDEST * len(text) + SPARE


def filling(line: Line, *, worded: bool) -> Line:
    """The line without readings that are too short. worded: it stands in a table's cell or a title block, where words
    may be spaced out: there only dimensions are too short."""
    kept = tuple(
        one
        for one in line.guesses
        if not is_short(one.text, line.polygon) or (worded and not notation.understood(one.text))
    )
    if kept or not line.guesses:
        return replace(line, guesses=kept)
    return replace(line, guesses=(), reason=f"read as {line.text!r}, which is far shorter than what stands there")
