"""The snapshot of a machine and its devices."""

from __future__ import annotations

from dataclasses import dataclass

from rung.runtime.spec.words import DeviceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One accelerator or the CPU. `id` is `cpu`, `cuda:0`, `mps`. None means unknown."""

    id: str
    kind: DeviceKind
    name: str = ""
    memory_total: int | None = None
    memory_free: int | None = None
    utilisation: float | None = None
    """0..1"""
    capability: str = ""
    driver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The snapshot of what this machine has. RAM and cores are what the cgroup leaves us."""

    name: str
    cores: int
    ram_total: int | None
    ram_free: int | None
    devices: tuple[Device, ...]
    problems: tuple[tuple[str, str], ...] = ()
    """(what is wrong, the remedy)"""

    def device(self, device_id: str) -> Device | None:
        """The device of that id, or None."""
        return next((d for d in self.devices if d.id == device_id), None)

    def hardware(self, device: Device) -> str:
        """What a measurement on that device holds for: `AMD EPYC, 2 cores`, `NVIDIA H200`."""
        name = device.name or device.kind
        return name if device.kind == "cuda" else f"{name}, {self.cores} core{'s' if self.cores > 1 else ''}"
