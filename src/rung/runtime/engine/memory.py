"""Owns this Rung's share of the machine's memory: claims in the ledger, what is free now, and its return.

The scheduler's budgets say what we allow ourselves; this says what is really there, other Rungs and other programs
counted. Everything that may wait (a lock, a driver) waits in a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from rung.runtime.engine.ports import Free
from rung.runtime.engine.watch import Watch
from rung.runtime.ledger import Claim, Ledger
from rung.runtime.planning.budgets import Bound

RETURN_S = 5.0
"""How long the memory of a worker that is gone may take to show as free."""
_POLL_S = 0.05
_PART = 0.75
"""Of what it held: others take some of it meanwhile."""
_STEADY = 6
"""So many equal readings say that nothing comes back any more, where nobody knows what was held."""


@dataclass(frozen=True, slots=True)
class Denied:
    """A device has not got the bytes that were asked for. bytes: the budget that it has instead."""

    device: str
    bytes: int


@dataclass(slots=True, eq=False)
class Memory:
    """bounds: by device id; a device without one is not looked at. free: the machine's figures; ledger: of all Rungs.

    return_s: how long the return of memory is awaited.
    """

    bounds: Mapping[str, Bound]
    free: Free
    ledger: Ledger
    return_s: float = RETURN_S
    watches: dict[str, Watch] = field(init=False)
    _places: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False)
    """Seat -> devices, of those that have a claim."""

    def __post_init__(self) -> None:
        """Nothing is read yet."""
        self.watches = {device: Watch(told=bound.told, most=bound.most) for device, bound in self.bounds.items()}

    async def claim(self, seat: str, wants: Mapping[str, int]) -> Denied | None:
        """Ask for a seat's bytes of each device, all of them or none. None: they are its own until it is `leaving`.

        A seat that has some asks for what it wants in all; what is denied it keeps what it has.
        """
        had = self._places.get(seat, ())
        new = [device for device in wants if device in self.bounds and device not in had]
        self._places[seat] = (*had, *new)
        for device, size in wants.items():
            bound = self.bounds.get(device)
            claim = await self._ask(seat, device, size, bound) if bound is not None else None
            if claim is not None and not claim.granted:
                self._places[seat] = had
                await self._take_back(seat, new)
                return Denied(device, self.watches[device].deny(claim.share, time.monotonic()))
        if seat not in self._places:  # its worker left meanwhile
            await self._take_back(seat, wants)
        return None

    async def _ask(self, seat: str, device: str, size: int, bound: Bound) -> Claim:
        return await asyncio.to_thread(
            self.ledger.claim, _key(seat, device), device, size, lambda: self._room(device, bound), bound.most
        )

    async def _take_back(self, seat: str, devices: Iterable[str]) -> None:
        for device in devices:
            await asyncio.to_thread(self.ledger.release, _key(seat, device))

    async def settle(self, seat: str, pid: int) -> Mapping[str, int]:
        """What its worker holds is asked for, so that it is not set aside a second time. Bytes by device, where they
        can be known."""
        found: dict[str, int] = {}
        for device in self._places.get(seat, ()):
            held = await asyncio.to_thread(self._settle, seat, device, pid)
            if held is not None:
                found[device] = held
        return found

    def _settle(self, seat: str, device: str, pid: int) -> int | None:
        held = self.free.held(device, pid)
        if held is not None:
            self.ledger.hold(_key(seat, device), held)
        return held

    async def release(self, seat: str) -> None:
        """The seat's worker never came to be."""
        await self._take_back(seat, self._places.pop(seat, ()))

    @asynccontextmanager
    async def leaving(self, seat: str) -> AsyncIterator[None]:
        """Within, the seat's worker ends; afterwards its bytes show as free, or the wait was long enough."""
        devices = self._places.pop(seat, ())
        # Of RAM the kernel tells when the process is gone; a driver says so later.
        before = {d: await asyncio.to_thread(self.free.free, d) for d in devices if d.startswith("cuda")}
        yield
        for device, free in before.items():
            if free is not None:
                await self._returned(device, free, self.ledger.held(_key(seat, device)))
        await self._take_back(seat, devices)

    async def look(self, device: str, eager: bool = False) -> int | None:
        """Read again what we may have there; the budget to tell, where it has changed. eager: somebody waits for it."""
        bound, watch = self.bounds.get(device), self.watches.get(device)
        if bound is None or watch is None or not watch.due(time.monotonic()):
            return None
        share = await asyncio.to_thread(self.ledger.share, device, lambda: self._room(device, bound), bound.most)
        return watch.see(share, time.monotonic(), eager)

    async def close(self) -> None:
        """All claims are given back."""
        self._places.clear()
        await asyncio.to_thread(self.ledger.close)

    def _room(self, device: str, bound: Bound) -> int | None:
        free = self.free.free(device)
        return None if free is None else free - bound.reserve

    async def _returned(self, device: str, before: int, held: int) -> None:
        until, last, equal = time.monotonic() + self.return_s, before, 0
        while time.monotonic() < until:
            free = await asyncio.to_thread(self.free.free, device)
            if free is None or (held and free >= before + held * _PART):
                return
            equal = equal + 1 if free == last else 0
            if not held and equal >= _STEADY:
                return
            last = free
            await asyncio.sleep(_POLL_S)


def _key(seat: str, device: str) -> str:
    return f"{seat} {device}"


class _Silent:
    """Says nothing of any device."""

    def free(self, device: str) -> int | None:
        """Unknown."""

    def held(self, device: str, pid: int) -> int | None:
        """Unknown."""


def unmeasured() -> Memory:
    """For an engine that has the machine to itself: its budgets are all there is to it."""
    return Memory({}, _Silent(), Ledger(None, "alone"))
