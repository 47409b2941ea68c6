"""A call for models that are run without the runtime: its memo is a dict that the test can look into."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from rung.runtime.model import Error, Result
from rung.runtime.tasks import Picture, Point, SegmentInput, SegmentOutput


@dataclass
class FakeCall:
    input: SegmentInput
    kept: dict[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    id: str = "call"
    seed: int | None = None
    warnings: list[str] = field(default_factory=list)

    def check(self) -> None:
        pass

    def memo(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def empty(self, shape: Any, dtype: Any = np.uint8) -> np.ndarray:
        return np.empty(shape, dtype)

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)


def png(pixels: np.ndarray) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    data = buffer.getvalue()
    height, width = pixels.shape[:2]
    return Picture(data=data, key=hashlib.sha256(data).hexdigest(), width=width, height=height, media_type="image/png")


def disc(width: int, height: int, centre: tuple[int, int], radius: int) -> tuple[np.ndarray, np.ndarray]:
    """An orange disc on a bluish, slightly noisy ground, and its truth (bool)."""
    y, x = np.mgrid[:height, :width]
    truth = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= radius**2
    pixels = np.where(truth[..., None], (230, 120, 20), (40, 70, 110))
    noise = np.random.default_rng(3).integers(-6, 7, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8), truth


def points(*coordinates: tuple[float, ...]) -> tuple[Point, ...]:
    return tuple(Point(x=c[0], y=c[1], label=1 if len(c) == 2 or c[2] else 0) for c in coordinates)


def answer(model: Any, input: SegmentInput, kept: dict[str, Any] | None = None) -> SegmentOutput:
    ((index, outcome),) = list(model.run([FakeCall(input, {} if kept is None else kept)]))
    if isinstance(outcome, Error):
        raise outcome.error
    assert index == 0 and isinstance(outcome, Result) and isinstance(outcome.output, SegmentOutput)
    return outcome.output


def whole(output: SegmentOutput) -> np.ndarray:
    mask = np.zeros((output.height, output.width), bool)
    x0, y0, x1, y1 = output.box
    mask[y0:y1, x0:x1] = output.mask > 0
    return mask


def overlap(output: SegmentOutput, truth: np.ndarray) -> float:
    mask = whole(output)
    return float((mask & truth).sum() / (mask | truth).sum())
