"""Warm-up belongs to the load, and a call may ask for the variant's own example."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from rung.runtime.errors import Cancelled, InvalidInput, LoadFailed, ModelFailed, OutOfMemory
from rung.runtime.tasks import ComputeInput, Example
from rung.runtime.workers.process import WorkerCall


@pytest.fixture
def start(templates, place):
    """A worker of a zoo model, not loaded."""

    async def make(model: str, warmup: int, maker: str = "", **how):
        placement = place(model, **how)
        variant = replace(placement.variant, example=maker)
        return await templates.spawn(replace(placement, variant=variant, warmup=warmup))

    return make


def a_call(pixels: int | None = None, **more) -> WorkerCall:
    return WorkerCall(id="call", task="compute", input=Example(pixels=pixels), **more)


async def test_the_warm_up_runs_the_authors_example_before_the_load_is_done(start):
    worker = await start("Rehearses", 3)

    await worker.load()
    (answer,) = await worker.run([a_call()])

    seen, made = answer.output.value
    assert [one for one, _ in seen] == ["Warm-up 1", "Warm-up 2", "Warm-up 3", "call"]
    assert {what for _, what in seen} == {"example"}
    assert (made, answer.cached) == (4, ())  # nothing was remembered: each run did all of the work


async def test_without_an_example_of_its_own_the_variants_maker_is_asked(start):
    worker = await start("says_its_input", 1, maker="zoo:example_of_the_maker")
    await worker.load()

    (answer,) = await worker.run([a_call(pixels=9)])

    assert (answer.output.value, answer.pixels) == ("made for compute", 18)


@pytest.mark.parametrize("pixels", [64, 10_000])
async def test_an_example_is_of_the_size_that_was_asked_for_and_its_real_size_is_told(start, pixels):
    worker = await start("Rehearses", 0)
    await worker.load()

    (answer,) = await worker.run([a_call(pixels)])

    assert answer.pixels == pixels


@pytest.mark.parametrize(
    ("wrong", "says", "kind"),
    [
        ("raises", "Warm-up 1 of 2 of Rehearses raised KeyError: 'this one broke'", LoadFailed),
        ("error", "Warm-up 1 of 2 of Rehearses failed: the picture is too small", LoadFailed),
        ("silent", "Warm-up 1 of 2 of Rehearses failed: the model ended without an answer.", LoadFailed),
        (
            "no example",
            "Warm-up 1 of 2 of Rehearses cannot begin: The example of Rehearses raised KeyError",
            LoadFailed,
        ),
        ("memory", "no room for it", OutOfMemory),
    ],
)
async def test_a_warm_up_that_fails_is_a_load_that_failed_and_says_why(start, wrong, says, kind):
    worker = await start("Rehearses", 2, options={"wrong": wrong})

    with pytest.raises(kind) as raised:
        await worker.load()

    assert raised.value.message.startswith(says)


async def test_a_warm_up_without_any_example_says_what_would_help(start):
    worker = await start("echo", 1)

    with pytest.raises(LoadFailed) as raised:
        await worker.load()

    assert raised.value.message == (
        "Warm-up 1 of 1 of echo cannot begin: echo has no example: give its class `example(self, pixels=None)`."
        " Or set [variant.echo] warmup = 0."
    )


async def test_the_warm_up_counts_as_time_of_the_load(start):
    worker = await start("Rehearses", 1, options={"wrong": "slow"})
    loading = asyncio.create_task(worker.load())
    done, _ = await asyncio.wait([loading], timeout=0.3)
    assert not done

    async with asyncio.timeout(30):  # its own `check` lets it go; nobody has to kill it
        await worker.end(grace_s=600)

    with pytest.raises(Cancelled):
        await loading


async def test_what_has_no_example_fails_its_call_and_lives(start):
    worker = await start("echo", 0)
    await worker.load()

    outcome = await worker.run([a_call()])

    assert isinstance(outcome[0], InvalidInput)
    assert not worker.exited.done()


async def test_one_example_that_cannot_be_made_fails_its_call_alone(start):
    worker = await start("Rehearses", 0, options={"wrong": "no example"})
    await worker.load()
    real = WorkerCall(id="real", task="compute", input=ComputeInput(function="given", arguments={}))

    broken, whole = await worker.run([a_call(), real])

    assert isinstance(broken, ModelFailed)
    assert whole.output.value[0] == [("real", "given")]


async def test_making_the_example_counts_neither_as_time_nor_as_memory_of_the_call(start):
    worker = await start("says_its_input", 0, maker="zoo:an_example_that_costs")
    report = await worker.load()

    (answer,) = await worker.run([a_call()])

    assert answer.run_s < 0.2
    assert answer.peak_bytes - report.counted_bytes < 60 * 2**20


async def test_what_a_call_takes_is_its_peak_less_what_was_counted_at_rest(start):
    worker = await start("says_its_input", 0, maker="zoo:an_example_to_grow_by")
    report = await worker.load()

    (answer,) = await worker.run([a_call()])

    took = (answer.peak_bytes - report.counted_bytes) / 2**20
    assert 100 <= took < 115
    assert report.resident_bytes < report.counted_bytes  # the template's pages are shared
