"""Drill 24: one Idempotency-Key, fifty times at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from drills.client import Client, problem_code, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Op, Request
from drills.house import House

_CALLERS = 50
_PATIENCE_S = 120.0
"""For all of them to be there: each client reads the machine's certificates, a good moment of a core."""


def run(stage: Stage, tally: Tally) -> None:
    """Half of the rounds wait for the answer, half want a 202; then another body under the same key."""
    history = History()
    with stage.house() as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            request = Request(text=f"once {number}", key=f"key {number}", do="work 0.05", may_fail=True)
            ops = _at_once(house, history, request, wait=number % 2 == 0)
            tally.faults += _CALLERS
            jobs = {op.job for op in ops if op.kind == "ok"}
            refused = {problem_code(op) for op in ops if op.kind == "fail"}
            tally.demand(len(jobs) == 1, f"{_CALLERS} times one key made {len(jobs)} jobs")
            tally.demand(refused <= {"conflict"}, f"duplicates were refused as {sorted(refused)}")
            again = client.submit(request)
            tally.demand(again.job in jobs, f"asked again the key gave {again.job or again.status}")
            other = client.submit(Request(text=f"another {number}", key=request.key, may_fail=True))
            tally.demand(other.status == 422, f"another request under the same key was answered {other.status}")
            runs = house.journal.read_text().count(f"run {request.text}\n")
            tally.doubled += max(0, runs - 1)
            tally.rounds += 1
        read_all(house.url, history)
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _at_once(house: House, history: History, request: Request, *, wait: bool) -> list[Op]:
    gate = threading.Barrier(_CALLERS)

    def one(number: int) -> Op:
        with Client(house.url, history, number) as client:
            gate.wait(_PATIENCE_S)
            return client.ask(request) if wait else client.submit(request)

    with ThreadPoolExecutor(_CALLERS) as pool:
        return list(pool.map(one, range(_CALLERS)))


DRILL = Drill(
    number=24,
    title="one Idempotency-Key, 50 times at once",
    promise="One job, run once; the others are given the same job or 409; another body under that key is a 422.",
    mutation=Mutation(
        file="rung/runtime/runner/keeper.py",
        old="        mark = _mark(record, text, terms)",
        new="        mark = None",
    ),
    run=run,
    short=4,
    long=40,
)
