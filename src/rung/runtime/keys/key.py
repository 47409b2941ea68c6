"""Owns what a key is: its name, its scopes, what it is allowed, and the shape of its secret."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

Scope = Literal["infer", "admin"]
"""infer: operations, files, one's own jobs. admin: everything, others' jobs and the models in memory too."""
ALL_SCOPES: frozenset[Scope] = frozenset(get_args(Scope))

SECRET = re.compile(r"rung_([0-9a-z]{10})_[A-Za-z0-9_-]{43}")
"""What a secret looks like: the key's id in clear, then 256 random bits. Logs are searched for it too."""
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a key may ask for. None: as much as it likes.

    rate_per_s, burst: operations a second on the average, and at once. concurrency: operations begun and not ended.
    daily_s: seconds of model time in a UTC day. daily_cost: US dollars in a UTC day.
    """

    rate_per_s: float | None = None
    burst: int = 10
    concurrency: int | None = None
    daily_s: float | None = None
    daily_cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key without its secret, which nobody has but its owner. Times are Unix seconds.

    prefix: the beginning of the secret, to recognise it by.
    """

    id: str
    name: str
    prefix: str
    scopes: frozenset[Scope]
    allowance: Allowance = Allowance()
    created: float = 0.0
    revoked: float | None = None
    expires: float | None = None

    def live(self, now: float) -> bool:
        """Whether it opens anything at that time."""
        return self.revoked is None and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a request comes from. key: its id; empty where no key was asked for."""

    key: str = ""
    name: str = ""
    scopes: frozenset[Scope] = frozenset()
    allowance: Allowance = Allowance()

    @property
    def admin(self) -> bool:
        """Whether others' jobs and the server's own state are shown to it."""
        return "admin" in self.scopes


OWNER = Caller(name="local", scopes=ALL_SCOPES)
"""Whoever sits at this machine: no key was asked for, and nothing is kept back."""
STRANGER = Caller(name="stranger")
"""Nobody we know: sees what is open to all, and no more."""


def caller_with(key: Key) -> Caller:
    """The caller that the key stands for."""
    return Caller(key=key.id, name=key.name, scopes=key.scopes, allowance=key.allowance)


def new_id() -> str:
    """Ten random letters and digits: 51 bits, no secret."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def new_secret(key_id: str) -> str:
    """A fresh secret for that key."""
    return f"rung_{key_id}_{secrets.token_urlsafe(32)}"


def id_in(secret: str) -> str:
    """The id that a secret names; empty for what is no secret of ours."""
    found = SECRET.fullmatch(secret)
    return found[1] if found else ""


def digest(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so a plain hash cannot be turned back."""
    return sha256(secret.encode()).hexdigest()
