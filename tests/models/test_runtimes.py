"""Workers of the runtimes gguf and tflite, for real: forked from their template, within their threads, taken back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from rung.models.catalog import VARIANTS
from rung.models.catalog.runtimes import RUNTIMES
from rung.models.examples import example
from rung.runtime.errors import Cancelled
from rung.runtime.model import Part, Progress
from rung.runtime.spec import Placement, Weights
from rung.runtime.tasks import ChatInput, Message
from rung.runtime.workers.process import WorkerAnswer, WorkerCall, WorkerProcess
from rung.runtime.workers.template import Templates

pytestmark = pytest.mark.weights
Find = Callable[[Weights], Path]


@pytest.fixture
async def templates() -> AsyncIterator[Templates]:
    found = Templates(RUNTIMES)
    yield found
    await found.close()


def placement(name: str, weight: Find, threads: int) -> Placement:
    variant = VARIANTS[name]
    (place,) = variant.places
    return Placement(
        variant=variant, device="cpu", precision=place.precision, threads=threads, footprint=place.footprint,
        options=variant.options, weight_paths={w.name: str(weight(w)) for w in variant.weights},
        weight_hashes={w.name: w.sha256 for w in variant.weights},
    )  # fmt: skip


async def loaded(templates: Templates, placed: Placement) -> WorkerProcess:
    worker = await templates.spawn(placed)
    await worker.load()
    return worker


@pytest.mark.parametrize("name", ["smollm2-135m", "efficientdet-lite2"])
async def test_a_worker_is_forked_from_its_template_and_answers(name: str, templates: Templates, weight: Find) -> None:
    placed = placement(name, weight, threads=1)

    first, second = [await loaded(templates, placed) for _ in range(2)]
    answers = []
    for worker in (first, second):
        call = WorkerCall(id="1", task=placed.variant.task, input=example(placed.variant.task), seed=1)
        answers += await worker.run([call])

    assert all(isinstance(answer, WorkerAnswer) for answer in answers), answers
    assert answers[0].output == answers[1].output
    assert first.started == second.started == f"forked from the template {placed.variant.runtime}"
    assert (first.memory() or 0) <= placed.footprint.peak()


async def test_a_chat_that_is_taken_back_ends_between_tokens_and_the_worker_goes_on(
    templates: Templates, weight: Find
) -> None:
    worker = await loaded(templates, placement("smollm2-135m", weight, threads=1))
    first = asyncio.get_running_loop().create_future()

    def hear(call: str, outcome: Part | Progress) -> None:
        if isinstance(outcome, Part) and not first.done():
            first.set_result(outcome.value)

    story = ChatInput(messages=(Message(role="user", content="Tell me a long story."),), max_tokens=3000)
    running = asyncio.create_task(worker.run([WorkerCall(id="1", task="chat", input=story)], hear))
    async with asyncio.timeout(60):
        await first
        worker.cancel("1")
        began = time.monotonic()
        (outcome,) = await running
        took = time.monotonic() - began
        (again,) = await worker.run([WorkerCall(id="2", task="chat", input=example("chat"))])

    assert isinstance(outcome, Cancelled) and isinstance(again, WorkerAnswer)
    assert took < 10  # the whole story takes a minute
