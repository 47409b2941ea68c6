"""How far measured furniture is off: pieces of an answer beside those that are known, and their errors. Pure.

A piece is a mapping with `box` (x0, y0, x1, y1 in pixels), `width_mm`, `depth_mm`, `height_mm`, `box_volume_m3`, each a
number, or `{value, low, high}`, or None. An answer of the app and the truth of a case both are lists of such pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from statistics import median as middle
from typing import Any

ALPHA = 0.1
"""The intervals are those of nine cases in ten."""
SAME = 0.5
"""Boxes that overlap by less (intersection over union) are of different pieces."""

Piece = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """A piece as answered, and as it is."""

    found: Piece
    right: Piece


def pieces(value: Any) -> list[Piece]:
    """The pieces of an answer of `analyze`, `detect` or `reconstruct`, or of a truth, wherever they stand in it."""
    match value:
        case {"images": [*images]}:
            return [piece for image in images for piece in pieces(image)]
        case {"objects": [*objects]}:
            return [piece for piece in objects if isinstance(piece, Mapping)]
        case {"object": Mapping() as piece}:
            return [piece]
        case _:
            return []


def paired(found: Sequence[Piece], right: Sequence[Piece]) -> list[Pair]:
    """Each known piece with the one that was found there, the best overlap first, no piece twice.

    One found and one known piece without boxes belong together.
    """
    if len(found) == len(right) == 1 and not (found[0].get("box") and right[0].get("box")):
        return [Pair(found[0], right[0])]
    near = [
        (overlap(one["box"], known["box"]), i, j)
        for i, one in enumerate(found)
        for j, known in enumerate(right)
        if one.get("box") and known.get("box")
    ]
    pairs: dict[int, Pair] = {}
    taken: set[int] = set()
    for share, i, j in sorted(near, key=lambda entry: -entry[0]):
        if share >= SAME and i not in taken and j not in pairs:
            taken.add(i)
            pairs[j] = Pair(found[i], right[j])
    return [pairs[j] for j in sorted(pairs)]


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Of two boxes: intersection over union."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    both = max(wide, 0.0) * max(tall, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both / (areas - both) if areas > both else 0.0


def volume_error(pair: Pair) -> float | None:
    """|found - right| / right of the box volume; None where either has none."""
    return _relative(value(pair.found, "box_volume_m3"), value(pair.right, "box_volume_m3"))


def filled_error(pair: Pair) -> float | None:
    """The same of the filled volume."""
    return _relative(value(pair.found, "filled_volume_m3"), value(pair.right, "filled_volume_m3"))


def dimension_error(pair: Pair) -> float | None:
    """Mean relative error of height, longer and shorter side of the footprint.

    Which of the two is the width depends on where the piece's front is, which no size tells.
    """
    found, right = sides(pair.found), sides(pair.right)
    if found is None or right is None:
        return None
    return fmean(abs(a - b) / b for a, b in zip(found, right, strict=True))


def sides(piece: Piece) -> tuple[float, float, float] | None:
    """Longer side, shorter side, height; None where one is unknown."""
    width, depth, height = (value(piece, key) for key in ("width_mm", "depth_mm", "height_mm"))
    if width is None or depth is None or height is None:
        return None
    return max(width, depth), min(width, depth), height


def side_measures(pair: Pair) -> list[tuple[Any, float]]:
    """Longer side, shorter side and height: each as answered, with its interval, beside the right length. Empty where a
    side of either is unknown."""
    right = sides(pair.right)
    if right is None or sides(pair.found) is None:
        return []
    footprint = sorted(("width_mm", "depth_mm"), key=lambda key: -(value(pair.found, key) or 0.0))
    return [(pair.found[key], known) for key, known in zip([*footprint, "height_mm"], right, strict=True)]


def value(piece: Piece, key: str) -> float | None:
    """The figure alone, without its interval."""
    match piece.get(key):
        case {"value": int() | float() as figure} | (int() | float() as figure):
            return float(figure)
        case _:
            return None


def volume_interval_score(pair: Pair, alpha: float = ALPHA) -> float | None:
    """The interval score (Gneiting and Raftery 2007) of the box volume over the right volume: width of the interval,
    and 2 / alpha for each unit by which it misses. A wide interval is no merit, nor is a narrow one that is wrong."""
    return interval_score(pair.found.get("box_volume_m3"), value(pair.right, "box_volume_m3"), alpha)


def interval_score(measure: Any, right: float | None, alpha: float = ALPHA) -> float | None:
    """Of one measure `{low, high}`; None where it has no interval, or nothing is known."""
    if not isinstance(measure, Mapping) or right is None or "low" not in measure or "high" not in measure:
        return None
    low, high = float(measure["low"]), float(measure["high"])
    missed_by = max(low - right, 0.0) + max(right - high, 0.0)
    return (high - low + 2.0 / alpha * missed_by) / right


def median(values: Iterable[float | None]) -> float | None:
    """Of those that are known."""
    known = [one for one in values if one is not None]
    return middle(known) if known else None


def mean(values: Iterable[float | None]) -> float | None:
    """Of those that are known."""
    known = [one for one in values if one is not None]
    return fmean(known) if known else None


def _relative(found: float | None, right: float | None) -> float | None:
    return None if found is None or right is None or right <= 0 else abs(found - right) / right
