"""Decides which things in a picture are pieces of furniture to report: the detector's, and those by hand. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rung.apps.furniture.classes import ClassTable, Meaning
from rung.apps.furniture.schema import Hand
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import Box, Detection, DetectOutput, Mask

LEAST_SIDE: Final = 20
"""Pixels; what is smaller is a thing far away or a detail, and nothing can be measured of it."""
SAME: Final = 0.8
"""Overlap (intersection over union) from which two boxes are one thing seen twice."""
WITHIN: Final = 0.85
"""Share of the smaller box that lies in the larger one, from which two of one class are one thing; a cushion in a sofa
is no sofa, so the smaller one has to be at least LIKE_SIZED of the larger."""
LIKE_SIZED: Final = 0.4
SAME_BY_HAND: Final = 0.6
"""A person draws less closely, and means to correct what the detector said."""
EDGE: Final = 2
"""Pixels from the picture's edge within which a piece is thought to go on beyond it."""

Floats = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A piece before it has a shape. meaning: None for a word by hand that the table does not know. mask, mask_box:
    None where nobody drew it yet. given: sides in millimetres that somebody knows."""

    id: str
    label: str
    meaning: Meaning | None
    origin: Literal["detector", "hand"]
    score: float | None
    box: Floats
    mask: Mask | None = None
    mask_box: Box = (0, 0, 0, 0)
    given: tuple[float | None, float | None, float | None] = (None, None, None)

    @property
    def area(self) -> float:
        """Of the box, in pixels."""
        return _area(self.box)


def candidates(
    found: DetectOutput | None, hands: Sequence[Hand], table: ClassTable, least: float
) -> tuple[Candidate, ...]:
    """The pieces of one picture, the surest first, then those by hand, numbered from 1.

    found: None where the detector failed.
    """
    seen: list[Detection] = []
    for one in found.detections if found is not None else ():
        if _wanted(one, table, least) and not _repeats(one, seen, hands, table):
            seen.append(one)
    mine = [
        Candidate(
            id=str(number), label=one.label, meaning=table.meaning(one.label), origin="detector", score=one.score,
            box=one.box, mask=one.mask, mask_box=one.mask_box,
        )
        for number, one in enumerate(seen, start=1)
    ]  # fmt: skip
    theirs = [
        Candidate(
            id=str(number), label=one.label, meaning=table.meaning(one.label), origin="hand", score=None, box=one.box,
            given=(one.width_mm, one.depth_mm, one.height_mm),
        )
        for number, one in enumerate(hands, start=len(seen) + 1)
    ]  # fmt: skip
    return (*mine, *theirs)


def _wanted(one: Detection, table: ClassTable, least: float) -> bool:
    meaning = table.meaning(one.label)
    if meaning is None or meaning.kind.excluded or one.score < max(least, meaning.kind.least):
        return False
    x0, y0, x1, y1 = one.box
    return min(x1 - x0, y1 - y0) >= LEAST_SIDE


def _repeats(one: Detection, seen: Sequence[Detection], hands: Sequence[Hand], table: ClassTable) -> bool:
    """Detectors suppress twins within a class, yet a sofa that is also an armchair comes as two, and a bed once with
    its feet and once without."""
    return (
        any(overlap(one.box, other.box) > SAME for other in seen)
        or any(overlap(one.box, hand.box) > SAME_BY_HAND for hand in hands)
        or any(_kind(one, table) == _kind(other, table) and _within(one.box, other.box) for other in seen)
    )


def _kind(one: Detection, table: ClassTable) -> str:
    meaning = table.meaning(one.label)
    return meaning.kind.name if meaning is not None else one.label


def _within(one: Floats, other: Floats) -> bool:
    small, large = sorted((_area(one), _area(other)))
    return _common(one, other) > WITHIN * small and small >= LIKE_SIZED * large


def overlap(one: Floats, other: Floats) -> float:
    """Intersection over union, 0..1."""
    both = _common(one, other)
    return both / (_area(one) + _area(other) - both) if both else 0.0


def _common(one: Floats, other: Floats) -> float:
    """The area that both have, in pixels."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def _area(box: Floats) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def truncated(box: Floats | Box, width: int, height: int) -> bool:
    """Whether it touches the picture's left, right, upper or lower edge."""
    x0, y0, x1, y1 = box
    return x0 <= EDGE or y0 <= EDGE or x1 >= width - EDGE or y1 >= height - EDGE


def whole(box: Floats, width: int, height: int) -> Box:
    """The box in whole pixels, grown to them and cut to the picture; never empty."""
    x0, y0 = min(max(math.floor(box[0]), 0), width - 1), min(max(math.floor(box[1]), 0), height - 1)
    return x0, y0, max(min(math.ceil(box[2]), width), x0 + 1), max(min(math.ceil(box[3]), height), y0 + 1)


def check_box(box: Floats, width: int, height: int, field: str) -> None:
    """InvalidInput that names the field unless the box lies in the picture and holds some of it."""
    x0, y0, x1, y1 = box
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise InvalidInput(
            f"{field} is [{x0:g}, {y0:g}, {x1:g}, {y1:g}]; it needs 0 <= x0 < x1 <= {width} and"
            f" 0 <= y0 < y1 <= {height}",
            field=field,
        )
