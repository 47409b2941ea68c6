"""The file: who may read it, what a full disk does, what an upgrade keeps."""

import asyncio
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from store_tools import HALF, NEWER, NOTES, add, ids, opened

from rung.runtime.errors import DiskFull, StoreError
from rung.runtime.settings import JobSettings, Settings
from rung.runtime.store import Database, Schema, Transaction, location, open_database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rung.db"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def by_hand(path: Path) -> None:
    """A database of version 1, as the first release would have left it."""
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE rung_schema (name TEXT PRIMARY KEY, version BIGINT NOT NULL)")
        db.execute("INSERT INTO rung_schema VALUES ('notes', 1)")
        db.execute("CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT NOT NULL)")
        db.execute("INSERT INTO notes VALUES (1, 'kept')")
    db.close()


def looked_at(path: Path, sql: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


async def test_no_connection_keeps_more_of_the_file_than_a_little_however_large_it_becomes(path: Path) -> None:
    async with opened(str(path)) as database:
        for deed in (database.read, database.write):
            (row,) = await deed(lambda tx: tx.rows("PRAGMA cache_size"))

            assert -1000 < row["cache_size"] < 0  # KiB; SQLite's own is 2000, in each connection


async def test_nothing_is_touched_before_the_first_deed(path: Path) -> None:
    database = open_database(str(path), (NOTES,))

    assert not path.exists()
    await database.close()


@pytest.mark.parametrize("held", ["BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
async def test_a_new_file_that_another_process_is_making_ready_is_waited_for(path: Path, held: str) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(held)
    other.execute("SELECT * FROM sqlite_master").fetchall()
    async with opened(str(path)) as database:
        adding = asyncio.create_task(add(database, 1))
        await asyncio.sleep(0.1)
        assert not adding.done()
        other.execute("COMMIT")
        other.close()
        await adding

        assert await ids(database) == [1]


async def test_only_its_owner_can_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        async with opened(str(path)) as database:
            await add(database, 1)
            assert {entry.name: mode(entry) for entry in path.parent.iterdir()} == dict.fromkeys(
                ("rung.db", "rung.db-wal", "rung.db-shm"), 0o600
            )
        async with opened(str(path), NEWER) as newer:
            await newer.open()
            assert mode(path.with_name("rung.db.v1.bak")) == 0o600
    finally:
        os.umask(before)


async def test_a_commit_is_on_disk_when_it_returns(path: Path) -> None:
    def query(tx: Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [next(iter(row.values())) for name in names for row in tx.rows(f"PRAGMA {name}")]

    async with opened(str(path)) as database:
        assert await database.write(query) == ["wal", 2, 1]  # 2: FULL


async def test_a_file_of_version_1_moves_forward_and_a_backup_is_kept(path: Path) -> None:
    by_hand(path)
    async with opened(str(path), NEWER) as database:
        assert await ids(database) == [1]
    kept = path.with_name("rung.db.v1.bak")

    assert looked_at(kept, "SELECT * FROM notes") == [(1, "kept")]
    assert looked_at(kept, "SELECT * FROM rung_schema") == [("notes", 1)]
    assert looked_at(path, "SELECT * FROM notes") == [(1, "kept", "m")]
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["rung.db", "rung.db.v1.bak"]


async def test_a_migration_that_fails_leaves_version_1_and_its_backup(path: Path) -> None:
    by_hand(path)
    async with opened(str(path), HALF) as database:
        for _ in range(2):
            with pytest.raises(StoreError):
                await database.open()

    for file in (path, path.with_name("rung.db.v1.bak")):
        assert looked_at(file, "SELECT * FROM notes") == [(1, "kept")]
        assert looked_at(file, "SELECT * FROM rung_schema") == [("notes", 1)]


async def test_no_backup_is_made_where_nothing_is_changed(path: Path) -> None:
    other = Schema("other", (("CREATE TABLE other (id BIGINT)",),))
    by_hand(path)
    async with opened(str(path), NOTES, other) as database:
        await database.open()

    assert [entry.name for entry in path.parent.iterdir() if entry.suffix == ".bak"] == []


async def test_each_state_of_several_schemas_has_a_backup_of_its_own(path: Path) -> None:
    one, two = Schema("other", (("CREATE TABLE other (id BIGINT)",),)), ("ALTER TABLE other ADD COLUMN x TEXT",)
    by_hand(path)
    for schemas in [(NOTES, one), (NEWER, one), (NEWER, Schema("other", (*one.migrations, two)))]:
        async with opened(str(path), *schemas) as database:
            await database.open()

    found = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix == ".bak")
    assert found == ["rung.db.v1-1.bak", "rung.db.v2-1.bak"]


async def fill(database: Database) -> int:
    """How many rows went in before the disk was full."""
    await database.write(lambda tx: tx.rows("PRAGMA max_page_count = 40"))
    number = 0
    with pytest.raises(DiskFull, match="no room"):
        while True:
            await add(database, number, "x" * 3000)
            number += 1
    return number


async def test_a_full_disk_is_told_and_leaves_the_database_readable_and_goes_by_itself(path: Path) -> None:
    async with opened(str(path)) as database:
        kept = await fill(database)
        with pytest.raises(DiskFull):
            await add(database, 1000, "x" * 3000)
        read = await ids(database)
        await database.write(lambda tx: tx.rows("PRAGMA max_page_count = 1000"))
        await add(database, 1000, "x" * 3000)

        assert kept > 5 and read == list(range(kept))
        assert await ids(database) == [*range(kept), 1000]
    assert looked_at(path, "PRAGMA integrity_check") == [("ok",)]


def made_room_and_failed(tx: Transaction) -> None:
    tx.rows("PRAGMA max_page_count = 1000")
    tx.rows("no statement")


async def test_a_refused_write_is_remembered_until_one_is_taken_and_trying_leaves_nothing(path: Path) -> None:
    async with opened(str(path)) as database:
        assert database.refused == ""
        kept = await fill(database)
        await database.try_again()
        assert "no room" in database.refused

        await database.read(lambda tx: tx.rows("SELECT 1"))
        assert "no room" in database.refused, "that it can be read says nothing of writing"
        with pytest.raises(StoreError):
            await database.write(made_room_and_failed)
        assert database.refused
        await database.try_again()

        assert database.refused == "" and await ids(database) == list(range(kept))
    assert looked_at(path, "SELECT count(*) FROM rung_schema WHERE version = 0") == [(0,)]


async def test_a_deed_that_met_the_full_disk_in_its_midst_is_undone_wholly(path: Path) -> None:
    def deed(tx: Transaction) -> None:
        tx.run("DELETE FROM notes WHERE id = 0")
        for number in range(1000, 1100):
            tx.run("INSERT INTO notes (id, text) VALUES (?, ?)", (number, "x" * 3000))

    async with opened(str(path)) as database:
        kept = await fill(database)
        with pytest.raises(DiskFull):
            await database.write(deed)

        assert await ids(database) == list(range(kept))


async def test_a_damaged_file_is_told_with_the_remedy_and_not_with_its_path(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)
    async with opened(str(path)) as database:
        with pytest.raises(StoreError, match="put back a backup") as told:
            await database.open()

    assert str(path.parent) not in told.value.message
    assert path.read_bytes().startswith(b"no database")


async def test_a_folder_that_cannot_be_made_is_told_and_tried_again(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("a file")
    async with opened(str(in_the_way / "rung.db")) as database:
        with pytest.raises(StoreError, match="cannot be made") as told:
            await database.open()
        in_the_way.unlink()
        await add(database, 1)

        assert await ids(database) == [1] and str(tmp_path) not in told.value.message


async def test_another_process_that_holds_the_file_too_long_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rung.runtime.store.sqlite.BUSY_MS", 50)
    async with opened(str(path)) as database:
        await add(database, 1)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process"):
            await add(database, 2)
        still = await ids(database)
        other.close()
        await add(database, 3)

        assert still == [1] and await ids(database) == [1, 3]


async def test_a_copy_of_the_file_beside_its_log_is_a_database(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    async with opened(str(path)) as database:
        await add(database, 1)
        for ending in ("", "-wal"):
            shutil.copy(f"{path}{ending}", f"{copy}{ending}")

    assert looked_at(copy, "SELECT id FROM notes") == [(1,)]


def test_the_settings_say_where_it_is() -> None:
    here = Settings(data_dir="/data", cache_dir="")

    assert location(here) == "/data/rung.db"
    assert (
        location(Settings(data_dir="/d", cache_dir="", jobs=JobSettings(database="postgresql://x"))) == "postgresql://x"
    )
