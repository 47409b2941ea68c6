"""Drill 8: the disk is full, by the low-water mark and in the middle of a write."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from drills.client import Client, problem_code, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House, until

_REFUSALS = ("disk-full", "store")


def run(stage: Stage, tally: Tally) -> None:
    """Each round fills the disk three times, twice with a job under way, and makes room again."""
    history = History()
    with stage.house(env={"DRILL_FREE": "free"}) as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            client.submit(Request(text=f"under way {number}", do="work 0.5"))
            with _low_water(house):
                _refused(tally, client, f"low {number}")
                _unready(tally, house, "min_free")
            _ready_again(tally, house)
            client.submit(Request(text=f"room {number}"))
            running = client.submit(Request(text=f"under way, no room to end {number}", do="work 0.7"))
            with _no_writes(house):
                _refused(tally, client, f"no write {number}")
                _unready(tally, house, "disk fails")
                tally.demand(client.read(running.job).kind == "ok", "a job cannot be read while the disk is full")
            _ready_again(tally, house)
            op = client.submit(Request(text=f"room again {number}"))
            tally.demand(op.kind == "ok", f"with room again a job was answered {op.status} {problem_code(op)}")
            client.ended(op.job)
            with _no_writes(house):  # and with nothing under way whose end would tell it of the room
                _refused(tally, client, f"no write, nothing under way {number}")
            _ready_again(tally, house)
            tally.rounds += 1
        read_all(house.url, history)
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _refused(tally: Tally, client: Client, text: str) -> None:
    for n in range(5):
        op = client.submit(Request(text=f"{text} {n}", may_fail=True))
        tally.faults += 1
        said = f"on a full disk a job was answered {op.status} {problem_code(op)}"
        tally.demand(op.kind == "fail" and problem_code(op) in _REFUSALS, said)


def _unready(tally: Tally, house: House, word: str) -> None:
    """Whoever sends requests where they are taken learns it, and whoever runs the server what to look at."""
    answer = httpx.get(f"{house.url}/readyz", timeout=20)
    said = f"on a full disk /readyz said {answer.status_code} {answer.text[:300]}"
    tally.demand(answer.status_code == 503 and word in answer.json()["detail"], said)


def _ready_again(tally: Tally, house: House) -> None:
    """Nothing is asked of it meanwhile but whether it is ready: who is not is sent nothing."""
    room = time.monotonic()
    again = until(lambda: httpx.get(f"{house.url}/readyz", timeout=20).status_code == 200, 60, every=0.1)
    tally.demand(bool(again), "with room again it did not become ready by itself")
    tally.in_time(time.monotonic() - room < 5, "with room again it was late to become ready")


@contextmanager
def _low_water(house: House) -> Iterator[None]:
    """The disk says that nothing is free (sitecustomize of the toy: DRILL_FREE)."""
    house.tell("free", "0")
    yield
    (house.folder / "free").unlink()


@contextmanager
def _no_writes(house: House) -> Iterator[None]:
    """The kernel lets no file of the server grow past 4 KB: every write of the database fails."""
    none = resource.RLIM_INFINITY
    resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (4096, none))
    yield
    resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (none, none))


DRILL = Drill(
    number=8,
    title="the disk is full",
    promise="Refused with 507 or 503 before it is accepted, never a 202, and /readyz says no with the remedy; what "
    "runs is kept and ends; with room again it is ready and goes on by itself.",
    mutation=Mutation(
        file="rung/runtime/jobs/artifacts.py",
        old="if free - size < self._min_free:",
        new="if free - size < -self._min_free:",
    ),
    run=run,
    short=2,
    long=6,
)
