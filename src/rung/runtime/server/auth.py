"""Decides who a request comes from, and what its caller must be allowed for it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import Scope as Asked

from rung.runtime.errors import ConfigError, Forbidden, RateLimited, Unauthorized
from rung.runtime.keys import OWNER, STRANGER, Caller, KeyRing, Scope
from rung.runtime.keys.bucket import Bucket
from rung.runtime.keys.key import caller_with
from rung.runtime.server.names import Names, is_loopback, names_of, peer_of
from rung.runtime.server.sessions import COOKIE, Sessions
from rung.runtime.settings import ServerSettings

OPEN = frozenset({"/healthz", "/readyz", "/v2/health/live", "/v2/health/ready"})
"""What load balancers ask without a key. They are told yes or no; the reasons are for callers with admin."""
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "via")
_NEEDS_KEY = "a key is needed: send `Authorization: Bearer rung_...` (`rung keys create NAME` makes one)"
_NO_SECRET = "?"
"""Stands for a header that shows something other than a secret: it opens nothing."""
_FAILURES_BURST = 10
_FAILURES_PER_S = 0.5
_MOST_ADDRESSES = 4096
_HEADERS = "rung.headers"


def check_bind(host: str, keys: int = 0, insecure: bool = False, hosts: tuple[str, ...] = ()) -> None:
    """Raise ConfigError where strangers could reach the server and nothing would tell them from its owner.

    keys: how many open something. insecure: everyone is welcome, said on purpose. hosts: names that others use.
    """
    if insecure or keys > 0:
        return
    remedy = "make one with `rung keys create NAME`, or let everyone in with --insecure"
    if not is_loopback(host):
        raise ConfigError(
            f"server.host = {host!r} is reachable from other machines, and there are no keys to tell callers apart; "
            f"{remedy}; or use 127.0.0.1 and a tunnel (ssh -L 8000:127.0.0.1:8000)",
            key="server.host",
        )
    if hosts:
        raise ConfigError(
            f"server.hosts names {hosts[0]!r}, by which others reach this server through a proxy, and there are no "
            f"keys to tell callers apart; {remedy}",
            key="server.hosts",
        )


def keys_required(settings: ServerSettings) -> bool:
    """Whether a request without a key is refused: wherever anyone but this machine's users may come from."""
    return not settings.insecure and (not is_loopback(settings.host) or bool(settings.hosts))


def scope_needed(method: str, path: str) -> Scope | None:
    """What a caller must be allowed for an endpoint; None: it is open to all."""
    if path in OPEN:
        return None
    if path == "/metrics" or path.startswith("/v2/repository/models/"):
        return "admin"
    if path.startswith("/v1/models/") and method not in ("GET", "HEAD"):
        return "admin"
    return "infer"


def caller_of(request: HTTPConnection) -> Caller:
    """Who the request comes from, as the guard found out; nobody in particular where there was no guard."""
    state = request.scope.get("state") or {}
    caller = state.get("caller", STRANGER)
    assert isinstance(caller, Caller)
    return caller


class Failures:
    """How often each address showed a wrong key lately. The table is bounded; right keys are never held up by it."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, Bucket] = OrderedDict()

    def count(self, address: str) -> None:
        """One more. Raises RateLimited where that is too often."""
        now, peer = self._clock(), peer_of(address)
        bucket = self._seen.pop(peer, None) or Bucket(_FAILURES_PER_S, _FAILURES_BURST, now)
        self._seen[peer] = bucket
        if len(self._seen) > _MOST_ADDRESSES:
            self._seen.popitem(last=False)
        wait = bucket.take(now)
        if wait > 0:
            raise RateLimited("too many wrong keys came from this address", retry_after_s=round(wait, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What stands between a request and the application: the server's names, and its keys.

    ring: None where there can be no keys. required: nobody is let in without one. insecure: everyone is, by the
    owner's word. Otherwise callers without a key are this machine's users, whose requests come straight from it.
    """

    names: Names = field(default_factory=Names)
    ring: KeyRing | None = None
    required: bool = False
    insecure: bool = False
    sessions: Sessions = field(default_factory=Sessions)
    failures: Failures = field(default_factory=Failures)

    def presented(self, headers: Mapping[str, str]) -> str:
        """The secret that a request shows: as a bearer, or by the session of its cookie; empty when it shows none."""
        authorization = headers.get("authorization")
        if authorization is not None:
            kind, _, token = authorization.partition(" ")
            return (token.strip() if kind.lower() == "bearer" else "") or _NO_SECRET
        return self.sessions.secret(session_in(headers))

    async def caller(self, headers: Mapping[str, str], address: str) -> Caller:
        """Who it is. Raises Unauthorized, RateLimited after many wrong keys, StoreError."""
        secret = self.presented(headers)
        if not secret:
            return self._keyless(headers)
        if self.ring is None:
            return OWNER
        try:
            return await self.recognised(secret, address)
        except Unauthorized:
            if not self.required and await self.ring.count() == 0:
                return self._keyless(headers)  # a client that must send some key, before there are any
            raise

    async def recognised(self, secret: str, address: str) -> Caller:
        """The caller with that secret. Raises Unauthorized, RateLimited after many wrong keys, StoreError."""
        try:
            if self.ring is None:
                raise Unauthorized("there are no keys here")
            return caller_with(await self.ring.authenticate(secret))
        except Unauthorized:
            self.failures.count(address)
            raise

    def _keyless(self, headers: Mapping[str, str]) -> Caller:
        if self.insecure:
            return OWNER
        if self.required:
            raise Unauthorized(_NEEDS_KEY)
        # A proxy or a tunnel on this machine would make strangers look like its users.
        if any(name in headers for name in _FORWARDED):
            raise Unauthorized(f"the request came through a proxy, and {_NEEDS_KEY}")
        return OWNER


def door_of(settings: ServerSettings, ring: KeyRing | None, sessions: Sessions | None = None) -> Door:
    """The door of a server with those settings."""
    return Door(
        names=names_of(settings.host, settings.hosts),
        ring=ring,
        required=keys_required(settings),
        insecure=settings.insecure,
        sessions=sessions or Sessions(),
    )


def first_headers(scope: Asked) -> dict[str, str]:
    """By name, small letters; of those that came twice the first, as Starlette's `headers.get` has it. Read once."""
    found: dict[str, str] | None = scope.get(_HEADERS)
    if found is None:
        found = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        scope[_HEADERS] = found
    return found


def session_in(headers: Mapping[str, str]) -> str:
    """What the session cookie holds; empty where there is none."""
    cookies = headers.get("cookie", "")
    return cookie_parser(cookies).get(COOKIE, "") if COOKIE in cookies else ""


def check_scope(caller: Caller, needed: Scope | None) -> None:
    """Raise Forbidden where the caller lacks the scope."""
    if needed is not None and needed not in caller.scopes:
        raise Forbidden(f"this needs the scope `{needed}`, which the key does not have", scope=needed)
