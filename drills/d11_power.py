"""Drill 11: the power goes. What a disk holds at random instants is opened elsewhere.

The server stands still while its files are copied, so a copy is one instant. Each is opened as it is, with noise where
no fsync had been (what the disk may hold if the power goes at that instant), and with a log that ends earlier. What a
copy cannot show, that a commit was on the platter, is asked of SQLite: every connection that commits does so with
synchronous=FULL.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from drills.client import Client, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House
from drills.wal import wal_of

_DATABASE, _LOG, _INDEX = "rung.db", "rung.db-wal", "rung.db-shm"


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
                _copied(house, history, tally, house.folder / f"copy {number}", stage.chance)
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


def _copied(house: House, history: History, tally: Tally, folder: Path, chance: random.Random) -> None:
    folder.mkdir()
    known = set(history.accepted())
    with house.still():
        for name in (_DATABASE, _LOG, _INDEX):
            shutil.copy(house.data / name, folder / name)
    tally.faults += 1
    wal = wal_of(folder / _INDEX)
    (folder / _INDEX).unlink()  # it is memory: gone with the power
    shutil.copytree(folder, spoilt := folder.with_name(f"{folder.name} spoilt"))
    shutil.copytree(folder, earlier := folder.with_name(f"{folder.name} earlier"))
    tally.notes["most bytes spoilt"] = max(tally.notes.get("most bytes spoilt", 0), wal.spoil(spoilt / _LOG, chance))
    wal.cut(earlier / _LOG, chance)
    for copy in (folder, spoilt):
        missing = known - _jobs(copy / _DATABASE, tally) - _answered(history)
        tally.lost += len(missing)
        tally.demand(not missing, f"{len(missing)} acknowledged jobs are not in the {copy.name}")
    _jobs(earlier / _DATABASE, tally)


def _answered(history: History) -> set[str]:
    """Of callers that waited: their jobs are not kept, and nothing was promised of them."""
    return {op.job for op in history.ops if op.call == "ask" and op.job}


def _jobs(file: Path, tally: Tally) -> set[str]:
    found: set[str] = set()
    try:
        with closing(sqlite3.connect(file)) as db:
            whole = db.execute("PRAGMA integrity_check").fetchone()[0]
            tally.demand(whole == "ok", f"{file.parent.name} is damaged: {whole}")
            found = {str(row[0]) for row in db.execute("SELECT id FROM jobs")}
            tally.demand(not list(db.execute("PRAGMA foreign_key_check")), f"{file.parent.name} holds half a job")
    except sqlite3.Error as error:
        tally.demand(False, f"{file.parent.name} does not open: {error}")
    return found


DRILL = Drill(
    number=11,
    title="power loss: copies of the database at random instants",
    promise="Every copy opens whole and holds every job that was acknowledged before, whatever stands where no fsync "
    "had been; a log that ends earlier costs its end only.",
    mutation=Mutation(
        file="rung/runtime/store/sqlite.py",
        old='db.execute("PRAGMA synchronous = FULL")',
        new='db.execute("PRAGMA synchronous = OFF")',
    ),
    run=run,
    short=20,
    long=50,
)
