"""The engine on a machine whose memory is scripted: it fills up, swaps, runs short, shares and waits, as on a GPU."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rung.runtime.caller import Ask
from rung.runtime.engine import Engine, Preloading
from rung.runtime.engine.memory import Memory
from rung.runtime.errors import DeadlineExceeded, LoadFailed, OutOfMemory, Quarantined
from rung.runtime.ledger import Ledger
from rung.runtime.nodes.fleet import Fleet
from rung.runtime.nodes.local import LocalNode
from rung.runtime.planning.budgets import Bound
from rung.runtime.scheduling.invariants import violations
from rung.runtime.spec import Component, Footprint, GiB, Machine, Placeable, Placement, Plan, Policy, TaskPlan, Variant
from rung.runtime.testing import FakeMachine
from rung.runtime.workers.process import WorkerAnswer

CARD = 24 * GiB
RESERVE = GiB
BUDGET = CARD - RESERVE


def placement(name: str, gib: int, working: int, *replicas: str) -> Placement:
    footprint = Footprint(resident=gib * GiB, working=working * GiB)
    place = Placeable(device="cuda", precision="fp16", footprint=footprint)
    variant = Variant(
        name=name, task="compute", title=name, loader="m:C", runtime="t", kind="real", places=(place,),
        max_concurrent=2 if working else 1,
    )  # fmt: skip
    return Placement(
        variant=variant, device="cuda:0", precision="fp16", threads=1, footprint=footprint, replicas=replicas
    )


def cards(count: int = 1) -> dict[str, int]:
    return {f"cuda:{index}": CARD for index in range(count)}


@asynccontextmanager
async def engine(
    machine: FakeMachine,
    sizes: Mapping[str, int],
    folder: Path | None = None,
    rung: str = "one",
    held: bool = False,
    working: int = 0,
    look_s: float = 60.0,
) -> AsyncIterator[Engine]:
    """sizes, working: GiB of each variant, and of each of its calls. held: calls go on until they are let go."""
    replicas = [device for device in machine.devices if device != "cuda:0"]
    placements = {name: placement(name, gib, working, *replicas) for name, gib in sizes.items()}
    bounds = {device: Bound(told=BUDGET, most=BUDGET, reserve=RESERVE) for device in machine.devices}
    memory = Memory(bounds, machine, Ledger(folder, rung))
    if not held:
        machine.spawner.hold.set()
    budgets = dict.fromkeys(machine.devices, BUDGET)
    async with asyncio.timeout(20), Engine(placements, budgets, 8, machine, look_s=look_s, memory=memory) as running:
        yield running
        assert violations(running.scheduler) == []
    assert {device: machine.free(device) for device in machine.devices} == {
        device: CARD - machine.others.get(device, 0) for device in machine.devices
    }, "all of it is back at the end"


async def ask(running: Engine, variant: str, seconds: float = 10.0) -> object:
    return (await running.call(variant, variant, deadline=time.monotonic() + seconds)).output


def states(running: Engine) -> dict[str, str]:
    return {row["seat"]: row["state"] for row in running.status()}


async def test_models_that_fit_together_stay_together() -> None:
    machine = FakeMachine(cards())
    async with engine(machine, {"a": 10, "b": 10}) as running:
        for name in ("a", "b", "a", "b"):
            assert await ask(running, name) == name
        assert states(running) == {"a": "ready", "b": "ready"}

    assert len(machine.spawner.workers) == 2


async def test_models_that_do_not_fit_together_take_turns_and_never_meet() -> None:
    machine = FakeMachine(cards())
    async with engine(machine, {"a": 20, "b": 20}) as running:
        for name in ("a", "b", "a"):
            assert await ask(running, name) == name

    assert machine.most == {"cuda:0": 20 * GiB}
    assert machine.refused == []


async def test_the_next_load_waits_until_the_memory_of_the_last_model_is_back() -> None:
    machine = FakeMachine(cards(), late=True)
    async with engine(machine, {"a": 20, "b": 20}) as running:
        await ask(running, "a")
        swapping = asyncio.create_task(ask(running, "b"))
        await machine.until_leaving()
        await asyncio.sleep(0.1)
        assert len(machine.spawner.workers) == 1, "b was begun although the bytes of a are not back"
        machine.give_back()

        assert await swapping == "b"
        machine.late = False

    assert machine.refused == []


async def test_memory_that_others_hold_is_left_to_them_and_an_idle_model_makes_room() -> None:
    machine = FakeMachine(cards())
    async with engine(machine, {"a": 10, "b": 10}) as running:
        await ask(running, "a")
        machine.others["cuda:0"] = 8 * GiB

        assert await ask(running, "b") == "b"
        assert states(running) == {"a": "unloaded", "b": "ready"}

    assert machine.refused == []


async def test_a_model_that_others_leave_no_room_for_waits_and_is_refused_with_the_numbers() -> None:
    machine = FakeMachine(cards(), others={"cuda:0": 20 * GiB})
    async with engine(machine, {"a": 10}) as running:
        with pytest.raises(DeadlineExceeded, match="10,240 MiB on cuda:0; the budget is 3,072 MiB now, and others"):
            await ask(running, "a", 0.3)
        with pytest.raises(OutOfMemory, match="10,240 MiB on cuda:0; the budget is 3,072 MiB now, and others"):
            await running.call("a", "a", deadline=time.monotonic() + 2.0, replaceable=True)

    assert machine.spawner.workers == [], "it was not even begun"


async def test_what_the_card_can_never_hold_is_refused_at_once() -> None:
    machine = FakeMachine(cards(), others={"cuda:0": 20 * GiB})
    async with engine(machine, {"a": 23}) as running:
        running.scheduler.board.most = {"cuda:0": 22 * GiB}
        with pytest.raises(OutOfMemory, match=r"23,552 MiB on cuda:0; the budget is 3,072 MiB$"):
            await ask(running, "a", 600)


async def test_a_call_that_waits_for_others_runs_at_the_first_look_after_their_leaving() -> None:
    machine = FakeMachine(cards(), others={"cuda:0": 20 * GiB})
    async with engine(machine, {"a": 10}) as running:
        waiting = asyncio.create_task(ask(running, "a"))
        while not running.scheduler.awaits("cuda:0"):
            await asyncio.sleep(0)
        assert [row["queued"] for row in running.status()] == [1]
        machine.others["cuda:0"] = 13 * GiB  # of which not all is asked for, and no more than that is free
        seen = len(machine.readings)

        assert await waiting == "a"
        assert len(machine.readings) - seen <= 4, "one to see it, one to claim it; more that nobody waits for takes 5"


async def test_of_a_ladder_the_rung_below_answers_in_time_where_others_stay() -> None:
    machine = FakeMachine(cards(), others={"cuda:0": 20 * GiB})
    async with engine(machine, {"a": 10, "b": 2}) as running:
        rungs = tuple(running.placements.values())
        task = TaskPlan(task="compute", mode="real", rungs=rungs, rejected=(), ladder=("a", "b"))
        snapshot = Machine(name="m", cores=2, ram_total=None, ram_free=None, devices=())
        plan = Plan(machine=snapshot, tasks={"compute": task}, budgets={}, threads=2)
        answer = await Fleet(lambda: plan, LocalNode(running)).call(
            "compute", 1, Ask(policy=Policy(), deadline=time.monotonic() + 1)
        )

    assert answer.provenance.variant == "b"
    assert "a needs 10,240 MiB on cuda:0; the budget is 3,072 MiB now, and others hold" in answer.provenance.reason


async def test_a_load_by_hand_waits_for_others_too() -> None:
    machine = FakeMachine(cards(), others={"cuda:0": 20 * GiB})
    async with engine(machine, {"a": 10}) as running:
        loading = asyncio.create_task(running.load("a"))
        while not running.scheduler.awaits("cuda:0"):
            await asyncio.sleep(0)
        machine.others.clear()

        await loading
        assert states(running) == {"a": "ready"}


def silence(running: Engine) -> None:
    """As if nobody had looked for a minute."""
    for watch in running.memory.watches.values():
        watch._last -= 60


async def test_two_rungs_on_one_machine_never_take_the_same_bytes(tmp_path: Path) -> None:
    machine = FakeMachine(cards())
    async with (
        engine(machine, {"a": 14}, tmp_path / "run", "one") as one,
        engine(machine, {"a": 14}, tmp_path / "run", "other") as other,
    ):
        asked = {asyncio.create_task(ask(one, "a")): one, asyncio.create_task(ask(other, "a")): other}
        (first,), (second,) = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        while not asked[second].scheduler.awaits("cuda:0"):
            await asyncio.sleep(0)
        assert await first == "a"
        await asked[first].unload("a")

        assert await second == "a", "it waited for the other Rung"

    assert machine.refused == [], "the ledger said so before anybody ran out of memory"


async def test_nobody_looks_while_nothing_is_asked() -> None:
    machine = FakeMachine(cards())
    async with engine(machine, {"a": 10}) as running:
        await ask(running, "a")
        async with asyncio.timeout(10):
            while running._lookout._looking is not None:  # what was open a moment ago is looked at once more
                await asyncio.sleep(0.01)
        seen = len(machine.readings)
        await asyncio.sleep(1.1)

        assert len(machine.readings) == seen


async def test_what_others_take_while_calls_run_is_seen() -> None:
    machine = FakeMachine(cards())
    async with engine(machine, {"a": 10, "b": 10}, held=True) as running:
        machine.spawner.hold.set()
        await ask(running, "a")
        machine.spawner.hold.clear()
        long = asyncio.create_task(ask(running, "b"))
        while states(running) != {"a": "ready", "b": "ready"}:
            await asyncio.sleep(0)
        machine.others["cuda:0"] = 8 * GiB

        async with asyncio.timeout(5):
            while states(running)["a"] == "ready":
                await asyncio.sleep(0.05)
        assert states(running)["b"] == "ready", "what runs is never evicted"
        machine.spawner.hold.set()
        assert await long == "b"


async def test_a_second_card_takes_a_replica_while_calls_wait() -> None:
    machine = FakeMachine(cards(2))
    async with engine(machine, {"a": 10}, held=True) as running:
        calls = [asyncio.create_task(ask(running, "a")) for _ in range(2)]
        while states(running) != {"a": "ready", "a@cuda:1": "ready"}:
            await asyncio.sleep(0)
        machine.spawner.hold.set()

        assert await asyncio.gather(*calls) == ["a", "a"]

    assert machine.most == {"cuda:0": 10 * GiB, "cuda:1": 10 * GiB}


# --- figures that are wrong ------------------------------------------------------------------------------


async def test_a_load_that_runs_out_of_memory_evicts_the_idle_and_is_tried_once_more() -> None:
    machine = FakeMachine(cards(), sizes={"b": 20 * GiB})
    async with engine(machine, {"a": 10, "b": 10}) as running:
        await ask(running, "a")

        assert await ask(running, "b") == "b"
        assert states(running) == {"a": "unloaded", "b": "ready"}

    assert machine.refused == ["b"]


async def test_one_that_fails_again_ends_with_the_numbers_and_who_left_for_it_comes_back() -> None:
    machine = FakeMachine(cards(), sizes={"b": 30 * GiB})
    async with engine(machine, {"a": 10, "b": 10}) as running:
        await ask(running, "a")
        with pytest.raises(OutOfMemory, match="bytes wanted"):
            await ask(running, "b")
        async with asyncio.timeout(5):
            while states(running)["a"] != "ready":
                await asyncio.sleep(0)
        assert states(running)["b"] == "unloaded"

    assert machine.refused == ["b", "b"], "once, and once more"


async def test_what_more_calls_take_is_claimed_from_other_rungs(tmp_path: Path) -> None:
    machine, folder = FakeMachine(cards()), tmp_path / "run"
    async with (
        engine(machine, {"a": 10}, folder, "one", held=True, working=4) as one,
        engine(machine, {"b": 6}, folder, "other", held=True) as other,
    ):
        calls = [asyncio.create_task(ask(one, "a")) for _ in range(2)]
        while await asyncio.to_thread(other.memory.ledger.others, "cuda:0") != 18 * GiB:
            await asyncio.sleep(0)
        with pytest.raises(DeadlineExceeded, match="b needs 6,144 MiB on cuda:0; the budget is 5,120 MiB"):
            await ask(other, "b", 0.3)
        machine.spawner.hold.set()
        assert await asyncio.gather(*calls) == ["a", "a"]


async def test_what_was_claimed_for_calls_and_never_taken_is_given_back(tmp_path: Path) -> None:
    machine = FakeMachine(cards())
    async with engine(machine, {"a": 10, "b": 5}, tmp_path / "run", held=True, working=4, look_s=0.01) as running:
        calls = [asyncio.create_task(ask(running, "a")) for _ in range(2)]
        while running.used() != {"cuda:0": 18 * GiB}:
            await asyncio.sleep(0)
        machine.spawner.hold.set()
        await asyncio.gather(*calls)
        while running.used() != {"cuda:0": 14 * GiB}:
            await asyncio.sleep(0)

        assert await ask(running, "b") == "b"
        assert states(running) == {"a": "ready", "b": "ready"}


async def test_what_a_step_down_moved_into_the_ram_is_claimed_there_until_the_worker_is_gone(tmp_path: Path) -> None:
    machine = FakeMachine({"cpu": 64 * GiB, "cuda:0": CARD})
    parts = (Component(name="text", bytes=6 * GiB, key="t"), Component(name="net", bytes=8 * GiB, key="n"))
    whole = placement("a", 15, 0)
    whole = replace(whole, variant=replace(whole.variant, components=parts), fallbacks=("component-offload",))
    bounds = {device: Bound(told=size, most=size) for device, size in machine.devices.items()}
    memory = Memory(bounds, machine, Ledger(tmp_path / "run", "one"))
    machine.spawner.hold.set()
    other = Ledger(tmp_path / "run", "other")
    async with (
        asyncio.timeout(20),
        Engine({"a": whole}, machine.devices, 8, machine, look_s=60, memory=memory) as running,
    ):
        await ask(running, "a")
        assert (running.used(), other.others("cpu")) == ({"cpu": 0, "cuda:0": 15 * GiB}, 0)

        machine.spawner.workers[0].answer = lambda call: WorkerAnswer(
            output=1, run_s=0.0, peak_bytes=None, cached=(), warnings=(), strategy="component-offload"
        )
        await ask(running, "a")
        assert running.used()["cpu"] == 14 * GiB
        while await asyncio.to_thread(other.others, "cpu") != 14 * GiB:
            await asyncio.sleep(0)

        await running.unload("a")
        assert running.used() == {"cpu": 0, "cuda:0": 0}
        assert other.others("cpu") == 0


# --- loaded from the start -----------------------------------------------------------------------------


async def preloaded(running: Engine, *seats: str) -> Preloading:
    preloading = Preloading(running, seats)
    async with preloading.begun():
        while not preloading.over:
            await asyncio.sleep(0)
    return preloading


async def test_what_is_preloaded_is_there_before_anybody_asks_on_each_device() -> None:
    machine = FakeMachine(cards(2))
    async with engine(machine, {"a": 10, "b": 10}) as running:
        preloading = await preloaded(running, "a@cuda:0", "a@cuda:1", "b")

        assert states(running) == {"a": "ready", "a@cuda:1": "ready", "b": "ready", "b@cuda:1": "unloaded"}
        assert preloading.lost == {}


async def test_one_failure_quarantines_that_variant_alone() -> None:
    machine = FakeMachine(cards())
    machine.spawner.load_error = lambda variant: LoadFailed("a: no such file") if variant == "a" else None
    async with engine(machine, {"a": 10, "b": 10}) as running:
        preloading = await preloaded(running, "a", "b")

        assert preloading.lost == {"a": "a: no such file"}
        assert [(t.variant, t.state) for t in running.health()] == [("a", "quarantined")]
        with pytest.raises(Quarantined, match="no such file"):
            await ask(running, "a")
        assert await ask(running, "b") == "b"


async def test_what_does_not_fit_beside_the_preloaded_evicts_none_of_them() -> None:
    machine = FakeMachine(cards())
    async with engine(machine, {"a": 20, "b": 10}) as running:
        preloading = await preloaded(running, "a", "b")

        assert states(running) == {"a": "ready", "b": "unloaded"}
        assert "b needs 10,240 MiB on cuda:0, and 3,072 MiB are left" in preloading.lost["b"]
        assert running.health() == (), "it is no fault of the model"
        assert await ask(running, "b") == "b"


async def test_a_load_tells_how_long_it_will_take_once_that_was_measured() -> None:
    machine = FakeMachine(cards())
    async with engine(machine, {"a": 10}) as running:
        await running.load("a")
        (before,) = running.status()
        await running.unload("a")
        running.scheduler.seats["a"].pace.loaded(60.0)
        loading = asyncio.create_task(running.load("a"))
        await asyncio.sleep(0)
        (row,) = running.status()
        await loading

    assert before["eta_s"] is None
    assert row["state"] == "loading"
    assert 20 < row["eta_s"] < 31
