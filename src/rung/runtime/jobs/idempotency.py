"""Decides whether a request was made before: its key, who made it, and what it said."""

from __future__ import annotations

from dataclasses import dataclass

from rung.runtime.errors import KeyReused
from rung.runtime.store import Transaction

KEY_S = 24 * 3600.0
"""How long a key counts after the request that brought it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A request's Idempotency-Key. scope: whose it is. fingerprint: of what was asked, to tell another request."""

    key: str
    scope: str
    fingerprint: str


def take(tx: Transaction, idempotency: Idempotency, job_id: str, now: float) -> str:
    """The job that the key stands for: job_id if it is fresh, the earlier one if not. Raises KeyReused.

    One statement decides, so that of many at once one is first; a key that is too old counts as fresh.
    """
    taken = tx.run(
        "INSERT INTO idempotency (scope, key, fingerprint, job, created) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (scope, key) DO UPDATE"
        " SET fingerprint = excluded.fingerprint, job = excluded.job, created = excluded.created"
        " WHERE idempotency.created <= ?",
        (idempotency.scope, idempotency.key, idempotency.fingerprint, job_id, now, now - KEY_S),
    )
    if taken:
        return job_id
    known = standing(tx, idempotency, now)
    return known if known is not None else take(tx, idempotency, job_id, now)  # removed between the two statements


def standing(tx: Transaction, idempotency: Idempotency, now: float) -> str | None:
    """The job that a key which still counts stands for. Raises KeyReused."""
    found = tx.rows(
        "SELECT fingerprint, job FROM idempotency WHERE scope = ? AND key = ? AND created > ?",
        (idempotency.scope, idempotency.key, now - KEY_S),
    )
    if not found:
        return None
    if found[0]["fingerprint"] != idempotency.fingerprint:
        raise KeyReused(
            f"the Idempotency-Key {idempotency.key[:64]!r} came with another request within the last 24 h; "
            "a new request needs a new key"
        )
    return str(found[0]["job"])


def forget_old(tx: Transaction, now: float) -> int:
    """Remove the keys that do not count any more; how many there were."""
    return tx.run("DELETE FROM idempotency WHERE created <= ?", (now - KEY_S,))
