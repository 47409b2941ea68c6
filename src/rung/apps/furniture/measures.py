"""Decides what is answered of a piece's size: figures with intervals, levels and sources. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from rung.apps.furniture.classes import NINE_OF_TEN, Meaning
from rung.apps.furniture.fusion import IN_COMMON, Fused, Fusion, Shape
from rung.apps.furniture.schema import Measure
from rung.runtime.tasks import FocalSource, Level, ReconstructOutput, Side

AXES: Final[tuple[Side, Side, Side]] = ("width", "depth", "height")
LEAST_SHARE: Final = 0.1
"""What counts for less is not named as a source."""
SHAPELY: Final = 0.5
"""Share of the knowledge from which a figure is called measured."""
FILL_SD: Final = 0.2
"""Of the logarithm of the share of its box that a piece fills, as a shape tells it."""
NEVER_OVER: Final = 1.0
CUBIC_MM: Final = math.log(1e9)
"""The logarithm of a cubic metre in cubic millimetres."""

Standing = Level | Literal["given"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a piece's figures rest on. level: of its shape, None where it has none; yardsticks: other pieces that gave
    the picture its scale; given: the sides that somebody measured."""

    level: Level | None
    metric: bool = False
    focal: FocalSource | None = None
    meaning: Meaning | None = None
    yardsticks: tuple[str, ...] = ()
    given: tuple[bool, bool, bool] = (False, False, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """All the figures of one piece. filled: None where no shape told what it fills. subtype: the size of its class that
    it is nearest to, or that its word says."""

    sides: tuple[Measure, Measure, Measure]
    volume: Measure
    filled: Measure | None
    subtype: str | None


def shape_of(output: ReconstructOutput) -> Shape | None:
    """A model's answer as evidence; None where it only looked the class up, or its lengths are none."""
    extents = [getattr(output.extents_m, axis) for axis in AXES]
    if output.level == "prior" or not all(0 < one.value < math.inf and 0 <= one.sd < math.inf for one in extents):
        return None
    return Shape(
        log=np.log([one.value * 1000 for one in extents]),
        sd=np.array([one.sd / one.value for one in extents]),
        seen=tuple(axis not in output.completed for axis in AXES),  # type: ignore[arg-type] # three, as AXES are
        metric=output.metric,
    )


def fill_of(output: ReconstructOutput) -> float | None:
    """The share of its own box that the shape fills, 0..1; None where the model did not tell."""
    sides = [getattr(output.extents_m, axis).value for axis in AXES]
    if output.filled_m3 is None or not math.prod(sides) > 0:
        return None
    share = output.filled_m3 / math.prod(sides)
    return min(share, NEVER_OVER) if 0 < share < math.inf else None


def sized(fused: Fused, grounds: Grounds, fill: float | None) -> Sized:
    """The figures of one piece."""
    width, depth, height = (_side(fused, grounds, axis) for axis in range(3))
    subtype = None
    if grounds.meaning is not None and max(fused.by_shape) >= LEAST_SHARE:
        subtype = grounds.meaning.size or grounds.meaning.kind.nearest(fused.log)
    elif grounds.meaning is not None:
        subtype = grounds.meaning.size
    mean, sd = float(fused.log.sum()) - CUBIC_MM, math.sqrt(max(float(fused.cov.sum()), 0.0))
    standing, sources = _of_volume(fused, grounds)
    volume = _measure(mean, sd, standing, sources, digits=4)
    filled = None
    if fill is not None:
        sources = [*sources, f"shape ({grounds.level})"] if f"shape ({grounds.level})" not in sources else sources
        filled = _measure(mean + math.log(fill), math.hypot(sd, FILL_SD), standing, sources, digits=4)
    return Sized(sides=(width, depth, height), volume=volume, filled=filled, subtype=subtype)


def scale_of(fusion: Fusion, level: Level | None, yardsticks: Sequence[str]) -> Measure | None:
    """What a picture's lengths were multiplied by; None where none were measured."""
    if fusion.scale_log is None or level is None:
        return None
    return _measure(fusion.scale_log, fusion.scale_sd, level, [level, *yardsticks], digits=3)


def _side(fused: Fused, grounds: Grounds, axis: int) -> Measure:
    sd = math.sqrt(max(float(fused.cov[axis, axis]), 0.0))
    standing, sources = _rests_on(fused.by_shape[axis], grounds, given=grounds.given[axis])
    return _measure(float(fused.log[axis]), sd, standing, sources, digits=0)


def _of_volume(fused: Fused, grounds: Grounds) -> tuple[Standing, list[str]]:
    """As its sides on average."""
    if all(grounds.given):
        return "given", ["given"]
    standing, sources = _rests_on(sum(fused.by_shape) / 3, grounds, given=False)
    return standing, [*sources, *(["given"] if any(grounds.given) else [])]


def _rests_on(share: float, grounds: Grounds, *, given: bool) -> tuple[Standing, list[str]]:
    """The level and the sources, the weightiest first. share: of the knowledge that is the shape's, 0..1."""
    if given:
        return "given", ["given"]
    by_class = [f"class table ({grounds.meaning.kind.name})"] if grounds.meaning is not None else []
    if grounds.level is None or share < LEAST_SHARE:
        return "prior", by_class
    scale = "metric" if grounds.metric else "scale unknown"
    by_shape = [f"{grounds.level} ({scale})", *(f"scale by {name}" for name in grounds.yardsticks)]
    by_shape += [f"focal length ({grounds.focal})"] if grounds.focal else []
    if share >= SHAPELY:
        return grounds.level, [*by_shape, *(by_class if share < 1 - LEAST_SHARE else [])]
    return "prior", [*by_class, *by_shape]


def _measure(log: float, sd: float, standing: Standing, sources: Sequence[str], *, digits: int) -> Measure:
    """The median, and the interval that holds nine of ten."""
    value, low, high = (
        round(math.exp(log + by * sd), digits) if digits else float(round(math.exp(log + by * sd)))
        for by in (0.0, -NINE_OF_TEN, NINE_OF_TEN)
    )
    return Measure(value=value, low=low, high=high, level=standing, sources=list(sources))


def total(groups: Sequence[Sequence[Measure]]) -> Measure | None:
    """The sum of all; None of none. level: what most of it rests on.

    groups: what was measured in one picture each. They share the picture's error of scale, so half of their variance
    does not average out; what was looked up or given errs for itself.
    """
    measures = [one for group in groups for one in group]
    if not measures:
        return None
    value = sum(one.value for one in measures)
    below = _error(groups, lambda one: one.value - one.low)
    above = _error(groups, lambda one: one.high - one.value)
    shares: dict[Standing, float] = {}
    for one in measures:
        shares[one.level] = shares.get(one.level, 0.0) + one.value
    levels = sorted(shares, key=lambda level: -shares[level])
    sources = [f"{sum(one.level == level for one in measures)} by {level}" for level in levels]
    return Measure(
        value=round(value, 4), low=round(max(value - below, 0.0), 4), high=round(value + above, 4), level=levels[0],
        sources=sources,
    )  # fmt: skip


def _error(groups: Sequence[Sequence[Measure]], of: Callable[[Measure], float]) -> float:
    """How far the sum may be off on one side. of: how far one figure may."""
    square = 0.0
    for group in groups:
        together = sum(of(one) for one in group if one.level in ("generative", "depth"))
        square += IN_COMMON * together**2
        square += sum(of(one) ** 2 * (1 - IN_COMMON if one.level in ("generative", "depth") else 1.0) for one in group)
    return math.sqrt(square)
