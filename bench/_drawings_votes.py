"""What confidences are worth, and what a vote of several engines adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from _drawings_sheets import Measured
from _report import Figure
from rung.lab.lettering.marks import misjudged
from rung.lab.readings import Score

ENSEMBLES: Mapping[str, Mapping[str, Any]] = {
    "off": {},
    "same-boxes": {"ensemble": True, "own_boxes": False},
    "own-boxes": {"ensemble": True},
}
PARTS = tuple(f"ensemble-{name}-{page}" for page in ("clean", "scan") for name in ENSEMBLES)


def reliability(name: str, score: Score) -> list[Figure]:
    """How sure dimensions are said to be, how often they are right, and how far both are apart."""
    told = score.surenesses
    if not told:
        return []
    sure, right = np.array([one for one, _ in told]), np.array([one for _, one in told], bool)
    return [
        Figure(name=f"{name}: confidence of {len(told)} dimensions, said", value=float(sure.mean()), unit=""),
        Figure(
            name=f"{name}: confidence of dimensions, seen (share that is right)", value=float(right.mean()), unit=""
        ),
        Figure(
            name=f"{name}: confidence of dimensions, expected calibration error", value=misjudged(sure, right), unit=""
        ),
    ]


def asked(part: str) -> tuple[str, Mapping[str, Any], bool]:
    """(name, options of `analyze`, whether its sheets are scans) of a part."""
    way, _, page = part.removeprefix("ensemble-").rpartition("-")
    return f"{page}, ensemble {way.replace('-', ' ')}", ENSEMBLES[way], page == "scan"


def figures(name: str, found: Measured, spent_s: float) -> list[Figure]:
    """What a way to ask engines comes to. spent_s: processor seconds of all sheets together."""
    score, sheets = found.dimensions, max(len(found.seconds), 1)
    return [
        Figure(name=f"{name}: recall", value=score.recall, unit=""),
        Figure(name=f"{name}: precision", value=score.precision, unit=""),
        Figure(name=f"{name}: character error", value=score.character_error, unit=""),
        *reliability(name, score),
        Figure(name=f"{name}: processor time per sheet", value=spent_s / sheets, unit="s"),
    ]
