"""Decides which figures of a second look are believed, beside or instead of what was read before. Pure.

A second look offers places where signs of a figure's height stand in a row. Most are pieces of what was read already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import Final

from rung.apps.drawings.lines import Axes, Line, Polygon, bounds, centre, holds
from rung.models import notation

Box = tuple[float, float, float, float]
SURE: Final = 0.9
"""Of confidence: of 381 figures of the sheets `chains` that were taken in, 367 were right and stood in their place."""
FEWEST: Final = 3
"""Figures that tell how wide a sign's place is: of one alone it is not known whether it is two."""
BETWEEN: Final = 0.15
"""Signs' places: what a figure is narrower than the places of its signs, the last gap being none of it."""
NARROWER, WIDER = 0.8, 0.6
"""Signs' places: by how much a figure differs from others of as many signs; what is wider is two, with a gap."""
SHARED: Final = 0.1
"""Of the smaller one: neighbours of a chain share less."""
MOST: Final = 0.8
"""Of a box: what lies in another to that share is a part of it."""
PARTED: Final = 0.25
"""Signs' places: a figure that is so much wider is two, where both were read."""
LOOSE: Final = 1.3
"""Heights of a figure: a box so tall holds lines too."""
HALF: Final = 0.5
"""Of its length: an unread line of which figures take so much is not unread any more."""
LONE: Final = 3
"""Signs: with no more it is not two figures, which have two each."""
_FIGURE = re.compile(r"[1-9]\d{1,4}")


def taken_in(lines: Sequence[Line], tried: Sequence[Line]) -> list[Line]:
    """The lines with those of a second look that are sure: where nothing was read, or a piece of the same figure, or
    several figures as one, or lines of the drawing with it."""
    wide = _place_of(lines) or _place_of([*lines, *tried], 1)
    sure = _figures([line for line in tried if _is_sure(line, wide)], wide)
    kept = [(bounds(line.polygon), line) for line in lines]
    for line in sure:
        box = bounds(line.polygon)
        near = [one for around, one in kept if _meet(around, box) and _share(one.polygon, line.polygon) > SHARED]
        if all(_gives_way(one, line, [other for other in sure if _lies_in(other, one)], wide) for one in near):
            gone = {id(one) for one in near if one.guesses or not _is_left(one, sure)}
            kept = [(around, one) for around, one in kept if id(one) not in gone] + [(box, line)]
    return [line for _, line in kept]


def needed(lines: Sequence[Line], places: Sequence[Polygon]) -> list[bool]:
    """Which places a second look is worth: not those that are part of a dimension that was read surely."""
    wide = _place_of(lines)
    tall = median([Axes.of(line.polygon).height for line in lines]) if lines else 0.0
    told = [line for line in lines if _is_told(line, wide) and Axes.of(line.polygon).height <= LOOSE * tall]
    boxes = [(bounds(line.polygon), line.polygon) for line in told]
    return [
        not any(_meet(bounds(place), box) and _within(place, other) > MOST for box, other in boxes) for place in places
    ]


def _is_told(line: Line, wide: float | None) -> bool:
    """Whether it is surely one dimension."""
    if _FIGURE.fullmatch(line.text):
        return _is_sure(line, wide) and not _is_wide(line, wide)
    return (line.confidence or 0.0) >= SURE and notation.parse(line.text) is not None


def _place_of(lines: Sequence[Line], fewest: int = FEWEST) -> float | None:
    """How wide a sign's place is on this sheet, in heights of a figure; None: fewer figures are sure."""
    sure = [line for line in lines if _is_sure(line, None)]
    return median(_width(line) / (len(line.text) - BETWEEN) for line in sure) if len(sure) >= fewest else None


def _width(line: Line) -> float:
    axes = Axes.of(line.polygon)
    start, _, end, _ = axes.seen(line.polygon)
    return (end - start) / axes.height


def _is_sure(line: Line, wide: float | None) -> bool:
    """Whether it is surely a figure of a chain, and as wide as one of so many signs. wide: of a sign's place."""
    if not _FIGURE.fullmatch(line.text) or (line.confidence or 0.0) < SURE:
        return False
    return wide is None or -NARROWER <= _spare(line, wide) <= WIDER


