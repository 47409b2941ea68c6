"""A scripted flat for Furniture's tests: a caller that sees what it is told to, without any model. Holds no tests."""

from __future__ import annotations

import asyncio
import importlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from rung.runtime.caller import Ask
from rung.runtime.errors import RungError
from rung.runtime.job import Job
from rung.runtime.spec import Answer, Cost, Provenance
from rung.runtime.tasks import (
    Detection,
    DetectOutput,
    Extents,
    Picture,
    ReconstructOutput,
    SegmentOutput,
    Spread,
)

COCO = ("person", "chair", "couch", "bed", "dining table", "refrigerator", "tv", "potted plant", "sink")
PROVENANCE = Provenance(
    task="detect", variant="v", kind="real", node="local", device="cpu", precision="fp32", seed=None, queue_s=0.0,
    load_s=0.0, run_s=0.0, peak_bytes=None, cost=Cost(amount=0.0, currency=""), degraded_from=None, reason="",
)  # fmt: skip


def picture(key: str = "a", width: int = 400, height: int = 300) -> Picture:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 180, 160)).save(out, "PNG")
    return Picture(data=out.getvalue(), key=key, width=width, height=height, media_type="image/png")


def thing(label: str, box: tuple[float, float, float, float], score: float = 0.9, masked: bool = False) -> Detection:
    x0, y0, x1, y1 = map(int, box)
    mask = np.full((y1 - y0, x1 - x0), 255, np.uint8) if masked else None
    return Detection(
        box=box, class_id=1, label=label, score=score, mask=mask, mask_box=(x0, y0, x1, y1) if masked else (0, 0, 0, 0)
    )


def shape(
    width: float, depth: float, height: float, sd: float = 0.2, level: Any = "depth", **more: Any
) -> ReconstructOutput:
    """Sides in metres, each sure to that share of itself."""
    sides = Extents(
        width=Spread(value=width, sd=width * sd),
        depth=Spread(value=depth, sd=depth * sd),
        height=Spread(value=height, sd=height * sd),
    )
    return ReconstructOutput(**{"level": level, "metric": True, "extents_m": sides, **more})


@dataclass
class Flat:
    """Sees `things` by the picture's key; shapes and failures by label. gate: awaited before each reconstruction."""

    things: dict[str, Sequence[Detection] | RungError] = field(default_factory=dict)
    shapes: dict[str, ReconstructOutput | RungError] = field(default_factory=dict)
    vocabulary: tuple[str, ...] = COCO
    segments: bool | RungError = True
    gate: Callable[[], Any] | None = None
    asked: list[tuple[str, Any, str]] = field(default_factory=list)
    running: int = 0

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        step = ask.step or task
        self.asked.append((task, input, step))
        self.running += 1
        try:
            if task == "reconstruct" and self.gate is not None:
                await self.gate()
            await asyncio.sleep(0)
            return Answer(output=self._output(task, input), provenance=replace(PROVENANCE, task=task, step=step))
        finally:
            self.running -= 1

    def _output(self, task: str, input: Any) -> Any:
        match task:
            case "detect":
                found = told(self.things[input.picture.key])
                size = {"width": input.picture.width, "height": input.picture.height}
                return DetectOutput(detections=tuple(found), vocabulary=self.vocabulary, **size)
            case "segment":
                told(self.segments)
                x0, y0, x1, y1 = map(int, input.box)
                mask = np.full((y1 - y0, x1 - x0) if self.segments else (0, 0), 255, np.uint8)
                box = (x0, y0, x1, y1) if self.segments else (0, 0, 0, 0)
                return SegmentOutput(
                    mask=mask, box=box, width=input.picture.width, height=input.picture.height, score=0.9
                )
            case "reconstruct":
                return told(self.shapes.get(input.label, shape(1.0, 1.0, 1.0)))
            case "compute":
                module, _, name = input.function.partition(":")
                value = getattr(importlib.import_module(module), name)(**input.arguments)
                return type("Out", (), {"value": value})()
        raise AssertionError(task)

    def tasks(self) -> list[str]:
        return [task for task, _, _ in self.asked]

    def job(self, **more: Any) -> Job:
        return Job(id="j", caller=self, **more)


def told(value: Any) -> Any:
    if isinstance(value, RungError):
        raise value
    return value
