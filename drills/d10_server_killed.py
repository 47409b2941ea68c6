"""Drill 10: the server is killed while jobs wait and run, again and again, on the same data."""

from __future__ import annotations

import random
import threading
import time

import httpx

from drills.checker import job_attempts
from drills.client import Client, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Op, Request
from drills.house import House, until

_CONFIG = "[server]\nmax_running = 4\n"
_JOBS = 8
_LONGEST_S = 0.6


def run(stage: Stage, tally: Tally) -> None:
    """Every round: jobs come in, somebody listens to one, the server dies, a new one goes on."""
    history = History()
    open_requests: list[Request] = []
    followed: list[str] = []
    with stage.house(config=_CONFIG) as house:
        for number in range(stage.rounds):
            # A server that always dies at once gets nothing done: what is left may be this round's oldest, no more.
            until(lambda: _waiting(house) <= _JOBS // 2, 120)
            chance = random.Random(stage.chance.random())
            coming = threading.Thread(target=_come, args=(house, history, number, open_requests, followed))
            coming.start()
            time.sleep(chance.uniform(0.02, _LONGEST_S))  # the random moment is the drill
            house.kill()
            killed = time.monotonic()
            tally.faults += 1
            coming.join()
            tally.orphans += house.orphans()
            house.start()
            tally.recover_s.append(time.monotonic() - killed)
            _again(house, history, open_requests)
            tally.rounds += 1
        read_all(house.url, history, patience_s=120)
        tally.notes["most often begun"] = max(job_attempts(op.answer) for op in history.ops if _is_read(op))
        runs = house.journal.read_text().count(" run ")
        tally.notes |= {"runs of the model": runs, "streams gone on with": len(followed)}
        held = house.idle_segments()
        tally.demand(held == 0, f"{held} segments are held by an idle server")
        house.end()
        tally.orphans += house.orphans()
    tally.judge(history, attempts=8)


def _is_read(op: Op) -> bool:
    return op.call == "read" and op.kind == "ok"


def _waiting(house: House) -> int:
    rows = httpx.get(f"{house.url}/v1/jobs?limit=1000", timeout=20).json()["jobs"]
    return sum(row["status"] in ("queued", "running") for row in rows)


def _come(house: House, history: History, number: int, unsure: list[Request], followed: list[str]) -> None:
    """Jobs one after the other until the server is gone; those that nobody knows about are asked for again later."""
    listener: threading.Thread | None = None
    with Client(house.url, history, number, patience_s=20) as client:
        for n in range(_JOBS):
            request = Request(text=f"{number} {n}", do="work 0.05", key=f"key {number} {n}")
            op = client.submit(request)
            if op.kind != "ok":
                unsure.append(request)
            elif n == 1:
                listener = threading.Thread(target=_listen, args=(house, history, op.job))
                listener.start()
                followed.append(op.job)
        if listener is not None:
            listener.join()


def _listen(house: House, history: History, job: str) -> None:
    with Client(house.url, history, 99) as client:
        client.events(job)


def _again(house: House, history: History, unsure: list[Request]) -> None:
    """The same requests with the same keys: whatever became of the first try, one job each."""
    asked, unsure[:] = unsure[:], []
    with Client(house.url, history, 98) as client:
        for request in asked:
            op: Op = client.submit(request)
            if op.kind != "ok":
                unsure.append(request)


DRILL = Drill(
    number=10,
    title="server killed (-9) with jobs waiting and running",
    promise="Every accepted job ends once, with the right answer; the same key gives the same job; event streams go "
    "on by Last-Event-ID without a gap; no process is left.",
    mutation=Mutation(
        file="rung/runtime/jobs/life.py",
        old="LOSSES = 20",
        new="LOSSES = 1",
    ),
    run=run,
    short=6,
    long=50,
)
