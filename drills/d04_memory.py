"""Drill 4: a worker that takes memory until it meets its ceiling."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from drills.client import Client, problem_code, together
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House

MiB = 1024 * 1024
_CEILING = 400 * MiB


def run(stage: Stage, tally: Tally) -> None:
    """The greedy call among others, its worker's memory watched from outside."""
    history = History()
    ceiling = {"toy": f'memory_limit = "{_CEILING // MiB}MiB"\n'}
    with stage.house(variants=ceiling) as house, Client(house.url, history) as client:
        client.warm()
        before, server = house.holdings(), house.resident()
        for number in range(stage.rounds):
            with _Watch(house) as watch:
                op = client.ask(Request(text=f"greedy {number}", do="allocate", may_fail=True))
            together(house.url, history, [Request(text=f"{number} {n}") for n in range(8)], Client.ask)
            code = problem_code(op)
            tally.demand(code in ("out-of-memory", "worker-crashed"), f"a greedy call ended as {code!r}")
            tally.demand(watch.peak < 2 * _CEILING, f"a worker reached {watch.peak // MiB} MiB")
            tally.notes["largest worker, MiB"] = max(
                float(tally.notes.get("largest worker, MiB", 0)), watch.peak // MiB
            )
            tally.rounds += 1
            tally.faults += 1
        grown = (house.resident() - server) // MiB
        tally.demand(grown < 32, f"the server grew by {grown} MiB")
        tally.leaks(house.leaked(before))
    tally.judge(history)


class _Watch:
    """The largest resident size of the toy's worker while it is entered."""

    def __init__(self, house: House) -> None:
        self.peak = 0
        self._house = house
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            pid = self._house.worker("toy")
            if pid is None:
                continue
            try:
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            except OSError:
                continue
            self.peak = max(self.peak, pages * os.sysconf("SC_PAGE_SIZE"))


DRILL = Drill(
    number=4,
    title="a worker takes memory without end",
    promise="It is ended at its ceiling and its caller is told; the server does not grow, and the others are answered.",
    mutation=Mutation(
        file="rung/runtime/planning/ceilings.py",
        old="if wished is not None or device",
        new="if device",
    ),
    run=run,
    short=1,
    long=10,
)
