"""Owns the way into a database: one thread that writes, one that reads, each deed one transaction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rung.runtime.errors import StoreError
from rung.runtime.settings import Settings
from rung.runtime.store.schema import Schema

T = TypeVar("T")
Value = str | int | float | None
"""What a column holds: TEXT, BIGINT, DOUBLE PRECISION, or nothing."""
FILE = "rung.db"
"""Of the data folder, where no database is named."""


class Transaction(Protocol):
    """What a deed sees of the database. SQL is what SQLite and PostgreSQL both know, with `?` for values."""

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Mapping[str, Any]]:
        """The rows that a statement gives (SELECT, or RETURNING)."""
        ...

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """How many rows a statement changed."""
        ...


class Connection(Protocol):
    """One connection, used by one thread."""

    def transact(self, deed: Callable[[Transaction], T]) -> T:
        """The deed in one transaction: kept when it returns, undone when it raises."""
        ...

    @property
    def usable(self) -> bool:
        """False: broken, to be replaced by a fresh one."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Driver(Protocol):
    """One kind of database. All of it is called from threads and may block."""

    def prepare(self) -> None:
        """Make the database if need be, and bring it to the schemas' versions."""
        ...

    def connect(self, *, write: bool) -> Connection:
        """A fresh connection to a prepared database."""
        ...


class Database:
    """A database whose deeds run in threads. Nothing is touched before the first deed.

    A deed may be run again when the database asked for it, so it does nothing but read and write through its
    transaction. Cancelling the caller does not take back a deed that has begun.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._preparing = threading.Lock()
        self._prepared = False
        self._writer = _Lane(self._connected, write=True)
        self._reader = _Lane(self._connected, write=False)
        self.refused = ""
        """Why the last deed could not be written; empty: it could."""

    async def open(self) -> None:
        """Make and migrate it now, so that what is wrong is known at the start. Raises StoreError."""
        await self.read(lambda tx: tx.rows("SELECT 1"))

    async def write(self, deed: Callable[[Transaction], T]) -> T:
        """Run the deed in one transaction, on disk when this returns. Raises StoreError, DiskFull."""
        try:
            result = await self._writer.run(deed)
        except StoreError as error:
            self.refused = error.message
            raise
        self.refused = ""
        return result

    async def try_again(self) -> None:
        """Where the last write was refused: see whether one is taken by now. Nothing of it is left."""
        if self.refused:
            with suppress(StoreError):
                await self.write(_trial)

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """Run the query in one transaction that writes nothing. Raises StoreError."""
        return await self._reader.run(query)

    async def close(self) -> None:
        """Finish what runs and let the connections go."""
        await self._reader.close()
        await self._writer.close()

    def _connected(self, write: bool) -> Connection:
        with self._preparing:
            if not self._prepared:
                self._driver.prepare()
                self._prepared = True
        return self._driver.connect(write=write)


def _trial(tx: Transaction) -> None:
    """Something that a disk has to have room for, some 64 KiB: an update that changes nothing SQLite does not write."""
    for number in range(64):
        tx.run("INSERT INTO rung_schema (name, version) VALUES (?, 0)", (f"{number}".ljust(1000),))
    tx.run("DELETE FROM rung_schema WHERE version = 0")  # those of schemas begin with 1


class _Lane:
    """One thread and its connection; a broken connection is replaced at the next deed."""

    def __init__(self, connect: Callable[[bool], Connection], *, write: bool) -> None:
        self._connect = connect
        self._write = write
        self._connection: Connection | None = None
        self._closed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"store-{'write' if write else 'read'}")

    async def run(self, deed: Callable[[Transaction], T]) -> T:
        if self._closed:
            raise StoreError("the database was closed: the server is going down")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, deed)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown(wait=False)

    def _transact(self, deed: Callable[[Transaction], T]) -> T:
        if self._connection is not None and not self._connection.usable:
            self._let_go()
        if self._connection is None:
            self._connection = self._connect(self._write)
        return self._connection.transact(deed)

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open_database(url: str, schemas: Sequence[Schema]) -> Database:
    """The database at a file path, or at `postgresql://...`. Raises ConfigError where its library is missing."""
    if url.startswith(("postgresql://", "postgres://")):
        from rung.runtime.store.postgres import PostgresDriver

        return Database(PostgresDriver(url, schemas))
    from rung.runtime.store.sqlite import SqliteDriver

    return Database(SqliteDriver(Path(url), schemas))


def location(settings: Settings) -> str:
    """Where the settings put the database: what `open_database` takes."""
    return settings.jobs.database or str(Path(settings.data_dir) / FILE)