def _spare(line: Line, wide: float) -> float:
    """By how many signs' places it is wider than a figure of so many signs."""
    return _width(line) / wide - (len(line.text) - BETWEEN)


def _is_wide(line: Line, wide: float | None) -> bool:
    """Whether it may be two figures by its width."""
    return wide is not None and len(line.text) > LONE and _spare(line, wide) > PARTED


def _figures(sure: Sequence[Line], wide: float | None) -> list[Line]:
    """The longest first, without those that are two, or one and the first signs of another."""
    kept = []
    for line in sorted(sure, key=lambda one: -len(one.text)):
        inside = [one for one in sure if one is not line and _lies_in(one, line)]
        beyond = [
            one for one in sure if one is not line and one not in inside and _share(one.polygon, line.polygon) > SHARED
        ]
        two = _is_wide(line, wide) and _said_by(line.text, inside)
        reaches = any(_share(one.polygon, other.polygon) <= SHARED for one in inside for other in beyond)
        if not two and not reaches:
            kept.append(line)
    return kept


def _gives_way(one: Line, figure: Line, inside: Sequence[Line], wide: float | None) -> bool:
    """Whether a line that was read before is no text beside that figure. inside: figures that lie in it."""
    said, sure = one.text.strip(), (one.confidence or 0.0) >= SURE
    held = holds(figure.polygon, centre(one.polygon))
    if not one.guesses or (held and said in figure.text):
        return not (_is_wide(figure, wide) and _is_sure(one, wide))
    _, top, _, bottom = (axes := Axes.of(figure.polygon)).seen(one.polygon)
    if bottom - top > LOOSE * axes.height and _lies_in(figure, one):
        return figure.text not in said or not sure
    if not sure and not _is_left(one, inside):
        return len(inside) > 1 or (held and figure.text not in said)
    if len(inside) > 1 and "." not in said and _is_wide(one, wide) and not _is_left(one, inside):
        return True
    is_dimension = sure and notation.parse(said) is not None
    if _said_by(said, inside):
        return not is_dimension
    return held and not is_dimension and figure.text not in said


def _said_by(said: str, inside: Sequence[Line]) -> bool:
    """Whether a line says what several figures in it say, one behind the other."""
    figures = "".join(sign for sign in said if sign.isdigit())
    return any(
        one.text + other.text == figures and _share(one.polygon, other.polygon) <= SHARED
        for one in inside
        for other in inside
    )


def _lies_in(figure: Line, line: Line) -> bool:
    return _meet(bounds(figure.polygon), bounds(line.polygon)) and _within(figure.polygon, line.polygon) > MOST


def _is_left(line: Line, figures: Sequence[Line]) -> bool:
    """Whether figures take less than half of what could not be read."""
    axes = Axes.of(line.polygon)
    start, _, end, _ = axes.seen(line.polygon)
    near = [one for one in figures if _meet(bounds(one.polygon), bounds(line.polygon))]
    taken = [axes.seen(one.polygon) for one in near if _share(one.polygon, line.polygon) > MOST]
    return sum(min(right, end) - max(left, start) for left, _, right, _ in taken) < HALF * (end - start)


def _meet(one: Box, other: Box) -> bool:
    """Whether two boxes along the axes share anything: a page of a thousand texts has few that do."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _share(one: Polygon, other: Polygon) -> float:
    """What both cover, of the smaller one, seen along the other's axes."""
    return max(_within(one, other), _within(other, one))


def _within(one: Polygon, other: Polygon) -> float:
    """Share of a place, seen along the axes of another, that the other covers."""
    axes = Axes.of(other)
    left, top, right, bottom = axes.seen(one)
    start, high, end, low = axes.seen(other)
    across, down = min(right, end) - max(left, start), min(bottom, low) - max(top, high)
    whole = (right - left) * (bottom - top)
    return max(across, 0.0) * max(down, 0.0) / whole if whole > 0 else 0.0
