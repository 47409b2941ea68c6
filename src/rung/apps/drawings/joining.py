"""Puts the pieces of a dimension together that were found apart: what stands before it, and its tolerance behind. Pure.

A piece is joined where the whole is a dimension by the grammar and the piece alone says nothing, or is smaller.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rung.apps.drawings.lines import Axes, Guess, Line, round_all
from rung.apps.drawings.nearby import Nearby
from rung.models.notation import clean, parse, stacked

NEAR = 1.3
"""Times the height of the main text: what begins farther away is another text."""
SLIP = 0.75
"""Times that height: how far beyond its top or bottom a stacked tolerance may reach."""
LARGER = 1.25
ALIKE = 0.97
"""Cosine of 14 degrees."""
CLOSE = 0.6
"""Times the height: two limits stand closer than the texts of two dimension lines."""
INTO = 0.25
"""Times the height: how far the slash of a diameter sign reaches into the row above."""
SIGNED = 1.7
"""Times the height: of a row that begins with such a sign."""
REACH = 2.0
"""Times that height: what is farther away fulfils none of the rules here."""
APART = 0.05
"""Of the larger limit."""
_LIMIT = re.compile(r"(⌀|R|S⌀|□)?(\d+\.?\d*)")
_TAIL = re.compile(r"[±+-]\d*\.?\d+['°]?|0(\.0+)?['°]?|[A-Za-z]{1,2}\d{1,2}(/[a-z]{1,2}\d{1,2})?|\(.*\)|-?6[gGHhe]|×.+")
_HOLE, _SHAFT = re.compile(r"[A-Z]{1,2}\d{1,2}"), re.compile(r"[a-z]{1,2}\d{1,2}")
_HEAD = re.compile(r"[⌀R□MCt]|S⌀|SR|Ra|Rz|\d{1,2}×(⌀|R|M|C)?|\(")


@dataclass(frozen=True, slots=True)
class _Piece:
    place: int
    text: str
    start: float
    end: float
    middle: float
    height: float


def joined(lines: Sequence[Line]) -> list[Line]:
    """The lines, pieces put together, in the order of their first. Lines that are unread stay as they are."""
    left = Nearby(lines)
    for place in sorted(left, key=lambda one: -left.axes(one).height):
        if place in left and left[place].guesses:
            _with_pieces(place, left)
    return [left[place] for place in sorted(left)]


def _with_pieces(place: int, left: Nearby) -> None:
    """The line of that place takes in what belongs to it."""
    while (found := _behind(place, left) or _before(place, left) or _below(place, left)) is not None:
        text, taken = found
        main = left[place]
        parts = [main, *(left.take(one) for one in taken)]
        left.put(place, _whole(text, parts))


def _behind(place: int, left: Nearby) -> tuple[str, list[int]] | None:
    """The text with a tolerance, a fit or a further figure behind it; None: nothing fits."""
    main = left[place]
    axes = left.axes(place)
    _, _, end, bottom = axes.seen(main.polygon)
    behind = [piece for piece in _pieces(place, left, axes) if _TAIL.fullmatch(piece.text)]
    behind = [piece for piece in behind if end - 0.5 * axes.height < piece.start]
    behind = [p for p in behind if -SLIP * axes.height < p.middle < bottom + SLIP * axes.height]
    reach = end + NEAR * axes.height
    for upper in behind:
        for lower in behind:
            if _are_stacked(upper, lower, reach) and parse(text := _with_stack(main.text, upper.text, lower.text)):
                return text, [upper.place, lower.place]
    for piece in (one for one in behind if one.start < reach):
        level = 0.15 * axes.height < piece.middle < 0.85 * axes.height
        alone = parse(piece.text) is not None
        if level and not alone and parse(text := clean(main.text) + piece.text):
            return text, [piece.place]
    return None


def _with_stack(main: str, upper: str, lower: str) -> str:
    """The text with two deviations behind it, or with the fits of hole and shaft: `30`, `H7`, `g6` are `30H7/g6`."""
    if _HOLE.fullmatch(upper) and _SHAFT.fullmatch(lower):
        return f"{clean(main)}{upper}/{lower}"
    return stacked(main, upper, lower)


def _are_stacked(upper: _Piece, lower: _Piece, reach: float) -> bool:
    """Whether one deviation stands above the other and the wider one begins before `reach`: a lone 0 stands over the
    middle of the other one, and so farther away."""
    meet = max(upper.start, lower.start) < min(upper.end, lower.end)
    return upper.middle < lower.middle - 0.5 * upper.height and meet and min(upper.start, lower.start) < reach


def _before(place: int, left: Nearby) -> tuple[str, list[int]] | None:
    """The text with a sign or a count before it; None: nothing fits."""
    main = left[place]
    axes = left.axes(place)
    for piece in _pieces(place, left, axes):
        end = axes.seen(left[piece.place].polygon)[2]
        level = 0.15 * axes.height < piece.middle < 0.85 * axes.height
        near = -NEAR * axes.height < end < 0.5 * axes.height
        if level and near and _HEAD.fullmatch(piece.text) and parse(text := piece.text + clean(main.text)):
            return text, [piece.place]
    return None


def _below(place: int, left: Nearby) -> tuple[str, list[int]] | None:
    """Two limits, the larger above the smaller: `25.02` over `25.00`."""
    main = left[place]
    axes = left.axes(place)
    upper = _LIMIT.fullmatch(clean(main.text))
    for piece in _pieces(place, left, axes, SIGNED):
        start, top, end, _ = axes.seen(left[piece.place].polygon)
        under = -INTO <= top / axes.height - 1 < CLOSE and piece.height > 0.8 * axes.height
        own = axes.seen(main.polygon)
        meets = min(end, own[2]) - max(start, own[0]) > 0.7 * min(end - start, own[2] - own[0])
        lower = _LIMIT.fullmatch(piece.text)
        if not (under and meets and upper and lower and _are_limits(upper[2], lower[2])):
            continue
        if lower[1] is None or upper[1] is None:  # the sign stands before both rows, and was found with one of them
            return f"{upper[1] or lower[1] or ''}{upper[2]}/{lower[2]}", [piece.place]
    return None


def _are_limits(upper: str, lower: str) -> bool:
    return "." in upper + lower and 0 < float(upper) - float(lower) <= APART * float(upper)


def _pieces(place: int, left: Nearby, axes: Axes, larger: float = LARGER) -> list[_Piece]:
    """The other lines near it, of the same direction and no larger, as the main one sees them; the nearest first.

    larger: times its height, what is no larger still.
    """
    found = []
    for other in left.around(place, REACH * axes.height):
        line, theirs = left[other], left.axes(other)
        if line.dimension not in (None, left[place].dimension):
            continue
        if not line.guesses or axes.turned(theirs) < ALIKE or theirs.height > larger * axes.height:
            continue
        start, top, end, bottom = axes.seen(line.polygon)
        found.append(_Piece(other, left.text(other), start, end, (top + bottom) / 2, bottom - top))
    return sorted(found, key=lambda piece: abs(piece.start))


def _whole(text: str, parts: Sequence[Line]) -> Line:
    """One line of several: as sure as the least sure of them."""
    sure = [part.confidence for part in parts if part.confidence is not None]
    engine = " + ".join(dict.fromkeys(part.engine for part in parts))
    note = "; ".join(dict.fromkeys(part.guesses[0].note for part in parts if part.guesses[0].note))
    guess = Guess(text=text, confidence=min(sure) if len(sure) == len(parts) else None, engine=engine, note=note)
    others = tuple(replace(other, text=text.replace(parts[0].text, other.text, 1)) for other in parts[0].guesses[1:])
    polygon = round_all([part.polygon for part in parts])
    return replace(parts[0], polygon=polygon, guesses=(guess, *others), reason="")
