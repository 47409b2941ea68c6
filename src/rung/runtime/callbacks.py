"""Owns the telling of jobs' ends to URLs that asked for it: signed, at least once, for about a day.

The headers are those of Standard Webhooks 1.0.0 (standardwebhooks.com), so receivers have libraries for them.
Which messages are due, the outbox knows; it survives this process, so a message that was not told is told later.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rung.runtime.errors import ConfigError, RungError, StoreError, UrlRefused
from rung.runtime.fetch import Fetcher, read_url
from rung.runtime.settings import FetchSettings

log = logging.getLogger(__name__)

BACK_OFF = (5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 21600.0, 43200.0)
"""Seconds after the first failed attempt, the second, and so on: 21 hours in all."""
AT_ONCE = 4
TIMEOUT_S = 10.0
POLL_S = 5.0
_CLAIMED = 32
"""Messages taken from the outbox at a time."""
_FRESH_S = 40.0
"""A message waits for its turn here at most so long: after a minute the outbox may give it to another server."""
_SLOW_S = 2.0
_SLOW_AT_ONCE = 2
"""Of AT_ONCE, how many may go to receivers that failed or took over _SLOW_S the last time, one each."""
_MANY_SLOW = 10_000
"""Receivers remembered as slow; past it all are given another chance."""

Became = Literal["delivered", "failed", "given_up"]


class Message(Protocol):
    """What the outbox keeps. id: the same at every attempt. attempts: deliveries that failed. body: JSON."""

    @property
    def id(self) -> str:
        """Told to the receiver, who knows a repeat by it."""

    @property
    def job(self) -> str:
        """Whose end it tells."""

    @property
    def url(self) -> str:
        """Where to."""

    @property
    def body(self) -> str:
        """JSON."""

    @property
    def attempts(self) -> int:
        """That failed."""


class Outbox(Protocol):
    """The messages that are still to be told; every method raises StoreError."""

    async def due(self, now: float, limit: int) -> Sequence[Message]:
        """Those to tell now, given to this caller for a minute."""

    async def delivered(self, message_id: str) -> None:
        """The receiver has it."""

    async def failed(self, message_id: str, error: str, next_due: float) -> None:
        """Again at next_due, Unix seconds."""

    async def given_up(self, message_id: str, error: str) -> None:
        """Never again."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What came of one attempt. gone: the receiver wants no more of it. error: empty where it has it."""

    error: str = ""
    gone: bool = False


