"""The rules by which samples become figures. Pure.

Memory: too high costs a wait, too low costs a worker that is ended. So a figure is the largest of the samples kept, but
from four samples on (of one size class) the largest but one: one odd sample moves nothing, two that agree do. An old
maximum is forgotten when 12 newer samples have come, so a figure falls slowly. The line over pixels is least squares,
raised until no sample that counts lies above it. What a call takes is known on top of what its worker held when it was
loaded. Between calls it holds more, since libraries keep what they once had: that is `resident`, and the rest of the
peak is `working`.

Time: an odd sample is a busy moment, and errors to both sides cost the same. So it is the median, of loads and of each
size class; the line over pixels goes through the medians by least squares of the relative error, so that the large
pictures do not drown the small ones.

A footprint is known when memory is seen to grow or not to grow: from the smallest to the largest picture there is a
factor of four at least, and the largest need not be stretched more than fivefold to the largest that is reserved for.
Of a task without pictures three calls are enough. Until then the catalogue's footprint stands as a whole: half of a
line from here and half from there is no line.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rung.runtime.profile.record import CallSample, Record
from rung.runtime.spec import LARGEST_PIXELS, Footprint, Latency, Measured

LEAST_CALLS = 3
ODD_FROM = 4
"""Samples from which the largest does not count."""
SPAN = 4
STRETCH = 5

Points = Sequence[tuple[float, float]]


def figures(record: Record) -> Measured:
    """What the samples say; None for a figure of which there are not enough."""
    return Measured(
        footprint=_footprint(record),
        latency=_latency(record),
        load_s=median(record.load_s) if record.load_s else None,
    )


def upper(values: Sequence[int]) -> int:
    """The largest, or from four on the largest but one."""
    return sorted(values)[-2 if len(values) >= ODD_FROM else -1]


def _footprint(record: Record) -> Footprint | None:
    seen = [one for one in record.calls if one.working is not None]
    if not record.loaded or len(seen) < LEAST_CALLS or not _known([one.pixels for one in seen]):
        return None
    points = [point for of in _classes(seen) for point in _counted(of)]
    slope = max(_line(points, [1.0] * len(points))[1], 0.0)
    loaded = upper(record.loaded)
    resident = upper(record.rested) if record.rested else loaded
    lowest = loaded + max(y - slope * x for x, y in points)  # the peak of a call without a single pixel
    working = max(round(lowest - resident), 0)
    return Footprint(resident=resident, working=working, working_per_pixel=slope, source="measured")


def _known(pixels: Sequence[int]) -> bool:
    least, most = min(pixels), max(pixels)
    return most == 0 or (least * SPAN <= most and most * STRETCH >= LARGEST_PIXELS)


def _counted(of: Sequence[CallSample]) -> Points:
    """The samples of a class without the odd one."""
    by_size = sorted((one.working or 0, one.pixels) for one in of)
    return [(pixels, working) for working, pixels in (by_size[:-1] if len(by_size) >= ODD_FROM else by_size)]


def _latency(record: Record) -> Latency | None:
    if len(record.calls) < LEAST_CALLS:
        return None
    points = [(median(c.pixels for c in of), median(c.run_s for c in of)) for of in _classes(record.calls)]
    fixed, slope = line_of_times(points)
    return Latency(fixed=fixed, per_pixel=slope, per_call=_per_call(record.batches), source="measured")


def _per_call(batches: Sequence[tuple[int, float]]) -> float | None:
    sizes = sorted({n for n, _ in batches})
    if len(sizes) < 2:
        return None
    return line_of_times([(n, median(s for m, s in batches if m == n)) for n in sizes])[1]


def line_of_times(points: Points) -> tuple[float, float]:
    """(a, b) of y = a + b x with neither below 0, by the least relative error."""
    weights = [1 / max(y, 1e-6) ** 2 for _, y in points]
    a, b = _line(points, weights)
    if b < 0:
        return median(y for _, y in points), 0.0
    if a < 0:  # through the origin
        rise = sum(w * x * y for w, (x, y) in zip(weights, points, strict=True))
        return 0.0, rise / sum(w * x * x for w, (x, _) in zip(weights, points, strict=True))
    return a, b


def _line(points: Points, weights: Sequence[float]) -> tuple[float, float]:
    """Least squares. All at one x: a flat line."""
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    spread = sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points, strict=True))
    if spread == 0:
        return mean_y, 0.0
    slope = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points, strict=True)) / spread
    return mean_y - slope * mean_x, slope


def _classes(calls: Sequence[CallSample]) -> list[list[CallSample]]:
    found: dict[int, list[CallSample]] = {}
    for one in calls:
        found.setdefault(one.size_class, []).append(one)
    return [found[size] for size in sorted(found)]
