"""Drill 6: a model that never comes back: asleep, or in C with the interpreter's lock in its hand."""

from __future__ import annotations

import time

from drills.client import Client, problem_code
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request

_LIMIT_S = 2.0
_GRACE_S = 4.0


def run(stage: Stage, tally: Tally) -> None:
    """One hang of each kind a round, and a good call behind it."""
    history = History()
    with stage.house() as house, Client(house.url, history, patience_s=20) as client:
        client.warm()
        client.ask(Request(text="warm", task="toy-hasty"))
        before = house.holdings()
        for number in range(stage.rounds):
            for misdeed in ("sleep", "hold"):
                began = time.monotonic()
                op = client.ask(Request(text=f"{misdeed} {number}", do=misdeed, task="toy-hasty", may_fail=True))
                seconds = time.monotonic() - began
                tally.faults += 1
                tally.demand(problem_code(op) == "timeout", f"{misdeed} ended as {problem_code(op)!r}")
                tally.in_time(seconds < _LIMIT_S + _GRACE_S, f"{misdeed} held its caller for {seconds:.1f} s")
                again = client.ask(Request(text=f"after {misdeed} {number}", task="toy-hasty"))
                tally.recover_s.append(again.at - op.at)
            tally.rounds += 1
        runs = house.journal.read_text().count("run sleep ")
        tally.demand(runs == stage.rounds, f"{stage.rounds} hanging inputs were run {runs} times")
        tally.leaks(house.leaked(before))
    tally.judge(history)


DRILL = Drill(
    number=6,
    title="a model hangs, asleep or holding the lock",
    promise="At the variant's limit its worker is ended, whatever it holds; the caller is told timeout, and the next "
    "call has a new worker.",
    mutation=Mutation(
        file="rung/runtime/scheduling/lives.py",
        old="if w.started + seat.needs[w.variant].limit_s <= board.now]",
        new="if w.started + seat.needs[w.variant].limit_s * 1000 <= board.now]",
    ),
    run=run,
    short=1,
    long=10,
)
