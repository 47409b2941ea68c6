"""Reads LibreCAD's stroke fonts: `[0041] A`, then a line of points `x,y[,Abulge];...` a stroke, `C0041` for a copy."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from rung.lab.lettering.symbols import Stroke

_HEAD = re.compile(r"\[#?([0-9a-fA-F]{1,6})\]")
_SPACING = re.compile(r"#\s*(LetterSpacing|WordSpacing)\s*:\s*([0-9.]+)")
_NUMBER = r"-?[0-9.]+(?:e-?[0-9]+)?"
_CORNER = rf"{_NUMBER}\s*,\s*{_NUMBER}(?:\s*,\s*A{_NUMBER})?"
_STROKE = re.compile(rf"{_CORNER}(?:;{_CORNER})*;?", re.IGNORECASE)
_ARC_STEP = math.radians(25)


@dataclass(slots=True)
class Lettering:
    """A font's strokes by sign, and its spacings, in the file's units."""

    strokes: dict[str, list[Stroke]] = field(default_factory=dict)
    spacings: dict[str, float] = field(default_factory=dict)


def parsed(text: str) -> Lettering:
    """The font in a file. Lines that are none of the format's are passed over, as LibreCAD does."""
    font = Lettering()
    current: list[Stroke] = []
    for line in map(str.strip, text.splitlines()):
        if spacing := _SPACING.match(line):
            font.spacings[spacing[1]] = float(spacing[2])
        elif head := _HEAD.match(line):
            current = font.strokes.setdefault(chr(int(head[1], 16)), [])
        elif re.fullmatch(r"C[0-9a-fA-F]{1,6}", line):
            current += font.strokes.get(chr(int(line[1:], 16)), [])
        elif _STROKE.fullmatch(line):
            current.append(_stroke(line))
    return font


def _stroke(line: str) -> Stroke:
    points: list[tuple[float, float]] = []
    for corner in filter(None, line.split(";")):
        parts = corner.split(",")
        point = float(parts[0]), float(parts[1])
        bulge = float(parts[2].strip()[1:]) if len(parts) > 2 else 0.0
        points += _arc(points[-1], point, bulge) if bulge and points else [point]
    return tuple(points)


def _arc(start: tuple[float, float], end: tuple[float, float], bulge: float) -> list[tuple[float, float]]:
    """Points of the arc after its start. bulge: tangent of a quarter of its angle; over 0: counter-clockwise."""
    (x0, y0), (x1, y1) = start, end
    angle = 4 * math.atan(bulge)
    # The centre lies off the chord's middle, at its left where the arc is counter-clockwise and under a half circle.
    offset = (1 - bulge * bulge) / (4 * bulge)
    centre = (x0 + x1) / 2 - offset * (y1 - y0), (y0 + y1) / 2 + offset * (x1 - x0)
    steps = max(math.ceil(abs(angle) / _ARC_STEP), 1)
    first, radius = math.atan2(y0 - centre[1], x0 - centre[0]), math.dist(start, centre)
    turns = [first + angle * step / steps for step in range(1, steps)]
    return [(centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns] + [end]
