"""Joins what a detector sees on a sheet, window by window, with what geometry makes of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rung.runtime.errors import LoadFailed
from rung.runtime.tasks import Box, LayoutOutput, PartKind, SheetPart

SAME: Final = 0.5
"""Of the smaller of two boxes of one class: where they share more, they are one thing seen in two windows."""
KINDS: Final[tuple[PartKind, ...]] = ("border", "title-block", "table", "frame", "view", "symbol")
CELLED: Final[tuple[PartKind, ...]] = ("border", "title-block", "table", "frame")
"""Kinds that geometry answers: a detector gives no cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One thing. box: x0, y0, x1, y1 in pixels of the sheet. name: its class, as the detector's file says."""

    box: tuple[float, float, float, float]
    name: str
    score: float


def windows(width: int, height: int, side: int, overlap: float) -> Iterator[Box]:
    """Squares of that side that cover the sheet and overlap by that share of it; side 0: the sheet as a whole."""
    if not side or side >= max(width, height):
        yield (0, 0, width, height)
        return
    for y in _starts(height, side, overlap):
        for x in _starts(width, side, overlap):
            yield (x, y, min(x + side, width), min(y + side, height))


def _starts(length: int, side: int, overlap: float) -> list[int]:
    """Evenly spread, the first at 0, the last ending at the length."""
    if length <= side:
        return [0]
    count = -(-(length - side) // max(round(side * (1 - overlap)), 1))
    return [round(place * (length - side) / count) for place in range(count + 1)]


def merged(seen: Sequence[Seen]) -> tuple[Seen, ...]:
    """Each thing once, best first: a thing at a window's edge is seen whole in another, with a better score mostly."""
    kept: list[Seen] = []
    for one in sorted(seen, key=lambda one: -one.score):
        if not any(one.name == other.name and _share(one.box, other.box) > SAME for other in kept):
            kept.append(one)
    return tuple(kept)


def _share(one: Sequence[float], other: Sequence[float]) -> float:
    """What two boxes share, of the smaller."""
    wide = max(min(one[2], other[2]) - max(one[0], other[0]), 0.0)
    high = max(min(one[3], other[3]) - max(one[1], other[1]), 0.0)
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return wide * high / smaller if smaller > 0 else 1.0


def kinds_of(names: Sequence[str], told: Mapping[str, str]) -> dict[str, PartKind]:
    """The kind of each class: as the user told it, else by its own name where that is a kind, else a symbol.

    Raises LoadFailed for a class that the file does not have, and for a kind that a sheet does not.
    """
    for name, kind in told.items():
        if name not in names:
            raise LoadFailed(f"option kinds names the class {name!r}; the file's are {', '.join(names)}")
        if _kind(kind) is None:
            raise LoadFailed(f"option kinds calls {name!r} a {kind!r}; a part is one of {', '.join(KINDS)}")
    return {name: _kind(told.get(name, name)) or "symbol" for name in names}


def _kind(word: str) -> PartKind | None:
    """The kind that a word means; None for a word of another thing."""
    plain = word.lower().replace("_", "-").replace(" ", "-")
    return next((kind for kind in KINDS if kind == plain), None)


def joined(geometry: LayoutOutput, seen: Sequence[Seen], kinds: Mapping[str, PartKind]) -> LayoutOutput:
    """Geometry's parts with the detector's: symbols beside them, views in place of geometry's where it has a class for
    them. What has cells stays geometry's."""
    own = set(kinds.values()) - set(CELLED)
    parts = [part for part in geometry.parts if part.kind not in own]
    parts += [
        SheetPart(kind=kinds[one.name], polygon=_corners(one.box), label=one.name, score=one.score)
        for one in seen
        if kinds[one.name] in own
    ]
    known: tuple[PartKind, ...] = tuple(kind for kind in KINDS if kind in own or kind in geometry.kinds)
    return replace(geometry, parts=tuple(sorted(parts, key=lambda part: -_area(part))), kinds=known)


def _corners(box: Sequence[float]) -> tuple[tuple[float, float], ...]:
    x0, y0, x1, y1 = box
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _area(part: SheetPart) -> float:
    corners = part.polygon
    pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2
