"""What a model frees goes back to the machine, though glibc would keep it."""

from __future__ import annotations

from test_lives import until
from zoo import LITTER

from conftest import Compute, Place, Spawn
from rung.runtime.workers.template import Templates


async def test_what_loading_freed_is_given_back_before_the_load_is_done(templates: Templates, place: Place) -> None:
    worker = await templates.spawn(place("LittersAtLoad"))

    report = await worker.load()

    assert report.resident_bytes is not None and report.resident_bytes < LITTER / 2


async def test_what_calls_freed_is_given_back_when_nobody_asks_for_a_while(spawn: Spawn, compute: Compute) -> None:
    worker = await spawn("litters")

    (answer,) = await worker.run([compute()])

    assert answer.output.value > LITTER  # else it would prove nothing
    await until(lambda: (worker.memory() or 0) < LITTER / 2, within=15)
