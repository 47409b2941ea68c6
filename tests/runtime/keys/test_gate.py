import asyncio
from dataclasses import replace

import pytest
from key_tools import Clock, Counted

from rung.runtime.errors import BudgetExceeded, RateLimited, StoreError
from rung.runtime.keys import OWNER, Allowance, Caller, Gate, Spent, Usage
from rung.runtime.keys.bucket import Bucket


def caller(**may: float) -> Caller:
    return Caller(key="k", name="lab", scopes=frozenset({"infer"}), allowance=Allowance(**may))  # type: ignore[arg-type]


def gate_of(clock: Clock, usage: Usage | None = None) -> Gate:
    return Gate(usage, clock=lambda: clock.now)


def usage_of(database: Counted, clock: Clock) -> Usage:
    return Usage(database, wall=lambda: clock.unix, flush_s=3600)  # type: ignore[arg-type]


def test_a_bucket_gives_its_size_at_once_and_then_its_rate() -> None:
    bucket = Bucket(2.0, 3.0, 100.0)

    assert [bucket.take(100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert bucket.take(100.49) > 0
    assert bucket.take(100.5) == 0.0


def test_a_clock_that_leaps_gives_no_more_than_the_size_and_one_that_goes_back_gives_nothing() -> None:
    bucket = Bucket(1.0, 2.0, 100.0)
    assert [bucket.take(100.0) for _ in range(2)] == [0.0, 0.0]

    assert [bucket.take(1e9) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert bucket.take(0.0) == 1.0
    assert bucket.take(1e9) == 1.0, "time that went back and came again is not counted twice"


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(clock: Clock) -> None:
    gate, who = gate_of(clock), caller(rate_per_s=0.5, burst=2)
    for _ in range(2):
        (await gate.admit(who)).release()

    with pytest.raises(RateLimited) as refused:
        await gate.admit(who)
    clock.unix += 86400 * 365
    with pytest.raises(RateLimited):
        await gate.admit(who)
    clock.pass_s(2.0)

    assert refused.value.details["retry_after_s"] == 2.0
    (await gate.admit(who)).release()
    (await gate.admit(replace(who, key="other"))).release()


async def test_a_key_has_no_more_operations_open_than_it_may(clock: Clock) -> None:
    gate, who = gate_of(clock), caller(concurrency=2)
    first, second = await gate.admit(who), await gate.admit(who)

    with pytest.raises(RateLimited, match="2 operations open"):
        await gate.admit(who)
    first.release()
    first.release()
    third = await gate.admit(who)
    with pytest.raises(RateLimited):
        await gate.admit(who)

    second.release()
    third.release()
    assert gate.open("k") == 0


async def test_a_refusal_for_one_reason_costs_nothing_of_the_others(clock: Clock) -> None:
    gate, who = gate_of(clock), caller(concurrency=1, rate_per_s=1, burst=2)
    with await gate.admit(who):
        for _ in range(5):
            with pytest.raises(RateLimited, match="operations open"):
                await gate.admit(who)

    (await gate.admit(who)).release()


async def test_jobs_from_before_a_restart_count_as_open(clock: Clock) -> None:
    gate, who = gate_of(clock), caller(concurrency=1)
    ticket = gate.resume("k")

    with pytest.raises(RateLimited):
        await gate.admit(who)
    ticket.release()
    await gate.admit(who)


async def test_whoever_needs_no_key_is_not_counted(clock: Clock) -> None:
    gate = gate_of(clock)
    for _ in range(100):
        await gate.admit(OWNER)
    gate.spent("", 1e9, 1e9)

    assert gate.open("") == 0


@pytest.mark.parametrize(("may", "named"), [({"daily_s": 10.0}, "10 s"), ({"daily_cost": 0.5}, "0.5 USD")])
async def test_a_spent_budget_is_refused_until_the_next_utc_day(
    database: Counted, clock: Clock, may: dict[str, float], named: str
) -> None:
    async with usage_of(database, clock) as usage:
        gate, who = gate_of(clock, usage), caller(**may)
        gate.spent("k", 9.9, 0.49)
        (await gate.admit(who)).release()
        gate.spent("k", 0.2, 0.02)

        with pytest.raises(BudgetExceeded, match=named) as refused:
            await gate.admit(who)
        clock.pass_s(refused.value.details["retry_after_s"] - 1)
        with pytest.raises(BudgetExceeded):
            await gate.admit(who)
        clock.pass_s(1)
        (await gate.admit(who)).release()


async def test_usage_goes_on_after_a_restart_where_it_stood(database: Counted, clock: Clock) -> None:
    async with usage_of(database, clock) as usage:
        usage.add("k", 7.0, 0.25)
        usage.add("k", 1.0, 0.25)

    async with usage_of(database, clock) as usage:
        assert usage.today("k") == Spent(seconds=8.0, cost=0.5)
        usage.add("k", 1.0, 0.0)
        assert usage.today("k").seconds == 9.0
        await usage.flush()
        assert usage.today("k").seconds == 9.0


async def test_two_servers_on_one_database_share_a_budget(database: Counted, clock: Clock) -> None:
    async with usage_of(database, clock) as one, usage_of(database, clock) as other:
        one.add("k", 5.0, 0.0)
        await one.flush()
        other.add("k", 6.0, 0.0)
        await other.flush()

        assert other.today("k").seconds == 11.0


async def test_usage_that_cannot_be_written_is_kept_and_written_once_later(database: Counted, clock: Clock) -> None:
    async with usage_of(database, clock) as usage:
        usage.add("k", 5.0, 0.0)
        database.fails.append(StoreError("full"))
        with pytest.raises(StoreError):
            await usage.flush()
        assert usage.today("k").seconds == 5.0
        database.fails.clear()

    async with usage_of(database, clock) as usage:
        assert usage.today("k").seconds == 5.0


async def test_usage_is_written_without_being_asked_to(database: Counted, clock: Clock) -> None:
    async with Usage(database, wall=lambda: clock.unix, flush_s=0.01) as usage:  # type: ignore[arg-type]
        usage.add("k", 5.0, 0.0)
        async with asyncio.timeout(10):
            while usage._pending:
                await asyncio.sleep(0.005)
        async with usage_of(database, clock) as another:
            assert another.today("k").seconds == 5.0


async def test_a_wall_clock_that_goes_back_does_not_open_yesterdays_budget_again(
    database: Counted, clock: Clock
) -> None:
    async with usage_of(database, clock) as usage:
        gate, who = gate_of(clock, usage), caller(daily_s=10.0)
        gate.spent("k", 11.0, 0.0)
        clock.unix -= 86400

        with pytest.raises(BudgetExceeded):
            await gate.admit(who)
