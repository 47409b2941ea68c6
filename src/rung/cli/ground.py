"""Owns what outlives a server: its claim on the data folder, the database, the files of accepted inputs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rung.runtime import flock
from rung.runtime.errors import ConfigError
from rung.runtime.jobs import Artifacts
from rung.runtime.jobs.outbox import SqlOutbox
from rung.runtime.jobs.schema import JOBS
from rung.runtime.jobs.sql import SqlJobs
from rung.runtime.keys import KEYS, Gate, KeyRing, Usage
from rung.runtime.settings import Settings
from rung.runtime.store import Database, location, open_database

LOCK = "server.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """sole: the database is a file of this data folder, which no other server has."""

    database: Database
    jobs: SqlJobs
    outbox: SqlOutbox
    inputs: Artifacts
    sole: bool
    ring: KeyRing
    gate: Gate


@asynccontextmanager
async def open_ground(settings: Settings, server: str) -> AsyncIterator[Ground]:
    """The ground of one server. Raises ConfigError when another server has the data folder, StoreError."""
    folder = Path(settings.data_dir)
    async with AsyncExitStack() as stack:
        stack.enter_context(claimed(folder))
        database = open_database(location(settings), (JOBS, KEYS))
        stack.push_async_callback(database.close)
        usage = await stack.enter_async_context(Usage(database))
        yield Ground(
            database=database,
            jobs=SqlJobs(database, server=server),
            outbox=SqlOutbox(database),
            inputs=Artifacts(folder / "inputs", ttl_s=settings.jobs.keep_inputs_s, min_free=settings.jobs.min_free),
            sole=not settings.jobs.database,
            ring=KeyRing(database),
            gate=Gate(usage),
        )


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the data folder for this server; the kernel drops the claim when the process dies, however it dies.

    Two servers would each take the other's running jobs for those of a dead one.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        try:
            stack.enter_context(flock.taken(folder / LOCK, 0.0))
        except flock.Held as error:
            raise ConfigError(
                f"another server (process {error.holder}) uses the data folder {folder}; end it, or give "
                "this one a folder of its own with RUNG_DATA_DIR (with [jobs] database they can share their jobs)",
                key="RUNG_DATA_DIR",
            ) from error
        yield
