"""Drill 11: the power goes. What a disk holds at random instants is opened elsewhere.

The server stands still while its files are copied, so a copy is one instant. What such a copy cannot show, that a
commit was on the platter, is asked of SQLite: every connection that commits does so with synchronous=FULL.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from drills.client import Client, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House


def run(stage: Stage, tally: Tally) -> None:
    """Copies under load, each opened and compared with what clients had been told by then."""
    history, over = History(), threading.Event()
    with stage.house(env={"DRILL_COMMITS": "commits"}) as house, Client(house.url, history) as client:
        client.warm()
        before = house.holdings()
        loads = [threading.Thread(target=_load, args=(house, history, over, n)) for n in range(2)]
        for load in loads:
            load.start()
        try:
            for number in range(stage.rounds):
                over.wait(stage.chance.uniform(0.01, 0.1))
                _copied(house, history, tally, house.folder / f"copy {number}", stage.chance.random())
                tally.rounds += 1
        finally:
            over.set()
            for load in loads:
                load.join()
        read_all(house.url, history, events=False)
        said = set((house.folder / "commits").read_text().split("\n")) - {""}
        tally.demand(said == {"wal 2"}, f"commits were made with (journal, synchronous) = {sorted(said)}")
        tally.leaks(house.leaked(before))
    tally.judge(history)


def _load(house: House, history: History, over: threading.Event, lane: int) -> None:
    with Client(house.url, history, lane) as client:
        number = 0
        while not over.is_set():
            number += 1
            client.submit(Request(text=f"{lane} {number}", key=f"{lane} {number}"))
            over.wait(0.005)


def _copied(house: House, history: History, tally: Tally, folder: Path, cut: float) -> None:
    folder.mkdir()
    known = set(history.accepted())
    os.kill(house.pid, signal.SIGSTOP)
    try:
        for name in ("rung.db", "rung.db-wal"):
            if (house.data / name).exists():
                shutil.copy(house.data / name, folder / name)
    finally:
        os.kill(house.pid, signal.SIGCONT)
    tally.faults += 1
    shutil.copytree(folder, torn := folder.with_name(f"{folder.name} torn"))
    missing = known - _jobs(folder / "rung.db", tally) - _answered(history)
    tally.lost += len(missing)
    tally.demand(not missing, f"{len(missing)} acknowledged jobs are not in the copy")
    # A write that was under way when the power went is there in part: the log ends anywhere.
    log = torn / "rung.db-wal"
    if log.exists():
        os.truncate(log, int(log.stat().st_size * cut))
    _jobs(torn / "rung.db", tally)


def _answered(history: History) -> set[str]:
    """Of callers that waited: their jobs are not kept, and nothing was promised of them."""
    return {op.job for op in history.ops if op.call == "ask" and op.job}


def _jobs(file: Path, tally: Tally) -> set[str]:
    try:
        with closing(sqlite3.connect(file)) as db:
            whole = db.execute("PRAGMA integrity_check").fetchone()[0]
            tally.demand(whole == "ok", f"a copy is damaged: {whole}")
            found = {str(row[0]) for row in db.execute("SELECT id FROM jobs")}
            tally.demand(not list(db.execute("PRAGMA foreign_key_check")), "a copy holds half a job")
            return found
    except sqlite3.Error as error:
        tally.demand(file.with_name("rung.db-wal").exists() and "torn" in str(file), f"a copy does not open: {error}")
        return set()


DRILL = Drill(
    number=11,
    title="power loss: copies of the database at random instants",
    promise="Every copy opens whole and holds every job that was acknowledged before; a torn log costs its end only.",
    mutation=Mutation(
        file="rung/runtime/store/sqlite.py",
        old='db.execute("PRAGMA synchronous = FULL")',
        new='db.execute("PRAGMA synchronous = OFF")',
    ),
    run=run,
    short=20,
    long=50,
)
