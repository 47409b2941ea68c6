"""Fits how often a reading is right of which its engine is so sure, and says how far off that is. Pure.

Curves are fitted on all sheets. What they are worth is told by sheets that they were not fitted on: fitted on one half,
judged on the other, and the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rung.lab.lettering.marks import curve, misjudged
from rung.models.calibration import Curve

LEAST = 20
"""Readings of a kind: of fewer, nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A reading and whether it was right. half: of its sheet, 0 or 1. chance: 0..1, as its engine itself has it."""

    kind: str
    half: int
    chance: float
    right: bool


def document(measured: str, readings: Sequence[Judged]) -> dict[str, Any]:
    """What `trained/confidence` holds of an engine. measured: how, as a sentence."""
    kinds = sorted({one.kind for one in readings})
    groups = {kind: [one for one in readings if one.kind == kind] for kind in kinds}
    fitted = {kind: _fitted(group) for kind, group in groups.items() if len(group) >= LEAST}
    return {
        "measured": measured,
        "curves": {kind: [found.slope, found.offset] for kind, found in fitted.items()},
        "record": {kind: _record(groups[kind], found) for kind, found in fitted.items()},
        "all": _summed(groups, fitted),
    }


def _fitted(readings: Sequence[Judged]) -> Curve:
    """Never falling: a kind whose surer readings are more often wrong has one figure for all."""
    slope, offset = curve(_chances(readings), _rights(readings))
    if slope > 0:
        return Curve(slope, offset)
    share = (sum(one.right for one in readings) + 0.5) / (len(readings) + 1)
    return Curve(0.0, round(float(np.log(share / (1 - share))), 4))


def _record(readings: Sequence[Judged], found: Curve) -> dict[str, float | int]:
    return {
        "readings": len(readings),
        "right": sum(one.right for one in readings),
        "error_before": _off(readings, None),
        "error_after": _off(readings, found),
        "error_on_the_other_half": round(misjudged(*_crossed(readings)), 4),
    }


def _summed(groups: Mapping[str, Sequence[Judged]], fitted: Mapping[str, Curve]) -> dict[str, float | int]:
    """Over all kinds together that have a curve."""
    pairs = [(one, fitted[kind].believed(one.chance)) for kind in fitted for one in groups[kind]]
    rights = np.array([one.right for one, _ in pairs], bool)
    crossed = [_crossed(groups[kind]) for kind in fitted]
    if not pairs:
        return {"readings": 0}
    return {
        "readings": len(pairs),
        "error_before": round(misjudged(np.array([one.chance for one, _ in pairs]), rights), 4),
        "error_after": round(misjudged(np.array([sure for _, sure in pairs]), rights), 4),
        "error_on_the_other_half": round(misjudged(*(np.concatenate(part) for part in zip(*crossed, strict=True))), 4),
    }


def _crossed(readings: Sequence[Judged]) -> tuple[Any, Any]:
    """Confidence of each half by the curve of the other, and what was right."""
    sure, rights = [], []
    for half in (0, 1):
        found = _fitted([one for one in readings if one.half != half])
        there = [one for one in readings if one.half == half]
        sure += [found.believed(one.chance) for one in there]
        rights += [one.right for one in there]
    return np.array(sure, np.float64), np.array(rights, bool)


def _off(readings: Sequence[Judged], found: Curve | None) -> float:
    chances = _chances(readings)
    sure = chances if found is None else np.array([found.believed(one) for one in chances])
    return round(misjudged(sure, _rights(readings)), 4)


def _chances(readings: Sequence[Judged]) -> Any:
    return np.array([one.chance for one in readings], np.float64)


def _rights(readings: Sequence[Judged]) -> Any:
    return np.array([one.right for one in readings], bool)
