"""Drill 22: a server that stands still longer than its lease, and wakes up."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from drills.checker import job_attempts
from drills.client import Client, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House, until

_LEASE_S = 1.0
_CONFIG = f"[server]\nmax_running = 4\n[jobs]\nlease_s = {_LEASE_S}\n"
_JOBS = 6


def run(stage: Stage, tally: Tally) -> None:
    """Two servers on one database. One is frozen, the other takes over, the first one wakes."""
    history = History()
    with stage.house(config=_CONFIG, start=False) as first, stage.house(config=_CONFIG, start=False) as second:
        shared = {"RUNG_DATABASE": str(first.folder / "shared.db")}
        first.env, second.env = dict(shared), dict(shared)
        first.start()
        second.start()
        for house in (first, second):
            with Client(house.url, history) as client:
                client.warm()
        before = first.holdings()
        for number in range(stage.rounds):
            _round(first, second, history, tally, number)
            tally.rounds += 1
        read_all(first.url, history)
        read_all(second.url, history, events=False)
        _doubly_run(tally, first, second)
        tally.leaks(first.leaked(before))
    most = max(job_attempts(op.answer) for op in history.ops if op.call == "read" and op.kind == "ok")
    tally.in_time(most <= 4, f"a job was begun {most} times: who is awake was slower than its lease of {_LEASE_S:g} s")
    tally.judge(history)


def _round(first: House, second: House, history: History, tally: Tally, number: int) -> None:
    with Client(first.url, history, 1) as client:
        for n in range(_JOBS):
            client.submit(Request(text=f"{number} {n}", do="work 0.2", key=f"{number} {n}"))
    until(lambda: f" run {number} " in first.journal.read_text(), 40)
    # Its workers go on where it alone is frozen: then a result lies ready for it when it wakes.
    frozen = first.processes() if number % 3 == 2 else [first.pid]
    _freeze(frozen, first.folder / "shared.db", tally)
    stopped = time.monotonic()
    try:
        with Client(second.url, history, 2) as client:
            mine = [job for job, request in history.accepted().items() if request.text.startswith(f"{number} ")]
            if number % 2:  # it wakes while the other one is at its jobs: only their epochs tell the two apart
                until(lambda: f" run {number} " in second.journal.read_text(), 40)
            else:
                for job in mine:
                    client.ended(job, 40)
            tally.recover_s.append(time.monotonic() - stopped)
    finally:
        _signal(frozen, signal.SIGCONT)
    tally.faults += 1
    with Client(first.url, history, 1) as client:
        op = client.ask(Request(text=f"awake {number}"))
        tally.demand(op.kind == "ok", f"the server that woke up answered {op.status}")
        for job in mine:  # whatever the zombie still had to say has been said by now, or never will be
            client.ended(job, 40)


def _freeze(pids: list[int], database: Path, tally: Tally) -> None:
    """Between two writes. Frozen in the middle of one it would hold SQLite's only lock, and everybody would wait for
    it to wake: several servers that may freeze want PostgreSQL."""
    while True:
        _signal(pids, signal.SIGSTOP)
        try:
            with closing(sqlite3.connect(database, timeout=0.2, isolation_level=None)) as db:
                db.execute("BEGIN IMMEDIATE")
                db.execute("ROLLBACK")
            return
        except sqlite3.OperationalError:
            tally.notes["frozen in a write, let go again"] = (
                int(tally.notes.get("frozen in a write, let go again", 0)) + 1
            )
            _signal(pids, signal.SIGCONT)
            time.sleep(0.01)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # one that ended since it was looked for
            os.kill(pid, number)


def _doubly_run(tally: Tally, *houses: House) -> None:
    """How many inputs were run by more than one worker: each of these had a result that was not kept."""
    seen: dict[str, int] = {}
    for house in houses:
        for line in house.journal.read_text().splitlines():
            if " run " in line:
                text = line.split(" run ", 1)[1]
                seen[text] = seen.get(text, 0) + 1
    twice = sum(n > 1 for n in seen.values())
    tally.notes["inputs that two workers ran"] = twice
    tally.demand(twice > 0, "nothing was run twice: no zombie had anything to say")


DRILL = Drill(
    number=22,
    title="zombie: a server frozen past its lease, then awake",
    promise="The other server does its jobs; what the zombie still says is not written: one end for each job.",
    mutation=Mutation(
        file="rung/runtime/jobs/rows.py",
        old='f" AND {name} = ?" for name in where',
        new='f" AND ({name} = ? OR 1 = 1)" for name in where',
    ),
    run=run,
    short=6,
    long=20,
)
