"""Marks of surface finish, as ISO 1302 and ISO 21920-1 draw them: the tick, its bar or circle, and what it demands."""

from __future__ import annotations

import math
from dataclasses import replace

from rung.lab.sheets.additions import ROUGHNESS
from rung.lab.sheets.notes import Note
from rung.lab.sheets.stand import Stand
from rung.lab.sheets.values import Dress, printed, value_of

SLOPE = math.tan(math.radians(30))
"""Legs stand 60 degrees apart."""
VARIANTS = ("basic", "removal", "removal", "prohibited")
"""What may be asked of the surface: any process, material taken off, none taken off."""
GRADES = ("x", "y", "z", "w")
"""Of older Korean drawings, over the tick."""


def finish(stand: Stand, variant: str, said: str) -> None:
    """The mark with its foot at the stand's point. said: `parameter` under a bar from the long leg, `over` for the
    same above the short one, `grade`, or an empty text for a bare mark."""
    pen, marking = stand.pen, stand.pen.style.marking
    low = pen.text_mm * marking.finish
    high = low * 2.1
    stand.line((-low * SLOPE, low), (0, 0), (high * SLOPE, high))
    if variant == "removal":
        stand.line((-low * SLOPE, low), (low * SLOPE, low))
    elif variant == "prohibited":
        stand.circle((0, low * 2 / 3), low / 3)
    size = pen.text_mm * 0.9
    if said == "grade":
        grade = Note(text=stand.pen.rng.choice(GRADES), alphabet="text", role="label")
        stand.text(grade, (-low * SLOPE - size * 0.1, low + size * 0.85), size, right=False)
    elif said:
        _parameter(stand, (low, high), size, over=said == "over")


def _parameter(stand: Stand, heights: tuple[float, float], size: float, *, over: bool) -> None:
    pen = stand.pen
    low, high = heights
    dress = Dress(type="roughness", prefix=pen.rng.choice(("Ra", "Ra", "Rz")))
    value = value_of(pen.rng.choice(ROUGHNESS), dress, replace(pen.style, decimals=None))
    gap = pen.rng.choice(("", " "))
    shown = printed(value.text[:2] + gap + value.text[2:], pen.style)
    note = Note(text=value.text, alphabet="dimension", role="dimension", value=value)
    if over:
        stand.text(note, (low * SLOPE * 0.4, low + size * 0.95), size, shown=shown, right=True)
        return
    wide = pen.width_of(shown, size)
    right = high * SLOPE
    stand.line((right, high), (right + wide + size * 0.7, high))
    stand.text(note, (right + size * 0.2, high - size * 0.95), size, shown=shown)
