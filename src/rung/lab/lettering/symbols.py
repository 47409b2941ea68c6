"""Signs that most fonts lack, as single strokes: a CAD program draws them so too.

Strokes are lines through points (x, y), in units of the capitals' height: y from 0 on the baseline to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Final

Stroke = tuple[tuple[float, float], ...]
Drawn = tuple[tuple[Stroke, ...], float]
"""Strokes and how far the pen moves on."""

GAP: Final = 0.25
"""Between a symbol and what follows it."""


def symbol(sign: str, draw: Random) -> Drawn | None:
    """The sign's strokes, a little different each time; None where there is no drawing of it."""
    maker = _MAKERS.get(sign)
    if maker is None:
        return None
    strokes = maker(draw)
    left = min(x for stroke in strokes for x, _ in stroke)
    right = max(x for stroke in strokes for x, _ in stroke)
    return tuple(tuple((x - left, y) for x, y in stroke) for stroke in strokes), right - left + GAP


def ring(x: float, y: float, radius: float, first: float = 0, last: float = 360) -> Stroke:
    """An arc about (x, y), degrees counter-clockwise from the right."""
    steps = 20
    angles = [math.radians(first + (last - first) * step / steps) for step in range(steps + 1)]
    return tuple((x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles)


def arrow(x0: float, y0: float, x1: float, y1: float, draw: Random) -> tuple[Stroke, ...]:
    """A line with a head at its end, open or closed."""
    length, half = draw.uniform(0.2, 0.65), draw.uniform(0.15, 0.55)
    angle = math.atan2(y1 - y0, x1 - x0)
    sides = [(x1 - length * math.cos(angle + turn), y1 - length * math.sin(angle + turn)) for turn in (half, -half)]
    head = (sides[0], (x1, y1), sides[1])
    return ((x0, y0), (x1, y1)), (*head, sides[0]) if draw.random() < 0.6 else head


def _diameter(draw: Random) -> tuple[Stroke, ...]:
    radius, reach, lean = draw.uniform(0.32, 0.5), draw.uniform(0.45, 0.68), draw.uniform(0.2, 0.45)
    middle = 0.5 if draw.random() < 0.7 else radius
    return ring(0, middle, radius), ((-lean, middle - reach), (lean, middle + reach))


def _square(draw: Random) -> tuple[Stroke, ...]:
    side = draw.uniform(0.6, 1)
    return (((0, 0), (side, 0), (side, side), (0, side), (0, 0)),)


def _times(draw: Random) -> tuple[Stroke, ...]:
    half, middle = draw.uniform(0.22, 0.36), draw.uniform(0.32, 0.5)
    return ((-half, middle - half), (half, middle + half)), ((-half, middle + half), (half, middle - half))


def _plus_minus(draw: Random) -> tuple[Stroke, ...]:
    half, base = draw.uniform(0.26, 0.42), draw.uniform(0, 0.15)
    middle = base + half + draw.uniform(0.12, 0.25)
    return (
        ((-half, base), (half, base)),
        ((-half, middle), (half, middle)),
        ((0, middle - half), (0, middle + half)),
    )


def _degree(draw: Random) -> tuple[Stroke, ...]:
    radius = draw.uniform(0.1, 0.19)
    return (ring(0, 1 - radius, radius),)


def _depth(draw: Random) -> tuple[Stroke, ...]:
    half = draw.uniform(0.25, 0.4)
    return ((-half, 1), (half, 1)), *arrow(0, 1, 0, 0, draw)


def _counterbore(draw: Random) -> tuple[Stroke, ...]:
    wide, tall = draw.uniform(0.8, 1.3), draw.uniform(0.5, 0.8)
    return (((0, tall), (0, 0), (wide, 0), (wide, tall)),)


def _countersink(draw: Random) -> tuple[Stroke, ...]:
    half, tall = draw.uniform(0.45, 0.6), draw.uniform(0.7, 1)
    return (((-half, tall), (0, 0), (half, tall)),)


def _straight(draw: Random) -> tuple[Stroke, ...]:
    return (((0, 0.5), (draw.uniform(0.9, 1.5), 0.5)),)


def _flat(draw: Random) -> tuple[Stroke, ...]:
    lean, wide, low = draw.uniform(0.25, 0.5), draw.uniform(0.8, 1.1), draw.uniform(0, 0.25)
    return (((0, low), (wide, low), (wide + lean, 1 - low), (lean, 1 - low), (0, low)),)


def _round(draw: Random) -> tuple[Stroke, ...]:
    return (ring(0, 0.5, draw.uniform(0.4, 0.6)),)


def _cylinder(draw: Random) -> tuple[Stroke, ...]:
    radius, lean = draw.uniform(0.26, 0.36), draw.uniform(0.2, 0.32)
    sides = (-radius * 1.12, radius * 1.12)
    return ring(0, 0.5, radius), *(((x - lean, -0.02), (x + lean, 1.02)) for x in sides)


def _line_profile(draw: Random) -> tuple[Stroke, ...]:
    return (ring(0, draw.uniform(0.1, 0.3), draw.uniform(0.5, 0.65), 0, 180),)


def _surface_profile(draw: Random) -> tuple[Stroke, ...]:
    base, radius = draw.uniform(0.1, 0.3), draw.uniform(0.5, 0.65)
    return ring(0, base, radius, 0, 180), ((-radius, base), (radius, base))


def _square_to(draw: Random) -> tuple[Stroke, ...]:
    half = draw.uniform(0.45, 0.65)
    return ((0, 0), (0, 1)), ((-half, 0), (half, 0))


def _angular(draw: Random) -> tuple[Stroke, ...]:
    wide = draw.uniform(0.9, 1.2)
    return (((wide, 0.1), (0, 0.1), (wide * draw.uniform(0.75, 1), draw.uniform(0.6, 0.95))),)


def _parallel(draw: Random) -> tuple[Stroke, ...]:
    lean, gap = draw.choice((0, 0.25, 0.35, 0.45)), draw.uniform(0.22, 0.4)
    return ((0, 0), (lean, 1)), ((gap, 0), (gap + lean, 1))


def _symmetric(draw: Random) -> tuple[Stroke, ...]:
    long, short, gap = draw.uniform(0.5, 0.7), draw.uniform(0.25, 0.42), draw.uniform(0.22, 0.34)
    return tuple(((-half, 0.5 + y), (half, 0.5 + y)) for half, y in ((long, 0), (short, gap), (short, -gap)))


def _position(draw: Random) -> tuple[Stroke, ...]:
    radius, reach = draw.uniform(0.26, 0.38), draw.uniform(0.48, 0.62)
    return ring(0, 0.5, radius), ((-reach, 0.5), (reach, 0.5)), ((0, 0.5 - reach), (0, 0.5 + reach))


def _coaxial(draw: Random) -> tuple[Stroke, ...]:
    outer = draw.uniform(0.42, 0.58)
    return ring(0, 0.5, outer), ring(0, 0.5, outer * draw.uniform(0.45, 0.68))


def _run_out(draw: Random) -> tuple[Stroke, ...]:
    return arrow(0, 0, draw.uniform(0.6, 1), 1, draw)


def _total_run_out(draw: Random) -> tuple[Stroke, ...]:
    lean, gap = draw.uniform(0.45, 0.75), draw.uniform(0.45, 0.75)
    return (*arrow(0, 0, lean, 1, draw), *arrow(gap, 0, gap + lean, 1, draw), ((0, 0), (gap, 0)))


def _taper(draw: Random) -> tuple[Stroke, ...]:
    wide, half = draw.uniform(0.9, 1.4), draw.uniform(0.25, 0.4)
    return (((0, 0.5 - half), (wide, 0.5), (0, 0.5 + half), (0, 0.5 - half)), ((-0.2, 0.5), (wide + 0.2, 0.5)))


def _slope(draw: Random) -> tuple[Stroke, ...]:
    wide, tall = draw.uniform(0.9, 1.4), draw.uniform(0.5, 0.8)
    return (((0, 0), (wide, 0), (0, tall), (0, 0)),)


_MAKERS: Final[dict[str, Callable[[Random], tuple[Stroke, ...]]]] = {
    "⌀": _diameter,
    "□": _square,
    "×": _times,
    "±": _plus_minus,
    "°": _degree,
    "↧": _depth,
    "⌴": _counterbore,
    "⌵": _countersink,
    "⌲": _taper,
    "⌳": _slope,
    "⏤": _straight,
    "⏥": _flat,
    "○": _round,
    "⌭": _cylinder,
    "⌒": _line_profile,
    "⌓": _surface_profile,
    "⏊": _square_to,
    "∠": _angular,
    "⫽": _parallel,
    "⌯": _symmetric,
    "⌖": _position,
    "◎": _coaxial,
    "↗": _run_out,
    "⌰": _total_run_out,
}
