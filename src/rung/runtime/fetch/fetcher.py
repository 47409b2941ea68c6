"""Owns every connection that this server opens to a URL which somebody else named: checked, pinned, bounded."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urljoin

import httpx

from rung.runtime.errors import FetchFailed, RungError, TooLarge, UrlRefused
from rung.runtime.fetch.addresses import Address, refusal
from rung.runtime.fetch.lookup import Resolve, look_up
from rung.runtime.fetch.urls import Target, read_url, unreachable
from rung.runtime.settings import FetchSettings

log = logging.getLogger(__name__)

_MOVED = frozenset({301, 302, 303, 307, 308})
_REDIRECTS = 3
_AT_ONCE = 16
"""Files being fetched together: with max_bytes, what they may hold in memory."""
_ADDRESSES = 4
"""Addresses of one host that are tried, one after the other."""

Connect = Callable[[ssl.SSLContext], httpx.AsyncBaseTransport]


def _connect(context: ssl.SSLContext) -> httpx.AsyncBaseTransport:
    """One connection, kept for nothing: a kept one would be known by its address, whatever name it was checked for."""
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
    return httpx.AsyncHTTPTransport(verify=context, limits=limits)


def _trusted() -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()  # an operator's own authority is in the system's store
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file that another server gave. url: where it came from in the end. media_type: what was claimed."""

    data: bytes
    media_type: str
    url: str


class Fetcher:
    """Gets files and posts messages, as far as `[fetch]` allows; off unless switched on.

    A host is resolved once, every one of its addresses is judged, and the connection goes to a judged address
    while Host, SNI and the certificate's name stay those of the host. A bare transport is used, which
    knows no proxy of the environment, no cookies and no redirects.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        resolve: Resolve = look_up,
        connect: Connect = _connect,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._networks = tuple(ip_network(network, strict=False) for network in settings.networks)
        self._resolve = resolve
        self._connect = connect
        self._context = context
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._lookups = asyncio.Semaphore(_AT_ONCE)

    @property
    def timeout_s(self) -> float:
        """How long one file may take, in seconds."""
        return self._settings.timeout_s

    async def get(self, url: str, *, limit_bytes: int | None = None, media: Sequence[str] = ("image/",)) -> Fetched:
        """The file at that URL. Raises UrlRefused, FetchFailed, TooLarge. media: beginnings of the types taken."""
        if not self._settings.inputs:
            raise UrlRefused(
                "fetching files from URLs is switched off here; send the file itself, or have the operator set"
                " inputs = true under [fetch] in rung.toml"
            )
        limit = self._settings.max_bytes if limit_bytes is None else min(limit_bytes, self._settings.max_bytes)
        first = target = read_url(url, self._settings)
        async with self._turns, _within(first.host, self.timeout_s):
            for _ in range(_REDIRECTS + 1):
                try:
                    found = await self._step(target, limit, tuple(media))
                except UrlRefused as error:
                    if target is first:
                        raise
                    raise _astray(first) from error
                if isinstance(found, Fetched):
                    return found
                target = found
        raise FetchFailed(f"{first.host}: over {_REDIRECTS} redirects")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float | None = None) -> int:
        """The status that the body was answered with; redirects are not followed. Raises UrlRefused, FetchFailed."""
        if not self._settings.callbacks:
            raise UrlRefused("callbacks are switched off here; the operator sets callbacks = true under [fetch]")
        target = read_url(url, self._settings)
        seconds = self.timeout_s if timeout_s is None else min(timeout_s, self.timeout_s)
        async with _within(target.host, seconds), self._asked("POST", target, headers, body) as answer:
            return answer.status_code

    async def _step(self, target: Target, limit: int, media: tuple[str, ...]) -> Fetched | Target:
        """The file, or where a redirect leads: read and judged like a URL of the caller's."""
        accept = {"Accept": ", ".join(f"{kind}*" for kind in media)}
        async with self._asked("GET", target, accept) as answer:
            if answer.status_code not in _MOVED:
                return await _taken(answer, target, limit, media)
        try:
            to = read_url(_joined(target, answer.headers.get("location", "")), self._settings)
        except UrlRefused as error:
            raise _astray(target) from error
        if target.scheme == "https" and to.scheme != "https":
            raise _astray(target)
        return to

    @asynccontextmanager
    async def _asked(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes = b""
    ) -> AsyncIterator[httpx.Response]:
        """The answer's beginning; its body is the caller's to read, or not."""
        addresses = await self._addresses(target)
        if self._context is None:
            self._context = await asyncio.to_thread(_trusted)
        async with self._connect(self._context) as transport:
            try:
                answer = await _first(transport, [_request(method, target, to, headers, body) for to in addresses])
                try:
                    yield answer
                finally:
                    await answer.aclose()
            except httpx.ConnectError as error:
                raise FetchFailed(f"{target.host}: no connection, or no valid certificate for that name") from error
            except httpx.HTTPError as error:
                raise FetchFailed(f"{target.host}: the connection broke before the answer was whole") from error

    async def _addresses(self, target: Target) -> list[Address]:
        """The judged addresses of the host. One bad one refuses them all: which one is used must not matter."""
        found = [target.address] if target.address is not None else await self._looked_up(target)
        networks = self._networks
        for address in found:
            why = refusal(address, networks)
            if why is None and not target.usual and not any(address in network for network in networks):
                why = "plain http or an unusual port beyond [fetch] networks"
            if why is not None:
                log.info("%s is not asked: %s is %s", target.host, address, why)
                raise unreachable(target.host)
        return found[:_ADDRESSES]

    async def _looked_up(self, target: Target) -> list[Address]:
        try:
            async with self._lookups:
                found = [ip_address(text) for text in await self._resolve(target.host, target.port)]
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise FetchFailed(f"{target.host}: the name could not be looked up just now") from error
            raise unreachable(target.host) from error
        except (ValueError, OSError) as error:
            raise unreachable(target.host) from error
        if not found:
            raise unreachable(target.host)
        return found


