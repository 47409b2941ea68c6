"""Owns SQLite: the file, its settings, its migrations, and what its errors mean."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from rung.runtime.errors import DiskFull, StoreError
from rung.runtime.store.database import Transaction, Value
from rung.runtime.store.schema import VERSIONS, Schema, backup_label, pending

T = TypeVar("T")

BUSY_MS = 5000
"""How long a writer waits for another process (the command line beside the server)."""

CACHE_KIB = 512
"""Of pages that a connection keeps. SQLite's own 2 MB fill as the file grows, in each connection, and look like a leak
of 0.9 KB a job (bench/soak.py); what is read again and again are the roots and ends of a few trees, and the kernel has
the rest."""

_AGAIN_S = 0.01

_FULL = "there is no room on the disk of the data folder: nothing new is kept until some is made"


class SqliteDriver:
    """A database file, mode 0600, in WAL mode with synchronous=FULL: a commit is on disk when it returns."""

    def __init__(self, path: Path, schemas: Sequence[Schema]) -> None:
        self._path = path
        self._schemas = tuple(schemas)

    def prepare(self) -> None:
        """Make the file if need be and run the pending migrations, all in one transaction, after a backup."""
        with _told(), closing(self._raw()) as db:
            _in_wal(db)
            db.execute("BEGIN IMMEDIATE")
            try:
                self._migrate(db)
                db.execute("COMMIT")
            except BaseException:
                _roll_back(db)
                raise

    def connect(self, *, write: bool) -> SqliteConnection:
        """A connection; one that only reads sees what was last committed and waits for nobody."""
        with _told():
            return SqliteConnection(self._raw(), write=write)

    def _raw(self) -> sqlite3.Connection:
        _make(self._path)
        # Each connection stays in one thread, but is closed by whoever ends the program.
        db = sqlite3.connect(self._path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        return db

    def _migrate(self, db: sqlite3.Connection) -> None:
        db.execute(VERSIONS)
        found: Mapping[str, int] = dict(tuple(row) for row in db.execute("SELECT name, version FROM rung_schema"))
        steps = pending(self._schemas, found)
        label = backup_label(steps, found)
        if label:
            self._back_up(label)
        for step in steps:
            for statement in step.statements:
                db.execute(statement)
            db.execute(
                "INSERT INTO rung_schema VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version",
                (step.name, step.version),
            )

    def _back_up(self, label: str) -> None:
        """The last committed state, read beside the writer that holds the lock; written beside and renamed."""
        kept = self._path.with_name(f"{self._path.name}.{label}.bak")
        beside = kept.with_name(f".{kept.name}")
        beside.unlink(missing_ok=True)
        _make(beside)
        try:
            with closing(self._raw()) as source, closing(sqlite3.connect(beside)) as target:
                source.backup(target)
            beside.replace(kept)
        finally:
            beside.unlink(missing_ok=True)


class SqliteConnection:
    """One connection, in one thread."""

    def __init__(self, db: sqlite3.Connection, *, write: bool) -> None:
        self._db = db
        self._begin = "BEGIN IMMEDIATE" if write else "BEGIN"
        self._broken = False
        if not write:
            db.execute("PRAGMA query_only = ON")

    @property
    def usable(self) -> bool:
        """False after a transaction that could not even be undone."""
        return not self._broken

    def transact(self, deed: Callable[[Transaction], T]) -> T:
        """The deed in one transaction. Raises StoreError, DiskFull, or what the deed raised."""
        with _told():
            self._db.execute(self._begin)
            try:
                result = deed(_Transaction(self._db))
                self._db.execute("COMMIT")
            except BaseException:
                self._broken = not _roll_back(self._db)
                raise
            return result

    def close(self) -> None:
        """Let the file go."""
        with suppress(sqlite3.Error):
            self._db.close()


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Mapping[str, Any]]:
        return [dict(row) for row in self._db.execute(sql, parameters)]

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        return self._db.execute(sql, parameters).rowcount


def _in_wal(db: sqlite3.Connection) -> None:
    """Switch the file to WAL, which stays so. SQLite does not wait for this one as it does for every other lock
    (two that hold the file for reading and both want it alone would wait for ever): who comes second at a new file
    is refused at once, and asks again for as long as it would have waited."""
    due = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > due:
                raise
            time.sleep(_AGAIN_S)
        else:
            return


def _roll_back(db: sqlite3.Connection) -> bool:
    """Undo; SQLite has often done so itself. False: it cannot even do that."""
    try:
        if db.in_transaction:
            db.execute("ROLLBACK")
    except sqlite3.Error:
        return False
    return True


def _make(path: Path) -> None:
    """The file, for us alone, and its name on disk: SQLite would make it readable for everybody."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _told() -> Iterator[None]:
    """SQLite's errors as ours. They name neither the file nor the statement."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(error) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(_FULL) from error
        raise StoreError(f"the database's file cannot be made or opened ({error.strerror})") from error


def _meaning(error: sqlite3.Error) -> StoreError:
    """Low byte of the code: what kind; the rest says where (an unknown code counts as a broken database)."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else code & 0xFF
    if kind == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return DiskFull(_FULL)
    match kind:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            said = f"another process held the database for more than {BUSY_MS / 1000:g} s; it is answered again after"
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            said = "the database cannot be opened for writing; the data folder must belong to who runs the server"
        case sqlite3.SQLITE_IOERR:
            said = "the database's disk fails to read or write; the system's log says why"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            said = "the database's file is damaged or is none; put back a backup, or move it away to begin anew"
        case _:
            said = f"the database refused a statement ({type(error).__name__})"
    return StoreError(said)
