from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from rung.runtime.caller import Ask
from rung.runtime.errors import ModelFailed
from rung.runtime.job import Job
from rung.runtime.spec import Answer, Cost, Provenance
from rung.runtime.tasks import InpaintInput


class Slow:
    """Answers with the input's width, a large one later than a small one."""

    def __init__(self) -> None:
        self.begun: list[int] = []

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        width = input.pixels.shape[1]
        self.begun.append(width)
        for _ in range(width):
            await asyncio.sleep(0)
        if width == 3:
            raise ModelFailed("no")
        return Answer(output=width, provenance=PROVENANCE)


PROVENANCE = Provenance(
    task="inpaint", variant="v", kind="real", node="local", device="cpu", precision="fp32", seed=None, queue_s=0.0,
    load_s=0.0, run_s=0.0, peak_bytes=None, cost=Cost(amount=0.0, currency=""), degraded_from=None, reason="",
)  # fmt: skip


def item(width: int) -> InpaintInput:
    return InpaintInput(pixels=np.zeros((1, width, 3), np.uint8), mask=np.zeros((1, width), np.uint8))


async def test_of_a_fan_out_the_larger_begin_first_and_the_answers_are_in_the_items_order() -> None:
    caller = Slow()

    answers = await Job(id="j", caller=caller).fan_out("inpaint", [item(2), item(3), item(5), item(1)])

    assert caller.begun == [5, 3, 2, 1]
    assert [answers[0], *answers[2:]] == [2, 5, 1]
    assert isinstance(answers[1], ModelFailed)


async def test_items_of_equal_size_begin_in_their_order_and_another_size_may_be_said() -> None:
    caller = Slow()

    await Job(id="j", caller=caller).fan_out("inpaint", [item(2), item(4), item(1)], size=lambda one: 0.0)

    assert caller.begun == [2, 4, 1]
