"""The engine with real torch workers on a real card: it fills up, swaps, shares, fails and gives back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rung.models.catalog import RUNTIMES
from rung.runtime.engine import Engine, Memory
from rung.runtime.errors import OutOfMemory
from rung.runtime.hardware.detect import detect
from rung.runtime.hardware.gauge import Gauge
from rung.runtime.ledger import Ledger
from rung.runtime.planning.budgets import bounds
from rung.runtime.scheduling.invariants import violations
from rung.runtime.settings import MachineSettings
from rung.runtime.spec import Footprint, GiB, MiB, Placeable, Placement, Variant
from rung.runtime.tasks import ComputeInput
from rung.runtime.workers.template import Templates

pytestmark = [pytest.mark.gpu, pytest.mark.torch]

CONTEXT = 600 * MiB
"""What CUDA itself takes for a process, roughly: of its libraries and the card's generation."""
ASK = ComputeInput(function="", arguments={})


@dataclass(frozen=True)
class Card:
    """A device, and what of it may be used for tests."""

    id: str
    gauge: Gauge

    def free(self) -> int:
        free = self.gauge.free(self.id)
        assert free is not None
        return free

    def part(self, share: float) -> int:
        """Bytes: that part of what is free now, at most so that the test stays quick."""
        return int(min(self.free(), 40 * GiB) * share)


@pytest.fixture
def card() -> Iterator[Card]:
    if not any(device.kind == "cuda" for device in detect(MachineSettings()).devices):
        pytest.skip("no NVIDIA GPU is here")
    gauge = Gauge()
    yield Card("cuda:0", gauge)
    gauge.close()


def placement(card: Card, name: str, holds: int, takes: int = 0, says: int | None = None) -> Placement:
    """says: what its footprint claims, where that is not true."""
    footprint = Footprint(resident=(holds + CONTEXT) if says is None else says, working=takes)
    place = Placeable(device="cuda", precision="fp16", footprint=footprint)
    variant = Variant(
        name=name, task="compute", title=name, loader="gpu_zoo:Holds", runtime="torch", kind="real", places=(place,)
    )
    return Placement(
        variant=variant, device=card.id, precision="fp16", threads=2, footprint=footprint,
        options={"holds": holds, "takes": takes}, env={"PYTHONPATH": str(Path(__file__).parent)},
    )  # fmt: skip


@asynccontextmanager
async def engine(
    card: Card, placements: list[Placement], budget: int | None = None, folder: Path | None = None, rung: str = "one"
) -> AsyncIterator[Engine]:
    """budget: of the card; None: what is free now, less the reserve."""
    settings = MachineSettings(vram_budget={} if budget is None else {card.id: budget})
    found = bounds(detect(settings), settings)
    memory = Memory({card.id: found[card.id]}, card.gauge, Ledger(folder, rung))
    budgets = {card.id: found[card.id].told}
    named = {placement.variant.name: placement for placement in placements}
    spawner = Templates({"torch": RUNTIMES["torch"]})
    async with asyncio.timeout(240), Engine(named, budgets, 8, spawner, memory=memory) as running:
        yield running
        assert violations(running.scheduler) == []


async def ask(running: Engine, variant: str) -> Mapping[str, Any]:
    answer = await running.call(variant, ASK, deadline=time.monotonic() + 120)
    return dict(answer.output.value)


def states(running: Engine) -> dict[str, str]:
    return {row["variant"]: row["state"] for row in running.status()}


GOOD = {"first": 1, "last": 1, "extra": 1}


async def test_fill_models_that_fit_together_stay_and_answer_from_memory(card: Card) -> None:
    before, size = card.free(), card.part(0.3)
    async with engine(card, [placement(card, "a", size), placement(card, "b", size)]) as running:
        assert [await ask(running, name) for name in ("a", "b", "a", "b")] == [GOOD] * 4
        assert states(running) == {"a": "ready", "b": "ready"}
        assert before - card.free() >= 2 * size, "the driver shows both"
        assert [row["restarts"] for row in running.status()] == [0, 0]


async def test_swap_models_that_do_not_fit_together_take_turns(card: Card) -> None:
    size = card.part(0.55)
    budget = 2 * size - 1 + CONTEXT
    async with engine(card, [placement(card, "a", size), placement(card, "b", size)], budget) as running:
        for name in ("a", "b", "a", "b"):
            assert await ask(running, name) == GOOD
            other = "b" if name == "a" else "a"
            assert states(running) == {name: "ready", other: "unloaded"}


async def test_free_unloaded_memory_is_back_when_unload_returns(card: Card) -> None:
    size = card.part(0.5)
    async with engine(card, [placement(card, "a", size)]) as running:
        await ask(running, "a")
        held = card.free()
        began = time.monotonic()
        await running.unload("a")

        assert card.free() - held >= size * 3 // 4
        assert time.monotonic() - began < 10


_NEIGHBOUR = """
import sys, torch
held = torch.ones(int(sys.argv[1]), dtype=torch.uint8, device=sys.argv[2])
print("holds", flush=True)
sys.stdin.read()
"""


@contextmanager
def neighbour(card: Card, size: int) -> Iterator[None]:
    """Another program that holds so many bytes of the card."""
    command = [sys.executable, "-c", _NEIGHBOUR, str(size), card.id]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "holds"
        try:
            yield
        finally:
            process.kill()


async def test_share_what_another_program_takes_is_respected_and_used_again_when_it_leaves(card: Card) -> None:
    size = int(card.free() * 0.5)
    async with engine(card, [placement(card, "a", size)]) as running:
        with neighbour(card, int(card.free() * 0.6)):
            with pytest.raises(OutOfMemory) as refused:
                await ask(running, "a")
            assert refused.value.details["needed"] > refused.value.details["budget"]
            assert states(running) == {"a": "unloaded"}, "it was not even begun"
        await asyncio.sleep(6)  # a silence: the next call looks for itself

        assert await ask(running, "a") == GOOD


async def test_share_two_rungs_never_take_the_same_bytes(card: Card, tmp_path: Path) -> None:
    size = int(card.free() * 0.6)
    async with (
        engine(card, [placement(card, "a", size)], folder=tmp_path / "run", rung="one") as one,
        engine(card, [placement(card, "a", size)], folder=tmp_path / "run", rung="other") as other,
    ):
        answers = await asyncio.gather(ask(one, "a"), ask(other, "a"), return_exceptions=True)

        assert sorted(type(answer).__name__ for answer in answers) == ["OutOfMemory", "dict"]


async def test_fail_a_model_that_needs_more_than_it_says_ends_with_the_numbers_and_the_others_live(card: Card) -> None:
    liar = placement(card, "liar", card.free() * 2, says=GiB)
    async with engine(card, [placement(card, "a", card.part(0.1)), liar]) as running:
        assert await ask(running, "a") == GOOD
        with pytest.raises(OutOfMemory):
            await ask(running, "liar")

        assert await ask(running, "a") == GOOD
        assert states(running)["liar"] == "unloaded"
