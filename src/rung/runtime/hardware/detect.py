"""What this machine has: one snapshot. What is unknown stays None; nothing is invented."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from rung.runtime.hardware.cgroup import allowed_cores, core_quota, read_text
from rung.runtime.hardware.memory import Ram, ram
from rung.runtime.hardware.nvidia import nvidia_devices
from rung.runtime.settings import MachineSettings
from rung.runtime.spec import Device, GiB, Machine

Problem = tuple[str, str]

_LITTLE = 1 * GiB
"""Less free RAM than this is worth a word to the user; what fits, planning says by the numbers."""


def detect(
    settings: MachineSettings,
    root: Path = Path("/"),
    nvml: Any = None,
    system: str = platform.system(),
    arch: str = platform.machine(),
) -> Machine:
    """The snapshot. Never raises: what cannot be read is None, and a problem where it should be there.

    root: where /proc and /sys stand. nvml: the pynvml module or a fake. system, arch: as `platform` says.
    """
    memory = ram(root)
    gpus, gpu_problems = nvidia_devices(root, nvml)
    return Machine(
        name=settings.name or platform.node(),
        cores=cores(root),
        ram_total=memory.total,
        ram_free=memory.free,
        devices=(_cpu(root, memory, arch), *gpus, *_apple(memory, system, arch)),
        problems=(*_memory_problems(memory), *gpu_problems),
    )


def cores(root: Path = Path("/")) -> int:
    """Cores that we may use: affinity and cpuset, cut to the quota; at least 1.

    A quota is rounded down: with 2 threads on 1.5 cores the second would be throttled in every period
    and the first would wait for it.
    """
    allowed = allowed_cores(root) or (os.cpu_count() if root == Path("/") else None) or 1
    quota = core_quota(root)
    return max(1, allowed if quota is None else min(allowed, int(quota)))


def _cpu(root: Path, memory: Ram, arch: str) -> Device:
    lines = (read_text(root / "proc/cpuinfo") or "").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else arch
    return Device(id="cpu", kind="cpu", name=name, memory_total=memory.total, memory_free=memory.free)


def _apple(memory: Ram, system: str, arch: str) -> list[Device]:
    """The GPU of Apple silicon. Its memory is the machine's RAM."""
    if system != "Darwin" or arch != "arm64":
        return []
    name = "Apple GPU (unified memory)"
    return [Device(id="mps", kind="mps", name=name, memory_total=memory.total, memory_free=memory.free)]


def _memory_problems(memory: Ram) -> list[Problem]:
    found = []
    if memory.total is None:
        found.append(("How much RAM there is cannot be read.", 'Say it: [machine] ram_budget = "8 GiB".'))
    if memory.free is not None and memory.free < _LITTLE:
        sentence = f"Only {memory.free / GiB:.2f} GiB of RAM is free."
        found.append((sentence, "End other programs, or give the container more; `rung plan` shows what still fits."))
    if memory.total is not None and memory.host is not None and memory.total * 2 <= memory.host:
        sentence = (
            f"A control group leaves us {memory.total / GiB:.1f} of the machine's {memory.host / GiB:.1f} GiB RAM."
        )
        found.append((sentence, "Raise the container's memory limit (docker run --memory) if more is wanted."))
    return found
