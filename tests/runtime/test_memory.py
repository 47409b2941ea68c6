from __future__ import annotations

import asyncio
import time
from pathlib import Path

from rung.runtime.engine.memory import Denied, Memory
from rung.runtime.ledger import Ledger
from rung.runtime.planning.budgets import Bound
from rung.runtime.spec import Footprint, MiB, Placeable, Placement, Variant
from rung.runtime.testing import FakeMachine, FakeWorker

CARD = "cuda:0"
SIZE = 1000 * MiB
RESERVE = 100 * MiB


def memory(machine: FakeMachine, folder: Path | None = None, rung: str = "one", return_s: float = 5.0) -> Memory:
    most = SIZE - RESERVE
    bounds = {CARD: Bound(told=most, most=most, reserve=RESERVE)}
    return Memory(bounds, machine, Ledger(folder, rung), return_s)


async def worker(machine: FakeMachine, size: int = 400 * MiB) -> FakeWorker:
    footprint = Footprint(resident=size)
    place = Placeable(device="cuda", precision="fp16", footprint=footprint)
    variant = Variant(name="v", task="compute", title="v", loader="m:C", runtime="onnx", kind="real", places=(place,))
    placement = Placement(variant=variant, device=CARD, precision="fp16", threads=1, footprint=footprint)
    return await machine.spawn(placement)


async def test_what_was_claimed_and_is_not_yet_taken_is_not_there_for_the_next() -> None:
    ours = memory(FakeMachine({CARD: SIZE}))

    assert await ours.claim("a", {CARD: 500 * MiB}) is None
    assert await ours.claim("b", {CARD: 500 * MiB}) == Denied(CARD, 900 * MiB)


async def test_a_device_without_a_bound_is_not_looked_at() -> None:
    machine = FakeMachine({CARD: SIZE})

    assert await memory(machine).claim("a", {"cpu": 10 * SIZE}) is None
    assert machine.readings == []


async def test_a_claim_of_two_devices_is_granted_whole_or_not_at_all() -> None:
    machine = FakeMachine({CARD: SIZE, "cpu": 100 * MiB})
    bounds = {CARD: Bound(told=SIZE, most=SIZE), "cpu": Bound(told=100 * MiB, most=100 * MiB)}
    ours = Memory(bounds, machine, Ledger(None, "one"))

    denied = await ours.claim("a", {CARD: 500 * MiB, "cpu": 200 * MiB})

    assert denied == Denied("cpu", 100 * MiB)
    assert await ours.claim("b", {CARD: SIZE}) is None, "nothing of it was kept"


async def test_a_seat_that_may_not_grow_keeps_what_it_has() -> None:
    ours = memory(FakeMachine({CARD: SIZE}))
    await ours.claim("a", {CARD: 400 * MiB})
    await ours.claim("b", {CARD: 400 * MiB})

    assert await ours.claim("a", {CARD: 600 * MiB}) == Denied(CARD, 900 * MiB)
    assert await ours.claim("c", {CARD: 200 * MiB}) == Denied(CARD, 900 * MiB)


async def test_what_other_programs_hold_is_not_promised() -> None:
    ours = memory(FakeMachine({CARD: SIZE}, others={CARD: 600 * MiB}))

    assert await ours.claim("a", {CARD: 500 * MiB}) == Denied(CARD, 300 * MiB)
    assert ours.watches[CARD].narrowed


async def test_two_rungs_on_one_machine_share_what_is_there(tmp_path: Path) -> None:
    machine = FakeMachine({CARD: SIZE})
    one, other = (memory(machine, tmp_path / "run", name) for name in ("one", "other"))
    assert await one.claim("a", {CARD: 500 * MiB}) is None

    assert await other.claim("a", {CARD: 500 * MiB}) == Denied(CARD, 400 * MiB)

    await one.close()
    assert await other.claim("a", {CARD: 500 * MiB}) is None


async def test_what_a_worker_holds_is_not_counted_twice() -> None:
    machine = FakeMachine({CARD: SIZE})
    ours = memory(machine)
    await ours.claim("a", {CARD: 400 * MiB})
    held = await worker(machine)
    assert await ours.claim("b", {CARD: 400 * MiB}) is not None, "held, and still set aside"

    await ours.settle("a", held.pid)

    assert await ours.claim("b", {CARD: 500 * MiB}) is None


async def test_the_claim_lasts_until_the_driver_shows_the_bytes_back() -> None:
    machine = FakeMachine({CARD: SIZE}, late=True)
    ours = memory(machine)
    await ours.claim("a", {CARD: 400 * MiB})
    held = await worker(machine)
    await ours.settle("a", held.pid)

    leaving = asyncio.create_task(leave(ours, held))
    await machine.until_leaving()
    await asyncio.sleep(0.1)
    assert not leaving.done()
    machine.give_back()
    async with asyncio.timeout(5):
        await leaving

    assert await ours.claim("b", {CARD: 900 * MiB}) is None


async def test_memory_that_never_comes_back_is_awaited_for_a_bounded_time() -> None:
    machine = FakeMachine({CARD: SIZE}, late=True)
    ours = memory(machine, return_s=0.2)
    await ours.claim("a", {CARD: 400 * MiB})
    held = await worker(machine)
    await ours.settle("a", held.pid)

    began = time.monotonic()
    await leave(ours, held)

    assert 0.2 <= time.monotonic() - began < 2
    assert await ours.claim("b", {CARD: 600 * MiB}) == Denied(CARD, 500 * MiB), "what is not back is not promised"


async def test_where_nobody_says_what_was_held_steady_readings_end_the_wait() -> None:
    machine = FakeMachine({CARD: SIZE}, late=True)
    ours = memory(machine)
    await ours.claim("a", {CARD: 400 * MiB})
    held = await worker(machine)

    async with asyncio.timeout(2):
        await leave(ours, held)


async def test_a_reading_is_taken_at_most_once_a_second() -> None:
    machine = FakeMachine({CARD: SIZE})
    ours = memory(machine)

    for _ in range(5):
        await ours.look(CARD)

    assert machine.readings == [CARD]


async def leave(ours: Memory, held: FakeWorker) -> None:
    async with ours.leaving("a"):
        await held.end()
