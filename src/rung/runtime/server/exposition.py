"""Owns the Prometheus text exposition format 0.0.4: families of samples in, lines out.

Our own and not prometheus-client: counters on one event loop need no registry and no locks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One line. suffix: `_bucket`, `_sum` or `_count` of a histogram."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name with the unit, what it counts in one sentence, its samples."""

    name: str
    kind: Kind
    help: str
    samples: Sequence[Sample]


def histogram(bounds: Sequence[float], counts: Sequence[int], total: float, labels: Mapping[str, str]) -> list[Sample]:
    """The samples of one histogram. counts: of each bound alone, as many as bounds; the last bound is infinity."""
    samples, below = [], 0
    for bound, count in zip(bounds, counts, strict=True):
        below += count
        samples.append(Sample(below, {**labels, "le": _number(bound)}, "_bucket"))
    return [*samples, Sample(round(total, 6), labels, "_sum"), Sample(below, labels, "_count")]


def page(families: Iterable[Family]) -> str:
    """The whole answer. A family without samples is left out."""
    lines: list[str] = []
    for family in families:
        if family.samples:
            lines += [f"# HELP {family.name} {_help(family.help)}", f"# TYPE {family.name} {family.kind}"]
            lines += [f"{family.name}{one.suffix}{_labels(one.labels)} {_number(one.value)}" for one in family.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    marks = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{marks}}}" if marks else ""


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value == int(value) else repr(float(value))


def _help(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
