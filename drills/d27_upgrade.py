"""Drill 27: a newer Rung opens the database, an older one comes back to it, and a migration fails half-way.

The newer one is this code with one migration more; what it does to the file is our own code's doing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from drills.client import Client, read_all
from drills.drill import Drill, Mutation, Stage, Tally
from drills.history import History, Request
from drills.house import House
from drills.source import changed

_FILE = "rung/runtime/jobs/schema.py"
_GOOD = ("ALTER TABLE jobs ADD COLUMN drill TEXT NOT NULL DEFAULT 'new'",)
_BAD = ("CREATE TABLE half (id TEXT)", "ALTER TABLE no_such_table ADD COLUMN drill TEXT")


def run(stage: Stage, tally: Tally) -> None:
    """Old, failed upgrade, old again, upgrade, old refused."""
    with TemporaryDirectory() as folder:
        newer = _with(stage.source, Path(folder) / "newer", _GOOD)
        broken = _with(stage.source, Path(folder) / "broken", _BAD)
        for _ in range(stage.rounds):
            with stage.house(config="[server]\nmax_running = 1\n") as house:
                history = History()  # of this house alone: the next round's has another database
                _round(house, history, tally, newer, broken)
            tally.judge(history, attempts=6)
            tally.rounds += 1


def _round(house: House, history: History, tally: Tally, newer: str, broken: str) -> None:
    ours, file = house.source, house.data / "rung.db"
    with Client(house.url, history) as client:
        for n in range(4):
            client.submit(Request(text=f"from before {house.mark} {n}", do="work 0.2", key=f"{house.mark} {n}"))
    house.kill()
    house.source = broken
    tally.demand(not _starts(house), "a server ran on a database whose migration had failed")
    tally.demand(_tables(file).isdisjoint({"half"}), "half a migration stayed in the database")
    house.source = newer
    house.start()
    read_all(house.url, history)
    house.end()
    kept = [path for path in house.data.iterdir() if path.name.startswith("rung.db.") and path.suffix == ".bak"]
    tally.demand(bool(kept), f"no backup was kept: {sorted(p.name for p in house.data.iterdir())}")
    tally.demand(all("drill" not in _columns(path) for path in kept), "the backup is not from before the upgrade")
    tally.demand("drill" in _columns(file), "the migration was not run")
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    house.source = ours
    tally.demand(not _starts(house), "an older server ran on a newer database")
    tally.demand("newer" in house.log()[-3000:], "the refusal does not say why")
    tally.demand(hashlib.sha256(file.read_bytes()).hexdigest() == before, "the refused database was changed")
    tally.faults += 3
    house.source = newer
    house.start()
    with Client(house.url, history) as client:
        tally.demand(client.ask(Request(text=f"after {house.mark}")).kind == "ok", "the newer server does not answer")
    house.end()
    tally.orphans += house.orphans()


def _starts(house: House) -> bool:
    """Whether a server comes up; where it does not, it has to end by itself, and not well."""
    try:
        house.start()
    except RuntimeError:
        return house.process is None or house.process.poll() in (None, 0)
    return True


def _with(source: str, folder: Path, statements: tuple[str, ...]) -> str:
    return changed(source, folder, _FILE, 'JOBS = Schema("jobs", (_V1,', f'JOBS = Schema("jobs", (_V1, {statements!r},')


def _tables(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as db:
        return {str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _columns(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as db:
        return {str(row[1]) for row in db.execute("PRAGMA table_info(jobs)")}


DRILL = Drill(
    number=27,
    title="upgrade, failed upgrade, and the way back",
    promise="A migration happens whole or not at all, with a backup beside it; jobs from before are done; an older "
    "Rung refuses a newer database and leaves it as it is.",
    mutation=Mutation(
        file="rung/runtime/store/schema.py",
        old="if version > schema.version:",
        new="if version > schema.version + 1:",
    ),
    run=run,
    short=1,
    long=5,
)