def _astray(target: Target) -> UrlRefused:
    """Where it leads, the caller is not told: it may be a thing that only the other server can name."""
    return UrlRefused(f"{target.host}: it redirects to a URL that this server does not fetch")


@asynccontextmanager
async def _within(host: str, seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as late:
        raise FetchFailed(f"{host}: not done within {seconds:g} s") from late


def _joined(now: Target, location: str) -> str:
    """urljoin drops tabs and line ends before it reads, so they are looked for first."""
    if not location or not location.isprintable() or "\\" in location:
        raise UrlRefused("a redirect without a readable Location")
    try:
        return urljoin(str(now), location)
    except ValueError as error:
        raise UrlRefused("a redirect without a readable Location") from error


def _request(method: str, target: Target, to: Address, headers: Mapping[str, str], body: bytes) -> httpx.Request:
    """For the address, in the host's name. identity: a compressed answer could be a thousand times its size."""
    own = {"host": target.authority, "user-agent": "rung", "accept-encoding": "identity", "connection": "close"}
    return httpx.Request(
        method,
        httpx.URL(scheme=target.scheme, host=str(to), port=target.port, raw_path=target.path.encode("ascii")),
        headers={**{name.lower(): value for name, value in headers.items()}, **own},
        content=body or None,
        extensions={"sni_hostname": target.host, "timeout": {"connect": 3.0}},
    )


async def _first(transport: httpx.AsyncBaseTransport, requests: Sequence[httpx.Request]) -> httpx.Response:
    """The answer of the first address that takes a connection; what was connected is not asked twice."""
    for request in requests[:-1]:
        try:
            return await transport.handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            log.info("%s: no connection to one of its addresses", request.headers["host"])
    return await transport.handle_async_request(requests[-1])


async def _taken(answer: httpx.Response, target: Target, limit: int, media: Sequence[str]) -> Fetched:
    """The body, counted while it comes."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status_code != 200:
        raise FetchFailed(f"{target.host}: answered {answer.status_code}")
    if not kind.startswith(tuple(media)):
        raise FetchFailed(f"{target.host}: gave {kind[:60]!r}, not {' or '.join(f'{one}*' for one in media)}")
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise FetchFailed(f"{target.host}: gave a compressed answer although none was asked for")
    declared = answer.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > limit:
        raise _too_large(target, limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.aiter_raw():
        size += len(chunk)
        if size > limit:
            raise _too_large(target, limit)
        chunks.append(chunk)
    return Fetched(data=b"".join(chunks), media_type=kind, url=str(target))


def _too_large(target: Target, limit: int) -> RungError:
    return TooLarge(f"{target.host}: the file is over the limit of {limit} bytes", limit=limit)
