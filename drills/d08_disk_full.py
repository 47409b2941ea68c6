"""Drill 8: the disk is full, by the low-water mark and in the middle of a write."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

from drills.client import Client, problem_code, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House

_REFUSALS = ("disk-full", "store")


def run(stage: Stage, tally: Tally) -> None:
    """Each round fills the disk twice, with a job under way, and makes room again."""
    history = History()
    with stage.house(env={"DRILL_FREE": "free"}) as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        for number in range(stage.rounds):
            client.submit(Request(text=f"under way {number}", do="work 0.5"))
            with _low_water(house):
                _refused(tally, client, f"low {number}")
            client.submit(Request(text=f"room {number}"))
            running = client.submit(Request(text=f"under way, no room to end {number}", do="work 0.7"))
            with _no_writes(house):
                _refused(tally, client, f"no write {number}")
                tally.demand(client.read(running.job).kind == "ok", "a job cannot be read while the disk is full")
            op = client.submit(Request(text=f"room again {number}"))
            tally.demand(op.kind == "ok", f"with room again a job was answered {op.status} {problem_code(op)}")
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
    promise="Refused with 507 or 503 before it is accepted, never a 202; what runs is kept and ends; with room again "
    "it goes on by itself.",
    mutation=Mutation(
        file="rung/runtime/jobs/artifacts.py",
        old="if free - size < self._min_free:",
        new="if free - size < -self._min_free:",
    ),
    run=run,
    short=2,
    long=6,
)
