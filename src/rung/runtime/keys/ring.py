"""Owns the keys of a database: made, listed, revoked, and recognised by their secrets."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from rung.runtime.errors import InvalidInput, NotFound, Unauthorized
from rung.runtime.keys.key import ALL_SCOPES, Allowance, Key, Scope, digest, id_in, new_id, new_secret
from rung.runtime.store import Database, Transaction

FRESH_S = 1.0
"""A table older than this is read anew, while the old one still answers."""
STALE_S = 2.0
"""A table older than this answers nobody: so soon does a revocation count."""
UNSEEN_S = 0.2
"""A table older than this is read anew before a key is called unknown: a new key opens at once."""
_LONGEST_NAME = 80
_UNKNOWN = "the key is not known here, or it was revoked or has expired; `rung keys list` shows which there are"
_COLUMNS = "id, name, hash, scopes, rate_per_s, burst, concurrency, daily_s, daily_cost, created, revoked, expires"


class KeyRing:
    """One database's keys. clock: monotonic seconds; wall: Unix seconds.

    Recognising a key reads memory only; the table behind it is read again at most once in FRESH_S.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._clock = clock
        self._wall = wall
        self._table: Mapping[str, tuple[Key, str]] = {}
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def create(
        self,
        name: str,
        *,
        scopes: Collection[Scope] = frozenset({"infer"}),
        allowance: Allowance | None = None,
        expires: float | None = None,
    ) -> tuple[Key, str]:
        """A new key and its secret, which is not kept and cannot be shown again. admin takes infer with it.

        Raises InvalidInput for a name or scopes that cannot be.
        """
        if not (name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME):
            raise InvalidInput(f"a key's name is one line of 1 to {_LONGEST_NAME} characters", field="name")
        if not scopes or not set(scopes) <= ALL_SCOPES:
            raise InvalidInput("a key's scopes are `infer` or `admin`", field="scope")
        key_id = new_id()
        secret = new_secret(key_id)
        key = Key(
            id=key_id,
            name=name.strip(),
            prefix=f"rung_{key_id}",
            scopes=ALL_SCOPES if "admin" in scopes else frozenset(scopes),
            allowance=allowance or Allowance(),
            created=self._wall(),
            expires=expires,
        )
        await self._database.write(lambda on: _insert(on, key, digest(secret)))
        self._read_at = float("-inf")
        return key, secret

    async def list(self) -> tuple[Key, ...]:
        """Every key, revoked ones too, the oldest first."""
        rows = await self._database.read(lambda on: on.rows(f"SELECT {_COLUMNS} FROM keys ORDER BY created, id", ()))
        return tuple(_key(row) for row in rows)

    async def count(self) -> int:
        """How many keys open something now."""
        await self._fresh(FRESH_S)
        now = self._wall()
        return sum(key.live(now) for key, _ in self._table.values())

    async def revoke(self, key_id: str) -> Key:
        """The key opens nothing any more: here at once, in other servers within STALE_S. Raises NotFound."""
        now = self._wall()
        rows = await self._database.write(lambda on: _revoke(on, key_id, now))
        self._read_at = float("-inf")
        if not rows:
            raise NotFound(f"there is no key {key_id[:40]!r}; `rung keys list` shows which there are")
        return _key(rows[0])

    async def authenticate(self, secret: str) -> Key:
        """The key with that secret. Raises Unauthorized for every other text; StoreError if nobody can tell."""
        await self._fresh(STALE_S)
        key_id = id_in(secret)
        if key_id and key_id not in self._table:
            await self._fresh(UNSEEN_S)
        key, kept = self._table.get(key_id, (None, ""))
        if not hmac.compare_digest(digest(secret), kept) or key is None or not key.live(self._wall()):
            raise Unauthorized(_UNKNOWN)
        if self._clock() - self._read_at > FRESH_S:
            self._read_again()
        return key

    async def _fresh(self, within_s: float) -> None:
        """Wait until the table is no older than that."""
        if self._clock() - self._read_at > within_s:
            await asyncio.shield(self._read_again())

    def _read_again(self) -> asyncio.Task[None]:
        """One reading at a time, for all who wait for it."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._read())
            self._reading.add_done_callback(_looked_at)
        return self._reading

    async def _read(self) -> None:
        began = self._clock()
        rows = await self._database.read(lambda on: on.rows(f"SELECT {_COLUMNS} FROM keys WHERE revoked IS NULL", ()))
        self._table = {row["id"]: (_key(row), row["hash"]) for row in rows}
        self._read_at = began


def _looked_at(reading: asyncio.Task[None]) -> None:
    """A reading that failed while nobody waited: the next one tries again, and past STALE_S it is told."""
    if not reading.cancelled():
        reading.exception()


def _insert(on: Transaction, key: Key, kept: str) -> None:
    may = key.allowance
    on.run(
        f"INSERT INTO keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key.id,
            key.name,
            kept,
            ",".join(sorted(key.scopes)),
            may.rate_per_s,
            may.burst,
            may.concurrency,
            may.daily_s,
            may.daily_cost,
            key.created,
            key.revoked,
            key.expires,
        ),
    )


def _revoke(on: Transaction, key_id: str, now: float) -> list[Mapping[str, Any]]:
    on.run("UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL", (now, key_id))
    return on.rows(f"SELECT {_COLUMNS} FROM keys WHERE id = ?", (key_id,))


def _key(row: Mapping[str, Any]) -> Key:
    return Key(
        id=row["id"],
        name=row["name"],
        prefix=f"rung_{row['id']}",
        scopes=cast("frozenset[Scope]", frozenset(row["scopes"].split(","))),
        allowance=Allowance(
            rate_per_s=row["rate_per_s"],
            burst=row["burst"],
            concurrency=row["concurrency"],
            daily_s=row["daily_s"],
            daily_cost=row["daily_cost"],
        ),
        created=row["created"],
        revoked=row["revoked"],
        expires=row["expires"],
    )
