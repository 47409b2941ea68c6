"""Drill 7: a model that keeps 10 MB of every call."""

from __future__ import annotations

import time

from drills.client import Client, together
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Op, Request
from drills.house import House

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
        enough = stage.rounds // (2 * _EVERY)  # calls go on while the replacement loads
        loads = _loads(house, client, 2 + enough)
        tally.leaks(house.leaked(before))
    tally.rounds, tally.faults = stage.rounds, loads - 2
    tally.demand(loads - 2 >= enough, f"{stage.rounds} calls were served by {loads - 1} workers")
    tally.notes |= {"workers replaced": loads - 2, "slowest call, s": round(max(latest), 2)}
    tally.in_time(max(latest) < 2.0, f"a call waited {max(latest):.1f} s for its worker's replacement")
    tally.judge(history)


def _loads(house: House, client: Client, wanted: int) -> int:
    """How often the model was loaded. On a busy machine many calls are done while one replacement loads: a few are
    asked more then, and a worker has to go all the same. They keep nothing: it goes for its calls alone."""

    def loads() -> int:
        return house.journal.read_text().count("load toy-leaky\n")

    for n in range(5 * _EVERY):
        if loads() >= wanted:
            break
        client.ask(Request(text=f"one more {n}", task="toy-leaky"))
        time.sleep(0.1)  # for the load that is under way
    return loads()


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
