"""Which boxes of several finders are of one text. Pure.

Boxes are joined by single link, those that overlap most first, but two boxes of one finder never come together: a box
that is drawn over two texts would else make one of them, and a finder's own boxes are of different texts. So a cluster
holds one box of each finder at most.

Two boxes are of one text where what they share is at least half of what either covers, once each was grown by a fifth
of its height, as docs/drawings-truth.md compares them: of a lone `1` three pixels are ink, and its border would make
strangers of two boxes round it. A box that shares as much only with the smaller of both is a piece of a text, or is
drawn over several: it has no word on the whole, and is no text of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rung.apps.drawings.lines import Axes, Polygon, bounds

SAME = 0.5
"""Of what either covers."""
PIECE = 0.5
"""Of what the smaller one covers."""
GROWN = 0.2
"""Of a box's height, on each side."""
Cluster = Mapping[str, int]
"""Finder -> place among its boxes."""


@dataclass(frozen=True, slots=True)
class Clustered:
    """texts: by the finder that saw it first, in the order of the finders. pieces: boxes that are no text of their own,
    by finder."""

    texts: tuple[Cluster, ...]
    pieces: Mapping[str, tuple[int, ...]]

    def alone(self, finder: str) -> tuple[int, ...]:
        """Places of boxes that no other finder saw."""
        return tuple(one[finder] for one in self.texts if list(one) == [finder])


def clustered(found: Mapping[str, Sequence[Polygon]]) -> Clustered:
    """The texts that the finders saw. found: the best finder first; of two boxes one of which is a piece of the other,
    the better finder's stays."""
    grown = {finder: [_grown(one) for one in polygons] for finder, polygons in found.items()}
    rank = {finder: number for number, finder in enumerate(found)}
    kept: list[dict[str, int]] = []
    pieces: dict[str, list[int]] = {}
    for text in sorted(_linked(grown), key=lambda one: min(rank[finder] for finder in one)):
        own, place = next(iter(text.items()))
        better = [grown[finder][at] for one in kept for finder, at in one.items() if rank[finder] < rank[own]]
        if len(text) == 1 and any(_share(grown[own][place], other, smaller=True) >= PIECE for other in better):
            pieces.setdefault(own, []).append(place)
        else:
            kept.append(text)
    return Clustered(tuple(kept), {finder: tuple(places) for finder, places in pieces.items()})


def _linked(grown: Mapping[str, Sequence[Polygon]]) -> list[dict[str, int]]:
    """Single link, never two of one finder."""
    links = [
        (share, (one, at), (other, place))
        for number, one in enumerate(grown)
        for other in list(grown)[number + 1 :]
        for at, polygon in enumerate(grown[one])
        for place, theirs in enumerate(grown[other])
        if (share := _share(polygon, theirs)) >= SAME
    ]
    text_of = {(finder, place): {finder: place} for finder, boxes in grown.items() for place in range(len(boxes))}
    for _, one, other in sorted(links, reverse=True):
        first, second = text_of[one], text_of[other]
        if not first.keys() & second.keys():
            first |= second
            text_of |= {(finder, place): first for finder, place in second.items()}
    return list({id(text): text for text in text_of.values()}.values())


def _grown(polygon: Polygon) -> Polygon:
    axes = Axes.of(polygon)
    start, top, end, bottom = axes.seen(polygon)
    by = GROWN * axes.height
    return axes.placed(start - by, top - by, end + by, bottom + by)


def _share(one: Polygon, other: Polygon, *, smaller: bool = False) -> float:
    """Of what either covers, or of the smaller one, 0..1."""
    a, b = bounds(one), bounds(other)
    if a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]:
        return 0.0
    both, areas = _area(_within(one, other)), (_area(one), _area(other))
    whole = min(areas) if smaller else sum(areas) - both
    return both / whole if whole > 0 else 0.0


def _area(polygon: Polygon) -> float:
    pairs = zip(polygon, (*polygon[1:], *polygon[:1]), strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2


def _within(one: Polygon, other: Polygon) -> Polygon:
    """What of `one` lies in `other`, both convex (Sutherland and Hodgman 1974). Corners in reading direction go round
    one way, whichever way the text runs."""
    for (x0, y0), (x1, y1) in zip(other, (*other[1:], other[0]), strict=True):
        side = [(x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) for x, y in one]
        kept: list[tuple[float, float]] = []
        for place, here in enumerate(one):
            before = one[place - 1]
            if (side[place] >= 0) != (side[place - 1] >= 0):
                part = side[place - 1] / (side[place - 1] - side[place])
                kept.append((before[0] + part * (here[0] - before[0]), before[1] + part * (here[1] - before[1])))
            if side[place] >= 0:
                kept.append(here)
        one = tuple(kept)
    return one
