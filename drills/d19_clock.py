"""Drill 19: the clock jumps, forwards and back. An injected offset: the machine's own clock is left alone."""

from __future__ import annotations

import time

from drills.client import Client, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Op, Request
from drills.house import House, until

_JUMPS = (86_400.0, -86_400.0, 3600.0, -3 * 86_400.0, 0.0)


def run(stage: Stage, tally: Tally) -> None:
    """Jumps while jobs wait and run; then a deadline that has to be kept all the same."""
    history = History()
    config = "[server]\nmax_running = 2\n[jobs]\nlease_s = 2\n"
    with stage.house(config=config, env={"DRILL_CLOCK": "clock"}) as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            for jump in _JUMPS:
                names = [f"{number} {jump:g} {n}" for n in range(5)]
                for name in names:
                    client.submit(Request(text=name, do="work 0.2", key=name), deadline_s=60)
                until(lambda: f"run {names[0]}\n" in house.journal.read_text(), 10)  # noqa: B023 - called at once
                house.tell("clock", str(jump))
                tally.faults += 1
                op = client.ask(Request(text=f"at once {number} {jump:g}"), deadline_s=30)
                tally.demand(op.kind == "ok", f"after a jump of {jump:g} s a call was answered {op.status}")
                _deadline(house, client, tally, f"late {number} {jump:g}", jump)
            tally.rounds += 1
        read_all(house.url, history)
        tally.leaks(house.leaked(before))
    tally.judge(history, attempts=1)


def _deadline(house: House, client: Client, tally: Tally, name: str, jump: float) -> None:
    """A second is a second, whatever the clock says."""
    began = time.monotonic()
    op: Op = client.submit(Request(text=name, do="sleep 2", may_fail=True), deadline_s=1)
    house.tell("clock", str(jump - 7200))
    told = client.ended(op.job, 20) if op.job else op
    seconds = time.monotonic() - began
    status = told.answer.get("status") if isinstance(told.answer, dict) else None
    begun = told.answer.get("attempts") if isinstance(told.answer, dict) else None
    tally.demand(status == "expired", f"a job past its deadline ended as {status!r}: {begun}")
    tally.in_time(seconds < 8, f"a deadline of 1 s was kept after {seconds:.1f} s")
    house.tell("clock", str(jump))


DRILL = Drill(
    number=19,
    title="the clock jumps by days",
    promise="Nothing that runs or waits expires or is begun twice; a deadline of a second is kept within seconds.",
    mutation=Mutation(
        file="rung/runtime/runner/terms.py",
        old="return self.deadline - time.monotonic()",
        new="return (self.record.deadline_at or 0.0) - time.time()",
    ),
    run=run,
    short=1,
    long=2,
)
