"""Decides by its script which recogniser's reading of a box of words is taken. Pure."""

from __future__ import annotations

from typing import Final

from rung.apps.drawings.filling import is_short
from rung.apps.drawings.lines import Line
from rung.models.calibration import is_chinese, is_hangul

HANGUL: Final = "tesseract-kor"
"""The variant that reads it."""
SURE: Final = 0.85
"""Less sure of words than this, a recogniser without Hangul may have seen some."""
LEAST: Final = 0.6
"""Of the other's confidence, below which its Hangul is not believed."""


def may_be_hangul(line: Line) -> bool:
    """Whether a recogniser that knows Latin and Chinese signs may have met Hangul: it is not sure, saw Chinese, or read
    far less than stands there."""
    unsure = line.confidence is None or line.confidence < SURE
    return unsure or any(is_chinese(sign) for sign in line.text) or is_short(line.text, line.polygon)


def by_script(line: Line, other: Line) -> Line:
    """The reading with Hangul where the recogniser of Hangul found some, else the line as it was; both as guesses.

    Where the line is far shorter than what stands there it is the worse one however unsure the other is.
    """
    sure = other.confidence is None or other.confidence >= LEAST or is_short(line.text, line.polygon)
    if not any(is_hangul(sign) for sign in other.text) or not sure:
        return line
    return Line(polygon=other.polygon, guesses=(*other.guesses, *line.guesses))
