"""A line of text as it was read, and how lines lie to one another. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

Corner = tuple[float, float]
Polygon = tuple[Corner, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One way to read a line. confidence: 0..1; None: the engine has no such figure. note: what is to be said of it."""

    text: str
    confidence: float | None
    engine: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text with its polygon: four corners in reading direction. guesses: likeliest first; empty: unread.

    reason: why it is unread. framed: where it stands in a frame that the file keeps as one (`LayerText.framed`).
    dimension: of which dimension of the file it is (`LayerText.dimension`).
    """

    polygon: Polygon
    guesses: tuple[Guess, ...] = ()
    reason: str = ""
    framed: tuple[int, int, int, int] | None = None
    dimension: int | None = None

    @property
    def text(self) -> str:
        """The likeliest; empty where it is unread."""
        return self.guesses[0].text if self.guesses else ""

    @property
    def confidence(self) -> float | None:
        """Of the likeliest."""
        return self.guesses[0].confidence if self.guesses else None

    @property
    def engine(self) -> str:
        """That read the likeliest; empty where it is unread."""
        return self.guesses[0].engine if self.guesses else ""


@dataclass(frozen=True, slots=True)
class Axes:
    """A line's own coordinates: along its reading direction, and below its top. height: of the line."""

    origin: Corner
    along: Corner
    height: float

    @classmethod
    def of(cls, polygon: Polygon) -> Self:
        """Of four corners in reading direction."""
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = polygon
        across = (x1 - x0 + x2 - x3) / 2, (y1 - y0 + y2 - y3) / 2
        length = math.hypot(*across) or 1.0
        along = (across[0] / length, across[1] / length)
        height = abs(-(x3 - x0) * along[1] + (y3 - y0) * along[0])
        return cls((x0, y0), along, height or 1.0)

    def seen(self, polygon: Polygon) -> tuple[float, float, float, float]:
        """Another polygon in these coordinates: start, top, end, bottom."""
        shifted = [(x - self.origin[0], y - self.origin[1]) for x, y in polygon]
        ahead = [x * self.along[0] + y * self.along[1] for x, y in shifted]
        below = [-x * self.along[1] + y * self.along[0] for x, y in shifted]
        return min(ahead), min(below), max(ahead), max(below)

    def placed(self, start: float, top: float, end: float, bottom: float) -> Polygon:
        """The polygon of a stretch of these coordinates."""
        (x, y), (ax, ay) = self.origin, self.along
        corners = ((start, top), (end, top), (end, bottom), (start, bottom))
        return tuple((x + a * ax - b * ay, y + a * ay + b * ax) for a, b in corners)

    def turned(self, other: Axes) -> float:
        """Cosine of the angle between both reading directions."""
        return self.along[0] * other.along[0] + self.along[1] * other.along[1]


def round_all(polygons: Sequence[Polygon]) -> Polygon:
    """The smallest polygon in the first one's direction that holds them all."""
    axes = Axes.of(polygons[0])
    seen = [axes.seen(one) for one in polygons]
    starts, tops, ends, bottoms = zip(*seen, strict=True)
    return axes.placed(min(starts), min(tops), max(ends), max(bottoms))


def centre(polygon: Polygon) -> Corner:
    """The mean of its corners."""
    return sum(x for x, _ in polygon) / len(polygon), sum(y for _, y in polygon) / len(polygon)


def holds(polygon: Polygon, point: Corner) -> bool:
    """Whether the point lies inside. Even-odd rule."""
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside


def bounds(polygon: Polygon) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1."""
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def covered(polygon: Polygon, others: Sequence[Polygon]) -> bool:
    """Whether its centre lies in one of the others, or theirs in it."""
    middle = centre(polygon)
    return any(holds(other, middle) or holds(polygon, centre(other)) for other in others)
