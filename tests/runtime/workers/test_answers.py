"""What a worker answers: values, streams, batches, failures."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import numpy as np
import pytest

from rung.runtime.errors import InvalidInput, ModelFailed, OutOfMemory
from rung.runtime.model import Part, Progress
from rung.runtime.tasks import InpaintInput
from rung.runtime.workers import messages, payload
from rung.runtime.workers.process import WorkerAnswer, WorkerCall


def inpaint(size: int = 512, seed: int = 0) -> WorkerCall:
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
    return WorkerCall(
        id=f"p{seed}", task="inpaint", input=InpaintInput(pixels=pixels, mask=np.zeros((size, size), np.uint8))
    )


@pytest.mark.parametrize("model", ["invert", "inverts_in_place"])
@pytest.mark.parametrize("size", [1, 64, 512, 2100])
async def test_a_picture_comes_back_inverted(spawn, model, size):
    worker = await spawn(model, task="inpaint")
    call = inpaint(size)
    for _ in range(3):  # the second and third time through segments that are used again
        (answer,) = await worker.run([call])

        assert np.array_equal(answer.output.pixels, 255 - call.input.pixels)
        assert answer.run_s > 0
        assert answer.peak_bytes > 1_000_000


async def test_a_fresh_start_answers_like_a_fork(spawn, templates, place):
    worker = await spawn("invert", task="inpaint", runtime="unsafe")
    call = inpaint()

    (answer,) = await worker.run([call])

    assert worker.started.startswith("started afresh")
    assert np.array_equal(answer.output.pixels, 255 - call.input.pixels)


@pytest.mark.parametrize("model", ["invert", "inverts_in_place"])
async def test_answers_stay_what_they_were_while_the_caller_keeps_them(spawn, model):
    worker = await spawn(model, task="inpaint")
    calls = [inpaint(300, seed) for seed in range(12)]

    kept = [(await worker.run([call]))[0].output.pixels for call in calls]
    await worker.end()

    for call, pixels in zip(calls, kept, strict=True):
        assert np.array_equal(pixels, 255 - call.input.pixels)


@pytest.mark.parametrize("beside", [10, 20_000, 900_000])
async def test_what_an_answer_holds_beside_its_room_comes_along(spawn, compute, beside):
    worker = await spawn("answers_in_place_and_beside")
    for _ in range(2):
        (answer,) = await worker.run([compute(size=100_000, beside=beside)])

        room, other, every_second, part = answer.output.value
        assert [len(array) for array in (room, other, every_second, part)] == [100_000, beside, 50_000, 5]
        assert (room == 3).all() and (other == 7).all() and (every_second == 3).all() and (part == 3).all()


async def test_room_of_an_answer_that_never_came_is_used_again(spawn, compute):
    worker = await spawn("fails_with_its_answer_begun")
    await worker.run([compute()])
    before = worker.memory()

    for _ in range(60):
        (error,) = await worker.run([compute()])
        assert isinstance(error, ModelFailed)

    assert worker.memory() - before < 10_000_000


async def test_a_segment_returns_when_the_last_view_of_it_dies(spawn):
    worker = await spawn("invert", task="inpaint")
    (answer,) = await worker.run([inpaint()])
    corner = answer.output.pixels[:1, :1]
    del answer
    gc.collect()
    assert worker.exchange.pinned > 0

    del corner
    async with asyncio.timeout(2):
        while worker.exchange.pinned:
            await asyncio.sleep(0.001)


async def test_answers_over_the_cap_are_copies_and_pin_nothing_more(spawn):
    worker = await spawn("invert", task="inpaint")
    worker.exchange.pinned_limit = 3_000_000
    calls = [inpaint(700, seed) for seed in range(4)]  # 2 MiB class each

    kept = [(await worker.run([call]))[0].output.pixels for call in calls]
    async with asyncio.timeout(5):  # what is given back is noted on the loop
        while worker.exchange.pinned > 3_000_000:
            await asyncio.sleep(0.001)

    assert [np.array_equal(k, 255 - c.input.pixels) for k, c in zip(kept, calls, strict=True)] == [True] * 4


async def test_a_model_cannot_write_to_its_input(spawn):
    worker = await spawn("writes_to_its_input", task="inpaint")

    for size in (4, 600):
        (error,) = await worker.run([inpaint(size)])

        assert isinstance(error, ModelFailed)
        assert "read-only" in error.message


async def test_noise_on_stdout_and_stderr_is_logged_and_disturbs_nothing(spawn):
    worker = await spawn("noisy", task="inpaint")
    call = inpaint()

    (answer,) = await worker.run([call])
    async with asyncio.timeout(2):
        while len(worker.logs) < 3:
            await asyncio.sleep(0.001)

    assert np.array_equal(answer.output.pixels, 255 - call.input.pixels)
    assert sorted(worker.logs) == ["hello from C", "hello from Python", "hello from the descriptor"]


async def test_progress_and_parts_come_before_the_answer(spawn, compute):
    worker = await spawn("Streams")
    told: list[tuple[str, Progress | Part]] = []
    first, second = compute(), compute()

    answers = await worker.run([first, second], lambda call, outcome: told.append((call, outcome)))

    assert [call for call, _ in told] == [first.id, first.id, second.id, second.id]
    assert told[0][1] == Progress(0.5, "half")
    assert np.array_equal(told[3][1].value, np.full(40000, 1, np.uint8))
    assert [answer.output.value for answer in answers] == [first.id, second.id]


async def test_one_failing_item_leaves_the_others_of_its_batch(spawn, compute):
    worker = await spawn("Batch")

    good, bad, other = await worker.run([compute("a"), compute("error"), compute("b")])

    assert isinstance(bad, InvalidInput)
    assert [good.output.value, other.output.value] == [("a", [3]), ("b", [3])]


async def test_a_batch_that_raises_runs_again_one_by_one(spawn, compute):
    worker = await spawn("Batch")

    good, bad, other = await worker.run([compute("a"), compute("raise"), compute("b")])

    assert isinstance(bad, ModelFailed)
    assert bad.message == "The model raised RuntimeError: this one broke"
    assert [good.output.value, other.output.value] == [("a", [3]), ("b", [3, 1, 1])]


async def test_a_missing_outcome_is_an_error_that_names_its_index(spawn, compute):
    worker = await spawn("Batch")

    good, missing = await worker.run([compute("a"), compute("silence")])

    assert isinstance(good, WorkerAnswer)
    assert isinstance(missing, ModelFailed)
    assert "call 1 of 2" in missing.message


async def test_a_foreign_exception_is_named_and_its_traceback_is_in_the_log(spawn, compute):
    worker = await spawn("fails")

    (error,) = await worker.run([compute()])
    async with asyncio.timeout(2):
        while "ValueError: no such colour" not in worker.logs:
            await asyncio.sleep(0.001)

    assert isinstance(error, ModelFailed)
    assert error.message == "The model raised ValueError: no such colour"
    assert any("in fails" in line for line in worker.logs)


async def test_an_error_of_ours_passes_with_its_code_and_details(spawn, compute):
    worker = await spawn("refuses")

    (error,) = await worker.run([compute()])

    assert isinstance(error, InvalidInput)
    assert (error.message, error.details) == ("the mask is empty", {"field": "mask"})


async def test_a_lack_of_memory_is_told_with_numbers(spawn, compute):
    worker = await spawn("runs_out_of_memory")

    (error,) = await worker.run([compute()])

    assert isinstance(error, OutOfMemory)
    assert "1.00 EiB" in error.message
    assert error.details["held_bytes"] > 0


@pytest.mark.parametrize(
    ("model", "says"), [("wrong_type", "int where compute"), ("cannot_be_sent", "builtins.object")]
)
async def test_an_answer_of_the_wrong_kind_is_the_models_failure(spawn, compute, model, says):
    worker = await spawn(model)

    (error,) = await worker.run([compute()])

    assert isinstance(error, ModelFailed)
    assert says in error.message


async def test_an_input_that_cannot_cross_is_refused_before_it_is_sent_and_what_is_beside_it_goes(spawn, compute):
    worker = await spawn("echo")
    row = np.arange(100_000)

    answer, refused, other = await worker.run([compute(row), compute([row, {1, 2}]), compute("fine")])
    (alone,) = await worker.run([compute({1, 2})])

    assert np.array_equal(answer.output.value, row)
    assert other.output.value == "fine"
    assert isinstance(refused, InvalidInput)
    assert refused.message.startswith("input.arguments['value'][1] is a builtins.set")
    assert isinstance(alone, InvalidInput)


async def test_a_memo_hit_is_noted_and_scopes_are_apart(spawn, compute):
    worker = await spawn("remembers")

    answers = [(await worker.run([compute(key="k", scope=scope)]))[0] for scope in ("alice", "alice", "bob")]

    assert [answer.output.value for answer in answers] == [1, 0, 1]
    assert [answer.cached for answer in answers] == [(), ("embedding",), ()]
    assert answers[0].warnings == ("checked",)


async def test_a_memo_refuses_a_view_of_the_input(spawn, compute):
    worker = await spawn("keeps_its_input")

    (error,) = await worker.run([compute(np.zeros(100_000, np.uint8))])

    assert isinstance(error, ModelFailed)
    assert "copy it" in error.message


async def test_a_memo_refuses_a_view_of_the_answer(spawn, compute):
    worker = await spawn("keeps_its_answer")

    (error,) = await worker.run([compute()])

    assert isinstance(error, ModelFailed)
    assert "copy it" in error.message


async def test_calls_run_at_once_up_to_the_variants_concurrency(spawn, compute):
    worker = await spawn("Meets", concurrent=3, options={"together": 3})

    answers = await asyncio.gather(*(worker.run([compute()]) for _ in range(6)))

    assert all(isinstance(answer, WorkerAnswer) for (answer,) in answers)


async def test_large_values_cross(spawn, compute):
    worker = await spawn("echo")
    data = np.random.default_rng(1).bytes(20_000_000)

    (answer,) = await worker.run([compute(data)])

    assert answer.output.value == data


class Watched(payload.Encoded):
    """Notes which thread copies it."""

    thread = 0

    def write(self, body: Any) -> None:
        Watched.thread = threading.get_ident()
        super().write(body)


@pytest.mark.parametrize(("size", "on_the_loop"), [(1_000_000, True), (9_000_000, False)])
async def test_large_copies_leave_the_event_loop(spawn, size, on_the_loop):
    worker = await spawn("echo")
    encoded = payload.encode(np.zeros(size, np.uint8))

    sent: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    worker.exchange.send(
        Watched(encoded.tree, encoded.size, encoded.pieces), lambda body: messages.Cancel("nobody"), sent.set_result
    )
    await sent

    assert (Watched.thread == threading.get_ident()) is on_the_loop
