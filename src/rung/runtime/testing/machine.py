"""A machine without hardware: devices, what others hold of them, and memory that comes back late, as a test scripts it.

Its workers really take bytes of it when they are loaded and give them back when they end, so that an engine on it fills
up, swaps and runs out of memory as on a GPU.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from rung.runtime.errors import OutOfMemory
from rung.runtime.spec import Placement
from rung.runtime.testing.workers import FakeSpawner, FakeWorker


@dataclass
class FakeMachine:
    """devices: bytes by id. spawner: makes its workers; sizes: bytes that a variant's worker really takes, where that
    differs from its footprint. others: bytes that other programs hold.

    late: the bytes of workers that ended stay taken until `give_back`.
    """

    devices: dict[str, int]
    spawner: FakeSpawner = field(default_factory=FakeSpawner)
    sizes: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    late: bool = False
    readings: list[str] = field(default_factory=list)
    """The devices whose free figure was asked for, in order."""
    refused: list[str] = field(default_factory=list)
    """The variants whose load found too little."""
    most: dict[str, int] = field(default_factory=dict)
    """The most that was ever held of each device."""
    _held: dict[int, tuple[str, int]] = field(default_factory=dict)
    """pid -> device and bytes."""
    _limbo: list[int] = field(default_factory=list)
    """Workers that ended and whose bytes are not back."""

    # --- what the engine asks of a machine ------------------------------------------------------------

    def free(self, device: str) -> int | None:
        """Bytes that nobody holds."""
        self.readings.append(device)
        return self._free(device)

    def held(self, device: str, pid: int) -> int | None:
        """Bytes of one worker."""
        there, size = self._held.get(pid, ("", 0))
        return size if there == device else None

    # --- where workers come from ------------------------------------------------------------------------

    async def spawn(self, placement: Placement, others: Sequence[Placement] = ()) -> FakeWorker:
        """A worker that takes its bytes, or whose load fails for want of them."""
        worker = await self.spawner.spawn(placement, others)
        name, device = placement.variant.name, placement.device
        size, free = self.sizes.get(name, placement.footprint.resident), self._free(device)
        if worker.load_error is None and size > free:
            self.refused.append(name)
            worker.load_error = OutOfMemory(f"{name}: {size} bytes wanted, {free} free", device=device)
        elif worker.load_error is None:
            self._held[worker.pid] = (device, size)
            worker.bytes = size
            self.most[device] = max(self.most.get(device, 0), self.devices[device] - self._free(device))
            worker.exited.add_done_callback(lambda exited: self._ended(worker.pid))
        return worker

    async def close(self) -> None:
        """All end."""
        await self.spawner.close()

    # --- what a test does -------------------------------------------------------------------------------

    def give_back(self) -> None:
        """What ended workers held is free again."""
        for pid in self._limbo:
            del self._held[pid]
        self._limbo.clear()

    async def until_leaving(self) -> None:
        """Return when a worker has ended whose bytes are not back."""
        while not self._limbo:
            await asyncio.sleep(0)

    def _free(self, device: str) -> int:
        held = sum(size for there, size in self._held.values() if there == device)
        return max(0, self.devices[device] - self.others.get(device, 0) - held)

    def _ended(self, pid: int) -> None:
        self._limbo.append(pid)
        if not self.late:
            self.give_back()
