"""What came of the runs, setting by setting: error with its spread, time, memory, beside the baseline. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median, stdev

from rung.lab.grid import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of one case at one setting (its place in the list). trial: which repetition; seconds: without loads.

    error: None where there was nothing to compare. peak: bytes of the largest worker. failure: why there is no answer.
    """

    setting: int
    case: str
    trial: int = 0
    error: float | None = None
    seconds: float = 0.0
    peak: int | None = None
    failure: str = ""
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting. Where a figure is None, nothing was measured.

    error: median over the runs; low, high: of nine tenths of them. change, change_se: mean difference of the error to
    the baseline's in the same runs, and its standard error (None: fewer than two runs). seconds: median. speed_up:
    median of the baseline's seconds over this one's in the same runs. failures: sentences, each once.
    """

    setting: Setting
    runs: int = 0
    error: float | None = None
    low: float | None = None
    high: float | None = None
    change: float | None = None
    change_se: float | None = None
    seconds: float | None = None
    speed_up: float | None = None
    peak: int | None = None
    failed: int = 0
    failures: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()


def rows(settings: Sequence[Setting], samples: Sequence[Sample]) -> tuple[Row, ...]:
    """One row per setting, in their order; the first is the baseline."""
    of = [[one for one in samples if one.setting == at] for at in range(len(settings))]
    base = {(one.case, one.trial): one for one in of[0] if not one.failure}
    return tuple(_row(setting, own, base) for setting, own in zip(settings, of, strict=True))


def _row(setting: Setting, own: Sequence[Sample], base: Mapping[tuple[str, int], Sample]) -> Row:
    good = [one for one in own if not one.failure]
    errors = sorted(one.error for one in good if one.error is not None)
    pairs = [(one, base[(one.case, one.trial)]) for one in good if (one.case, one.trial) in base]
    changes = [one.error - was.error for one, was in pairs if one.error is not None and was.error is not None]
    gains = [was.seconds / one.seconds for one, was in pairs if one.seconds > 0]
    peaks = [one.peak for one in good if one.peak is not None]
    return Row(
        setting=setting,
        runs=len(good),
        error=median(errors) if errors else None,
        low=quantile(errors, 0.05) if errors else None,
        high=quantile(errors, 0.95) if errors else None,
        change=fmean(changes) if changes else None,
        change_se=stdev(changes) / sqrt(len(changes)) if len(changes) > 1 else None,
        seconds=median(one.seconds for one in good) if good else None,
        speed_up=median(gains) if gains else None,
        peak=max(peaks) if peaks else None,
        failed=len(own) - len(good),
        failures=tuple(dict.fromkeys(one.failure for one in own if one.failure)),
        variants=tuple(dict.fromkeys(name for one in good for name in one.variants)),
    )


def quantile(ascending: Sequence[float], share: float) -> float:
    """Linear between the values; of one value, that."""
    at = share * (len(ascending) - 1)
    low = int(at)
    high = min(low + 1, len(ascending) - 1)
    return ascending[low] + (ascending[high] - ascending[low]) * (at - low)
