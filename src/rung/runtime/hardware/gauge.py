"""How much memory each device has free now, and what a process holds of it: the figures of the kernel and the driver.

What `detect` says once, this says again and again while a server runs; NVML stays open meanwhile.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rung.runtime.hardware.cgroup import read_text
from rung.runtime.hardware.memory import ram

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Gauge:
    """Bytes per device id. Takes milliseconds, with a sleepy driver longer: call it in a thread.

    root: where /proc and /sys stand. nvml: the pynvml module or a fake.
    """

    root: Path = Path("/")
    nvml: Any = None
    _open: bool = field(default=False, init=False)

    def free(self, device: str) -> int | None:
        """What the device could give now; None where nobody says. Apple's GPU has the machine's RAM."""
        if not device.startswith("cuda"):
            return ram(self.root).free
        return self._ask(device, lambda nvml, card: int(nvml.nvmlDeviceGetMemoryInfo(card).free))

    def held(self, device: str, pid: int) -> int | None:
        """What the process has taken of what was free; None where nobody says.

        Of RAM only what cannot be dropped: files that are mapped (weights) stay free to others.
        """
        if not device.startswith("cuda"):
            return _private(read_text(self.root / f"proc/{pid}/smaps_rollup"))
        return self._ask(device, lambda nvml, card: _of_process(nvml, card, pid))

    def close(self) -> None:
        """NVML is let go."""
        if self._open:
            self._open = False
            with contextlib.suppress(self.nvml.NVMLError):
                self.nvml.nvmlShutdown()

    def _ask(self, device: str, question: Callable[[Any, Any], T]) -> T | None:
        try:
            nvml = self.nvml = self.nvml or importlib.import_module("pynvml")
        except ImportError:
            return None
        try:
            if not self._open:
                nvml.nvmlInit()
                self._open = True
            return question(nvml, nvml.nvmlDeviceGetHandleByIndex(int(device.partition(":")[2] or 0)))
        except nvml.NVMLError:  # no driver, a card that was lost, a figure that this card does not give
            return None


def _private(text: str | None) -> int | None:
    """Anonymous and shared memory of a smaps_rollup, shared pages divided among their users."""
    found = {}
    for line in (text or "").splitlines():
        name, _, value = line.partition(":")
        if name in ("Pss_Anon", "Pss_Shmem"):
            found[name] = int(value.split()[0]) * 1024
    return sum(found.values()) if found else None


def _of_process(nvml: Any, card: Any, pid: int) -> int | None:
    """In a container the driver may name processes by the host's numbers: then ours is not among them."""
    for process in nvml.nvmlDeviceGetComputeRunningProcesses(card):
        if process.pid == pid:
            return None if process.usedGpuMemory is None else int(process.usedGpuMemory)
    return None
