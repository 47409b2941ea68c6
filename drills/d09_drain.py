"""Drill 9: SIGTERM under load, and a second one for those in a hurry."""

from __future__ import annotations

import signal
import time

import httpx

from drills.client import Client, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House, until

_CONFIG = "[server]\nmax_running = 2\ndrain_s = 20\n"


def run(stage: Stage, tally: Tally) -> None:
    """One gentle and one hasty end a round; a new server on the same data does the rest."""
    history = History()
    with stage.house(config=_CONFIG) as house:
        for number in range(stage.rounds):
            _gentle(house, history, tally, number)
            house.start()
            _hasty(house, history, tally, number)
            tally.recover_s.append(house.start())
            tally.rounds += 1
        read_all(house.url, history, patience_s=300)  # the hasty ends leave a backlog of real work
        house.end()
        tally.orphans += house.orphans()
    tally.judge(history, attempts=6)


def _load(client: Client, name: str, seconds: float) -> None:
    for n in range(10):
        client.submit(Request(text=f"{name} {n}", do=f"work {seconds}", key=f"{name} {n}"))


def _gentle(house: House, history: History, tally: Tally, number: int) -> None:
    assert house.process is not None
    with Client(house.url, history) as client:
        _load(client, f"gentle {number}", 0.3)
        running = until(lambda: [op for op in _jobs(house) if op["status"] == "running"], 5)
        house.process.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        tally.faults += 1
        seen = until(lambda: _ready(house) != 200, 10.0)
        tally.demand(bool(seen), "/readyz still said yes ten seconds after SIGTERM")
        tally.in_time(time.monotonic() - asked < 1.0, "/readyz was late to say no")
        late = client.submit(Request(text=f"too late {number}", may_fail=True))
        tally.demand(late.kind != "ok", f"a draining server accepted a job ({late.status})")
    code = house.process.wait(40)
    took = time.monotonic() - asked
    tally.demand(code == 0, f"the drained server exited with {code}")
    tally.in_time(took < 20, f"draining took {took:.0f} s")
    tally.demand(bool(running), "nothing ran when SIGTERM came")
    tally.orphans += house.orphans()


def _hasty(house: House, history: History, tally: Tally, number: int) -> None:
    assert house.process is not None
    with Client(house.url, history) as client:
        _load(client, f"hasty {number}", 1.0)
        until(lambda: [op for op in _jobs(house) if op["status"] == "running"], 5)
    house.process.send_signal(signal.SIGTERM)
    until(lambda: _ready(house) != 200, 10.0)
    house.process.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    house.process.wait(40)
    tally.faults += 1
    tally.in_time(time.monotonic() - asked < 1.0, f"the second SIGTERM took {time.monotonic() - asked:.1f} s")
    tally.orphans += house.orphans()


def _jobs(house: House) -> list[dict[str, object]]:
    found: list[dict[str, object]] = httpx.get(f"{house.url}/v1/jobs", timeout=10).json()["jobs"]
    return found


def _ready(house: House) -> int:
    try:
        return httpx.get(f"{house.url}/readyz", timeout=5).status_code
    except httpx.TransportError:
        return 0


DRILL = Drill(
    number=9,
    title="SIGTERM under load; a second one",
    promise="/readyz says no at once, what runs ends, what waits stays on disk for the next server, exit status 0; "
    "a second SIGTERM ends it within a second, and nothing is lost by that either.",
    mutation=Mutation(
        file="rung/runtime/runner/runner.py",
        old="        self._draining = True",
        new="        self._draining = False",
    ),
    run=run,
    short=1,
    long=5,
)
