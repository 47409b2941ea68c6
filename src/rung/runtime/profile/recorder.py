"""Owns what the engine has told since the last write: a call costs microseconds, the disk is touched once a minute."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from rung.runtime.errors import StoreError
from rung.runtime.profile.record import CallSample, Record
from rung.runtime.profile.seen import LoadSeen, RestSeen, RunSeen, Seen
from rung.runtime.profile.store import Profile
from rung.runtime.spec import Subject

log = logging.getLogger("rung.profile")

EVERY_S = 60.0
MOST = 256
"""Samples of a subject that wait for the next write."""
_ASKING_S = 2.0

HeldOf = Callable[[str, int], int | None]
"""(device, process id) -> bytes that it holds there, None where nobody can tell. Called in a thread."""


@dataclass(slots=True, eq=False)
class Recorder:
    """An `Observe` that keeps. Use it with `async with`: at the end everything is written."""

    profile: Profile
    every_s: float = EVERY_S
    held: HeldOf = lambda device, pid: None
    _waiting: dict[Subject, _Waiting] = field(default_factory=dict)
    _asking: set[asyncio.Task[None]] = field(default_factory=set)
    _writing: asyncio.Task[None] | None = None
    _failed: bool = False

    def __call__(self, seen: Seen) -> None:
        """Keep it until the next write. Placements that nobody files (`subject` None) are passed over."""
        subject = seen.placement.subject
        if subject is None:
            return
        waiting = self._waiting.get(subject)
        if waiting is None:
            waiting = self._waiting[subject] = _Waiting()
        match seen:
            case RunSeen(pixels=pixels, run_s=run_s, working=working):
                waiting.calls.append(CallSample(pixels=pixels, run_s=run_s, working=working))
            case LoadSeen(pid=pid, load_s=load_s, resident_bytes=held):
                waiting.load_s.append(load_s)
                self._keep(waiting.loaded, seen.placement.device, pid, held)
            case RestSeen(pid=pid, bytes=held):
                self._keep(waiting.rested, seen.placement.device, pid, held)

    def _keep(self, kept: deque[int], device: str, pid: int, held: int | None) -> None:
        """What the process holds of the CPU's memory; of an accelerator's the driver is asked, at once: a moment later
        the worker runs again, and holds more."""
        if device != "cpu":
            self._ask(kept, device, pid)
        elif held is not None:
            kept.append(held)

    def _ask(self, kept: deque[int], device: str, pid: int) -> None:
        async def ask() -> None:
            held = await asyncio.to_thread(self.held, device, pid)
            if held is not None:
                kept.append(held)

        task = asyncio.get_running_loop().create_task(ask())
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def __aenter__(self) -> Self:
        """Write from time to time."""
        self._writing = asyncio.create_task(self._write_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what is left."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        if self._asking:
            await asyncio.wait(self._asking, timeout=_ASKING_S)
        await self.flush()

    async def flush(self) -> None:
        """Write now. A disk that takes nothing costs the samples, not the server; it is told once."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        try:
            await asyncio.to_thread(self._write, waiting)
            self._failed = False
        except StoreError as error:
            if not self._failed:
                log.warning("%s", error.message)
            self._failed = True

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(self.every_s)
            await self.flush()

    def _write(self, waiting: Mapping[Subject, _Waiting]) -> None:
        for subject, seen in waiting.items():
            self.profile.add(seen.record(subject, time.time()))


@dataclass(slots=True, eq=False)
class _Waiting:
    """What was seen of one subject since the last write; of more than MOST the oldest are let go."""

    load_s: deque[float] = field(default_factory=lambda: deque(maxlen=MOST))
    loaded: deque[int] = field(default_factory=lambda: deque(maxlen=MOST))
    rested: deque[int] = field(default_factory=lambda: deque(maxlen=MOST))
    calls: deque[CallSample] = field(default_factory=lambda: deque(maxlen=MOST))

    def record(self, subject: Subject, now: float) -> Record:
        """As a file keeps it."""
        return Record(
            subject=subject,
            when=now,
            load_s=tuple(self.load_s),
            loaded=tuple(self.loaded),
            rested=tuple(self.rested),
            calls=tuple(self.calls),
        )
