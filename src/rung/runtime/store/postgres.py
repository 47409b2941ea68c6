"""Owns PostgreSQL: connections that come back, migrations under a lock, and what its errors mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from rung.runtime.errors import ConfigError, DiskFull, StoreError
from rung.runtime.store.database import Transaction, Value
from rung.runtime.store.schema import VERSIONS, Schema, pending

try:
    import psycopg
    from psycopg import errors, rows
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
except ImportError as missing:
    raise ConfigError(
        "jobs.database names a PostgreSQL server and its library is not installed: pip install 'rung[postgres]'"
    ) from missing

T = TypeVar("T")

_MIGRATION_LOCK = 0x72756E67
"""`rung`: what two servers that start together take turns by."""
_TRIES = 5
"""Of a transaction that the server asks to repeat (deadlock, serialization)."""
_DEFAULTS = {"application_name": "rung", "connect_timeout": "5", "tcp_user_timeout": "10000"}
"""Unless the URL says otherwise. A server that fell silent is given up after 10 s."""
_SESSION = (
    "SET lock_timeout = '10s'",
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
)


class PostgresDriver:
    """A PostgreSQL database, for several servers at once."""

    def __init__(self, url: str, schemas: Sequence[Schema]) -> None:
        try:
            said = conninfo_to_dict(url)
        except psycopg.Error:  # its sentence repeats the URL, and with it the password
            raise ConfigError("jobs.database cannot be read: it wants postgresql://user@host:port/database") from None
        self._info = make_conninfo("", **(_DEFAULTS | {key: str(value) for key, value in said.items()}))
        self._schemas = tuple(schemas)

    def prepare(self) -> None:
        """Run the pending migrations, all in one transaction; another server that starts now waits for it."""
        with _told():
            db = self._raw()
        try:
            with _told():
                db.execute("SET lock_timeout = '60s'")
                db.execute("BEGIN")
                self._migrate(db)
                db.execute("COMMIT")
        finally:
            db.close()

    def connect(self, *, write: bool) -> PostgresConnection:
        """A connection that is made anew when it was lost."""
        return PostgresConnection(self._raw, write=write)

    def _raw(self) -> psycopg.Connection[dict[str, Any]]:
        db = psycopg.connect(self._info, autocommit=True, row_factory=rows.dict_row)
        for statement in _SESSION:
            db.execute(statement)
        return db

    def _migrate(self, db: psycopg.Connection[dict[str, Any]]) -> None:
        tx = _Transaction(db)
        tx.rows("SELECT pg_advisory_xact_lock(?)", (_MIGRATION_LOCK,))
        tx.run(VERSIONS)
        found = {row["name"]: row["version"] for row in tx.rows("SELECT name, version FROM rung_schema")}
        for step in pending(self._schemas, found):
            for statement in step.statements:
                tx.run(statement)
            tx.run(
                "INSERT INTO rung_schema VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version",
                (step.name, step.version),
            )


class PostgresConnection:
    """One connection, in one thread. Isolation is READ COMMITTED: what must not race is one conditional UPDATE."""

    def __init__(self, connect: Callable[[], psycopg.Connection[dict[str, Any]]], *, write: bool) -> None:
        self._connect = connect
        self._begin = "BEGIN" if write else "BEGIN READ ONLY"
        self._db: psycopg.Connection[dict[str, Any]] | None = None

    @property
    def usable(self) -> bool:
        """Always: it mends itself."""
        return True

    def transact(self, deed: Callable[[Transaction], T]) -> T:
        """The deed in one transaction. Raises StoreError (also when nobody can say whether it was kept), DiskFull."""
        with _told():
            for _ in range(_TRIES - 1):
                with suppress(errors.DeadlockDetected, errors.SerializationFailure):
                    return self._once(deed)
            return self._once(deed)

    def close(self) -> None:
        """Let it go."""
        if self._db is not None:
            self._db.close()

    def _once(self, deed: Callable[[Transaction], T]) -> T:
        db = self._begun()
        try:
            result = deed(_Transaction(db))
        except BaseException:
            with suppress(psycopg.Error):
                db.execute("ROLLBACK")
            raise
        try:
            kept = db.execute("COMMIT").statusmessage
        except psycopg.OperationalError as error:
            if not db.closed:
                raise
            raise StoreError("the database went away at a commit: nobody can say whether it was kept") from error
        assert kept == "COMMIT", "a deed swallowed an error of the database"
        return result

    def _begun(self) -> psycopg.Connection[dict[str, Any]]:
        """A connection in a fresh transaction. One that turns out to be lost is replaced: nothing was begun on it."""
        if self._db is not None and not self._db.closed:
            with suppress(psycopg.OperationalError):
                self._db.execute(self._begin)
                return self._db
            self._db.close()
        self._db = self._connect()
        self._db.execute(self._begin)
        return self._db


class _Transaction:
    def __init__(self, db: psycopg.Connection[dict[str, Any]]) -> None:
        self._db = db

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Mapping[str, Any]]:
        return list(self._db.execute(_ours(sql), parameters or None))

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        return self._db.execute(_ours(sql), parameters or None).rowcount


def _ours(sql: str) -> bytes:
    """The statement with psycopg's placeholders. None of ours has a question mark or a percent sign in a text."""
    return sql.replace("?", "%s").encode()


@contextmanager
def _told() -> Iterator[None]:
    """psycopg's errors as ours. They name neither the server, nor a user, nor the statement."""
    try:
        yield
    except psycopg.Error as error:
        raise _meaning(error) from error


def _meaning(error: psycopg.Error) -> StoreError:
    match error:
        case errors.DiskFull():
            return DiskFull("there is no room on the database server's disk: nothing new is kept until some is made")
        case errors.LockNotAvailable():
            said = "another server held a row of the database for more than 10 s; it is answered again after"
        case psycopg.OperationalError():
            said = "the database server cannot be reached; it is tried again with the next request"
        case _:
            said = f"the database refused a statement ({type(error).__name__})"
    return StoreError(said)
