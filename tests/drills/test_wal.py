"""What a power cut may do to SQLite's log, on a real one."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from drills.wal import wal_of

FRAME = 24 + 4096


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("CREATE TABLE t (x)")
        yield db


def grow(db: sqlite3.Connection, rows: int) -> None:
    for _ in range(rows):
        db.execute("INSERT INTO t VALUES (randomblob(3000))")


def copied(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"a.db{ending}", tmp_path / name / f"a.db{ending}")
    return tmp_path / name / "a.db-wal"


def found(log: Path) -> tuple[str, int]:
    """What the integrity check says, and how many rows there are."""
    with closing(sqlite3.connect(log.with_name("a.db"))) as db:
        return db.execute("PRAGMA integrity_check").fetchone()[0], db.execute("SELECT count(*) FROM t").fetchone()[0]


def test_what_is_committed_is_synced_and_what_no_checkpoint_has_seen_is_not_taken(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    grow(db, 20)
    size = (tmp_path / "a.db-wal").stat().st_size
    wal = wal_of(tmp_path / "a.db-shm")

    assert (wal.taken, wal.synced) == (32, size)
    assert size % FRAME == 32


def test_what_a_checkpoint_took_is_never_cut_off(db: sqlite3.Connection, tmp_path: Path) -> None:
    grow(db, 20)
    seen = (tmp_path / "a.db-wal").stat().st_size
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchone()  # a checkpoint goes no further than what it reads
        grow(db, 20)
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        wal = wal_of(tmp_path / "a.db-shm")

        assert wal.taken == seen < wal.synced
        chance = random.Random(1)
        for n in range(30):
            log = copied(tmp_path, f"copy{n}")
            wal.cut(log, chance)
            assert found(log)[0] == "ok"


def test_noise_where_no_fsync_has_been_costs_no_committed_row(db: sqlite3.Connection, tmp_path: Path) -> None:
    grow(db, 20)
    wal = wal_of(tmp_path / "a.db-shm")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_spill = 1")
    db.execute("PRAGMA cache_size = 1")
    db.execute("BEGIN")
    grow(db, 20)  # spills pages into the log before it commits

    assert (tmp_path / "a.db-wal").stat().st_size > wal.synced
    assert wal_of(tmp_path / "a.db-shm") == wal
    chance = random.Random(2)
    for n in range(10):
        log = copied(tmp_path, f"copy{n}")
        assert wal.spoil(log, chance) > 0
        assert found(log) == ("ok", 20)
