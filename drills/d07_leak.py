"""Drill 7: a model that keeps 10 MB of every call."""

from __future__ import annotations

import time

from drills.client import Client, together
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Op, Request

_EVERY = 20


def run(stage: Stage, tally: Tally) -> None:
    """Calls without a pause, while workers are replaced."""
    history = History()
    latest: list[float] = []

    def ask(client: Client, request: Request) -> Op:
        began = time.monotonic()
        op = client.ask(request)
        latest.append(op.at - began)
        return op

    with stage.house(variants={"toy-leaky": f"max_calls = {_EVERY}\n"}) as house, Client(house.url, history) as client:
        client.ask(Request(text="warm", task="toy-leaky"))
        before = house.holdings()
        calls = [Request(text=f"call {n}", do="leak 10", task="toy-leaky") for n in range(stage.rounds)]
        together(house.url, history, calls, ask, clients=2)
        loads = house.journal.read_text().count("load toy-leaky\n")
        tally.leaks(house.leaked(before))
    tally.rounds, tally.faults = stage.rounds, loads - 2
    enough = stage.rounds // (2 * _EVERY)  # calls go on while the replacement loads
    tally.demand(loads - 2 >= enough, f"{stage.rounds} calls were served by {loads - 1} workers")
    tally.notes |= {"workers replaced": loads - 2, "slowest call, s": round(max(latest), 2)}
    tally.in_time(max(latest) < 2.0, f"a call waited {max(latest):.1f} s for its worker's replacement")
    tally.judge(history)


DRILL = Drill(
    number=7,
    title="a model leaks 10 MB a call",
    promise="Its worker is replaced before it is missed: no call fails, none waits long.",
    mutation=Mutation(
        file="rung/runtime/scheduling/wear.py",
        old="self.answers >= max_calls:",
        new="self.answers >= max_calls * 1000:",
    ),
    run=run,
    short=100,
    long=1000,
)
