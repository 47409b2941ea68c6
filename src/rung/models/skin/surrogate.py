"""The trees that were trained on simulations: what they are asked, where they may be asked, and what they answer.

A zone grows with sigma as it is, and only the ratios of the lengths count beside it: so two numbers say all of a
surface, and the trees tell the logarithm of zone / sigma.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rung.models.skin.simulation import SHARES
from rung.runtime.errors import LoadFailed
from rung.runtime.tasks import Quantiles, Surface, ToleranceInput

FOLDER: Final = Path(__file__).parent.parent / "trained" / "tolerance"
CARD: Final = "record.json"

CHARACTERISTICS: Final[Mapping[Surface, tuple[str, ...]]] = {
    "plane": ("flatness", "perpendicularity", "position"),
    "cylinder": ("cylindricity", "perpendicularity", "position"),
}
FEATURES: Final[Mapping[Surface, tuple[str, str]]] = {
    "plane": ("log(length / correlation)", "log(width / correlation)"),
    "cylinder": ("log(length / correlation)", "log(diameter / correlation)"),
}

Predict = Callable[[NDArray[np.float64]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Range:
    """What the trees were trained on. sides: smallest and largest length / correlation, of both sides. steepest: the
    largest sigma / correlation, and sigma / radius."""

    sides: tuple[float, float]
    steepest: float


@dataclass(frozen=True, slots=True)
class Card:
    """The part of the model card that inference needs. error: median relative error on held-out simulations."""

    range: Range
    error: float


def read_card(folder: Path) -> Card:
    """Raises LoadFailed where the card is missing or says nothing of the range."""
    try:
        told: dict[str, Any] = json.loads((folder / CARD).read_text("utf-8"))
        low, high = told["range"]["sides"]
        known = Range((float(low), float(high)), float(told["range"]["steepest"]))
        return Card(known, float(told["error"]["median_relative"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadFailed(f"the surrogate's card {CARD} cannot be used: {error!r}") from error


def outside(asked: ToleranceInput, known: Range) -> str:
    """Why the trees may not be asked, with the numbers; empty: they may."""
    second = "width" if asked.surface == "plane" else "diameter"
    (low, high), sides = known.sides, ratios(asked)
    for name, ratio in zip(("length", second), sides, strict=True):
        if not low <= ratio <= high:
            return f"{name} / correlation is {ratio:.3g}, and the surrogate was trained from {low:g} to {high:g}"
    against = {"correlation": asked.correlation_mm}
    if asked.surface == "cylinder":
        against["radius"] = sides[1] * asked.correlation_mm / 2
    for name, length in against.items():
        if asked.sigma_mm > known.steepest * length:
            steep = asked.sigma_mm / length
            return f"sigma / {name} is {steep:.3g}, and the surrogate was trained up to {known.steepest:g}"
    return ""


def ratios(asked: ToleranceInput) -> tuple[float, float]:
    """Length and width or diameter over the correlation length."""
    second = asked.width_mm if asked.surface == "plane" else asked.diameter_mm
    assert second is not None  # the task's check says so
    one = asked.shrinkage / asked.correlation_mm
    return asked.length_mm * one, second * one


def features(asked: ToleranceInput) -> NDArray[np.float64]:
    """[1, 2]"""
    return np.asarray([[log(ratio) for ratio in ratios(asked)]])


def answer(asked: ToleranceInput, predict: Predict) -> dict[str, Quantiles]:
    """Characteristic -> quantiles in millimetres. They are brought into order: trees do not know that they have one."""
    names = CHARACTERISTICS[asked.surface]
    told = np.exp(predict(features(asked))[0].astype(np.float64)).reshape(len(names), len(SHARES))
    rising = np.sort(asked.sigma_mm * told, axis=1)
    return {
        name: Quantiles(**dict(zip(SHARES, map(float, row), strict=True)))
        for name, row in zip(names, rising, strict=True)
    }
