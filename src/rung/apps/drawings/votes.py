"""What an engine's word on a dimension is worth in a vote, as measured: `votes.json`. Pure but for reading the file.

`scripts/measure_readers.py` writes the file from drawings of known truth, and prints it with `--show`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from rung.models import notation

FILE = Path(__file__).with_name("votes.json")
OTHER = "other"
TOLERANCED = "toleranced"
PRIOR = 2.0
LEAST = 0.05
"""A word is never worth nothing: an engine that is more often wrong than right would else vote against its own text."""
Counts = tuple[int, int]
"""Texts read right to the last sign, and all that were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """counts: engine -> type that it said -> how often it was right. measured: how, as a sentence.

    alone: engine with boxes of its own -> how often a text that only it saw was one and was read right.
    """

    measured: str
    counts: Mapping[str, Mapping[str, Counts]]
    alone: Mapping[str, Counts] = field(default_factory=dict)

    def overall(self, engine: str) -> Counts | None:
        """Of all types together; None: it was never measured."""
        rows = self.counts.get(engine, {}).values()
        return (sum(right for right, _ in rows), sum(read for _, read in rows)) if rows else None

    def accuracy(self, engine: str, kind: str) -> float:
        """Share of right texts, between 0 and 1: what was counted, and PRIOR texts more that are right as often as the
        engine is overall; so a type that was never measured has its overall share, and an engine that never was 0.5."""
        right, read = self.overall(engine) or (0, 0)
        overall = (right + PRIOR / 2) / (read + PRIOR)
        right, read = self.counts.get(engine, {}).get(kind, (0, 0))
        return (right + PRIOR * overall) / (read + PRIOR)

    def weight(self, engine: str, kind: str) -> float:
        """The logarithm of the odds that it is right: so much do the words of independent witnesses add up to."""
        share = self.accuracy(engine, kind)
        return max(math.log(share / (1 - share)), LEAST)


def kind_of(text: str) -> str:
    """The type by which a text is counted: its dimension's, `toleranced` where a length has deviations or a fit, and
    `other` for a text that is no dimension."""
    meant = notation.parse(text)
    if meant is None:
        return OTHER
    return TOLERANCED if meant.type == "length" and (meant.limits or meant.fit) else meant.type


def read(file: Path) -> Votes:
    """What was measured. Raises ValueError for a file of another shape."""
    document = json.loads(file.read_text("utf-8"))
    counts = {
        engine: {kind: (int(right), int(all_)) for kind, (right, all_) in kinds.items()}
        for engine, kinds in document["engines"].items()
    }
    alone = {engine: (int(right), int(boxes)) for engine, (right, boxes) in document.get("alone", {}).items()}
    return Votes(measured=str(document["measured"]), counts=counts, alone=alone)


@cache
def measured() -> Votes:
    """As it comes with the package."""
    return read(FILE)
