"""A rectangle of paper that a view may use, and lengths that fit into it at a usual scale."""

from __future__ import annotations

import random
from dataclasses import dataclass

SCALES = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05)


@dataclass(frozen=True, slots=True)
class Room:
    """Millimetres of paper, y up."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Millimetres."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Millimetres."""
        return self.y1 - self.y0

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def within(self, left: float, bottom: float, right: float, top: float) -> Room:
        """What is left inside margins."""
        return Room(self.x0 + left, self.y0 + bottom, self.x1 - right, self.y1 - top)


@dataclass(frozen=True, slots=True)
class Gauge:
    """Model lengths that are whole steps, drawn at one scale."""

    scale: float
    step: float

    def model(self, paper: float) -> float:
        """The nearest whole step for so many millimetres of paper, one at least."""
        return round(max(1, round(paper / self.scale / self.step)) * self.step, 3)

    def paper(self, model: float) -> float:
        """Millimetres of paper."""
        return model * self.scale

    def snapped(self, paper: float) -> tuple[float, float]:
        """(model, paper) of about so many millimetres of paper."""
        model = self.model(paper)
        return model, self.paper(model)

    def halved(self, paper: float) -> tuple[float, float]:
        """(model, half of it on paper): a diameter and the radius to draw it with."""
        model, drawn = self.snapped(paper)
        return model, drawn / 2


def gauge(rng: random.Random, decimals: int | None) -> Gauge:
    """A usual scale, and a step of the model that is fine enough on paper and has no more decimals than are printed."""
    scale = rng.choice(SCALES)
    digits = 3 if decimals is None else decimals
    fine = [step for step in (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0) if round(step, digits) == step]
    return Gauge(scale, rng.choice([step for step in fine if 0.15 <= step * scale <= 2.1] or [1.0 / scale]))