def signing_key(secret: str) -> bytes:
    """The bytes to sign with: `whsec_` and base64, or any other text as it is. Raises ConfigError for none."""
    if not secret:
        raise ConfigError("callbacks need RUNG_CALLBACK_SECRET, so that receivers can tell ours from anybody's")
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigError("RUNG_CALLBACK_SECRET: what follows whsec_ is not base64") from error
    if not key:
        raise ConfigError("RUNG_CALLBACK_SECRET: nothing follows whsec_")
    return key


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The webhook-signature header: HMAC-SHA256 over `id.timestamp.body`."""
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode("ascii")


def check_callback(url: str, settings: FetchSettings) -> None:
    """Raise UrlRefused for a URL that would never be told. Its address is judged when it is told."""
    if not settings.callbacks:
        raise UrlRefused(
            "options.callback: callbacks are switched off here; the operator sets callbacks = true under [fetch]",
            field="options.callback",
        )
    try:
        read_url(url, settings)
    except UrlRefused as error:
        raise UrlRefused(f"options.callback: {error.message}", field="options.callback") from error


def next_wait(attempts: int, jitter: float) -> float | None:
    """Seconds until the next attempt, when that many have failed; None: enough. jitter: 0..1, up to a fifth either way.

    With jitter, so that a receiver which comes back is not met by everything at once.
    """
    return BACK_OFF[attempts - 1] * (0.8 + 0.4 * jitter) if attempts <= len(BACK_OFF) else None


class Callbacks:
    """Tells what is due. secret: RUNG_CALLBACK_SECRET; raises ConfigError where it is none.

    One slow or broken receiver holds one connection; the others go on.
    """

    def __init__(
        self,
        outbox: Outbox,
        fetcher: Fetcher,
        secret: str,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._fetcher = fetcher
        self._key = signing_key(secret)
        self._clock = clock
        self._jitter = jitter
        self._wake = asyncio.Event()
        self._ready: deque[tuple[float, Message]] = deque()
        self._sending: Counter[str] = Counter()
        self._slow: set[str] = set()
        self.counts: Counter[Became] = Counter()
        """Attempts since the start, by what became of them."""

    def poke(self) -> None:
        """Something became due: look now, not at the next round."""
        self._wake.set()

    async def run(self) -> None:
        """Until it is cancelled; what is being told then is told again by the next server."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                more = await self._fill()
                for message in self._turn():
                    receiver = _receiver(message)
                    self._sending[receiver] += 1
                    group.create_task(self._deliver(message, receiver))
                if more and self._free() > 0:
                    continue
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    # --- whose turn it is ---------------------------------------------------------------------------------

    def _free(self) -> int:
        return AT_ONCE - self._sending.total()

    async def _fill(self) -> bool:
        """Take what is due, where nothing waits for its turn already. Whether more may be due."""
        while self._ready and self._ready[0][0] < self._clock() - _FRESH_S:
            self._ready.popleft()
        if self._ready or self._free() <= 0:
            return False
        try:
            found = await self._outbox.due(self._clock(), _CLAIMED)
        except StoreError as error:
            log.error("callbacks wait for the database: %s", error.message)
            return False
        self._ready.extend((self._clock(), message) for message in found)
        return len(found) == _CLAIMED

    def _turn(self) -> list[Message]:
        """Those to begin now. What a slow receiver has no place for is left to a later round, of the outbox."""
        begun: list[Message] = []
        ahead = Counter(self._sending)
        slow = sum(ahead[receiver] > 0 for receiver in self._slow)
        while self._ready and ahead.total() < AT_ONCE:
            _, message = self._ready.popleft()
            receiver = _receiver(message)
            if receiver in self._slow:
                if ahead[receiver] or slow >= _SLOW_AT_ONCE:
                    continue
                slow += 1
            ahead[receiver] += 1
            begun.append(message)
        return begun

    # --- telling ------------------------------------------------------------------------------------------

    async def _deliver(self, message: Message, receiver: str) -> None:
        begun = time.monotonic()
        told = await self._tell(message)
        if told.error or time.monotonic() - begun > _SLOW_S:
            if len(self._slow) >= _MANY_SLOW:
                self._slow.clear()
            self._slow.add(receiver)
        else:
            self._slow.discard(receiver)
        try:
            self.counts[await self._record(message, told)] += 1
        finally:
            self._sending[receiver] -= 1
            self._wake.set()

    async def _tell(self, message: Message) -> _Told:
        """One attempt; its own time, so that an old recording of it can be told from a new one."""
        body, timestamp = message.body.encode(), int(self._clock())
        headers = {
            "content-type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._key, message.id, timestamp, body),
        }
        try:
            status = await self._fetcher.post(message.url, body, headers, timeout_s=TIMEOUT_S)
        except RungError as error:
            return _Told(error=error.message)
        except Exception as error:  # a message that breaks us would do so after every restart, and hold up the others
            log.exception("callback of job %s", message.job)
            return _Told(error=f"could not be sent ({type(error).__name__})")
        if 200 <= status < 300:
            return _Told()
        return _Told(error=f"answered {status}", gone=status == 410)

    async def _record(self, message: Message, told: _Told) -> Became:
        """Until the outbox has it: it would be told again and again while the database is away."""
        failures = message.attempts + 1
        wait = next_wait(failures, self._jitter())
        while True:
            try:
                if not told.error:
                    await self._outbox.delivered(message.id)
                    return "delivered"
                if told.gone or wait is None:
                    await self._outbox.given_up(message.id, told.error)
                    log.warning("callback of job %s given up after %d attempts: %s", message.job, failures, told.error)
                    return "given_up"
                await self._outbox.failed(message.id, told.error, self._clock() + wait)
                log.info("callback of job %s failed: %s; again in %.0f s", message.job, told.error, wait)
                return "failed"
            except StoreError as error:
                log.error("callbacks wait for the database: %s", error.message)
                await asyncio.sleep(POLL_S)


def _receiver(message: Message) -> str:
    """Scheme, host and port as they are written: enough to keep receivers apart."""
    return "/".join(message.url.split("/", 3)[:3]).lower()
