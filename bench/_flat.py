"""A flat of so many pictures with so many objects each, through Furniture's own pipeline on scripted devices."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from PIL import Image

from _devices import Devices, in_virtual_time
from _makespan import least_s
from _report import Figure
from rung.apps.furniture.pipeline import analyze
from rung.apps.furniture.schema import AnalyzeReply, AnalyzeRequest
from rung.runtime.job import Job
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.tasks import (
    ComputeOutput,
    DetectInput,
    Detection,
    DetectOutput,
    Extents,
    Picture,
    ReconstructInput,
    ReconstructOutput,
    Spread,
)

DEVICES: Final = tuple(f"cuda:{number}" for number in range(4))
GOAL: Final = 1.10
SEEDS: Final = 20
DETECT_S, OBJECT_S, COMPUTE_S = 1.0, 7.0, 0.02
MEDIAN, SIGMA, BLUR = 1.9, 0.5, 0.25
"""Of the logarithms of an object's seconds; and how wrong its size in the picture is about them."""
SIDE: Final = 1200


def of_pipeline() -> Iterator[Figure]:
    """4 pictures x 3 objects: equal objects, then lognormal ones."""
    even = [[OBJECT_S] * 3] * 4
    took, busy = makespan_s(even, random.Random(0))
    best = DETECT_S + least_s([one for picture in even for one in picture], len(DEVICES))
    what = "4 x 3 through furniture's pipeline, 4 devices"
    yield Figure(name=what, value=took, unit="s", goal=f"<= {GOAL * best:.1f}", holds=took <= GOAL * best)
    yield Figure(name=f"{what}: one after the other over it", value=busy / took, unit="x")
    ratios = [ratio(seed) for seed in range(SEEDS)]
    mean = sum(ratios) / len(ratios)
    name = f"{what}, lognormal objects: makespan over the optimum"
    yield Figure(name=f"{name}, mean", value=mean, unit="x", goal=f"<= {GOAL:.2f}", holds=mean <= GOAL)
    yield Figure(name=f"{name}, worst of {SEEDS}", value=max(ratios), unit="x")


def ratio(seed: int) -> float:
    """Makespan of lognormal objects over the shortest possible."""
    dice = random.Random(seed)
    seconds = [[dice.lognormvariate(MEDIAN, SIGMA) for _ in range(3)] for _ in range(4)]
    # Four devices look at four pictures in the first second, and nobody can begin an object before: this is exact.
    best = DETECT_S + least_s([one for picture in seconds for one in picture], len(DEVICES))
    return makespan_s(seconds, dice)[0] / best


def makespan_s(seconds: Sequence[Sequence[float]], dice: random.Random) -> tuple[float, float]:
    """(until the answer, of all devices' work together), in seconds. seconds: of the objects of each picture."""
    pictures = [_picture(str(number)) for number in range(len(seconds))]
    things = {picture.key: _things(each, dice) for picture, each in zip(pictures, seconds, strict=True)}
    takes = {_name(key, one.box): second for key, some in things.items() for one, second in some}
    devices = Devices(
        scheduler=_scheduler(),
        seconds={
            "detect": lambda input: DETECT_S,
            "reconstruct": lambda input: takes[_name(input.picture.key, input.mask_box)],
            "compute": lambda input: COMPUTE_S,
        },
        answers={
            "detect": lambda input: _seen(input, [one for one, _ in things[input.picture.key]]),
            "reconstruct": _shape,
            "compute": lambda input: ComputeOutput(value=[b"png"] * len(input.arguments["masks"])),
        },
    )

    async def run() -> AnalyzeReply:
        devices.warm()
        return await analyze(Job(id="bench", caller=devices), AnalyzeRequest(images=pictures))

    reply, took = in_virtual_time(run())
    assert [len(image.objects) for image in reply.images] == [len(each) for each in seconds]
    assert not any(image.errors for image in reply.images)
    return took, devices.busy_s


def _scheduler() -> Scheduler:
    """Each device has one worker for both stages and does one thing at a time; small work has the CPU."""
    needs = [
        Need(variant=name, device=device, group="furniture", resident=10, threads=0)
        for device in DEVICES
        for name in ("detect", "reconstruct")
    ]
    needs.append(Need(variant="compute", device="cpu", resident=1, threads=0, max_concurrent=2))
    return Scheduler(needs, {**dict.fromkeys(DEVICES, 100), "cpu": 100}, cores=4)


def _picture(key: str) -> Picture:
    sink = io.BytesIO()
    Image.new("1", (SIDE, SIDE)).save(sink, "PNG")
    return Picture(data=sink.getvalue(), key=key, width=SIDE, height=SIDE, media_type="image/png")


def _things(seconds: Sequence[float], dice: random.Random) -> list[tuple[Detection, float]]:
    """Objects whose area in the picture tells their seconds more or less; beside each other."""
    found, left = [], 10
    for second in seconds:
        side = round(45 * (second * dice.lognormvariate(0.0, BLUR)) ** 0.5)
        box = (left, 10, left + side, 10 + side)
        mask = np.full((side, side), 255, np.uint8)
        x0, y0, x1, y1 = map(float, box)
        thing = Detection(box=(x0, y0, x1, y1), class_id=1, label="chair", score=0.9, mask=mask, mask_box=box)
        found.append((thing, second))
        left += side + 5
    return found


def _name(key: str, box: Sequence[float]) -> tuple[str, int]:
    """Of an object: its picture and its left edge."""
    return key, int(box[0])


def _seen(input: DetectInput, things: Sequence[Detection]) -> DetectOutput:
    return DetectOutput(detections=tuple(things), width=SIDE, height=SIDE, vocabulary=("chair",))


def _shape(input: ReconstructInput) -> Any:
    side = Spread(value=0.6, sd=0.06)
    return ReconstructOutput(level="generative", metric=True, extents_m=Extents(width=side, depth=side, height=side))
