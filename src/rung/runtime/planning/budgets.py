"""How much memory of each device, and how many threads, we allow ourselves.

The rules, used where [machine] fixes nothing:

- RAM: what is free now, less a reserve of a tenth of all RAM, at least 256 MiB, at most 2 GiB.
- VRAM of a card: what other processes leave free, less a reserve of a twentieth of the card, at
  least 512 MiB (the driver and the display take from it without asking).
- Apple's GPU shares the machine's RAM: its budget is the RAM's.
- Where only the total is known, half of it: nobody can say what others hold.
- Where nothing is known there is no budget, and nothing is placed there.
- Threads: the cores. One call may use them all, and the scheduler must keep the sum of the threads
  of the calls that run at one time within the budget, so N workers never run N x cores threads. A
  variant on an accelerator is given at most 4: its CPU only prepares and decodes. A light variant,
  which the scheduler does not count, is given 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rung.runtime.planning.words import size
from rung.runtime.settings import MachineSettings
from rung.runtime.spec import Device, DeviceKind, GiB, Machine, MiB, Variant

ACCELERATOR_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Bytes we allow ourselves on a device (None: unknown), and the sentence that says why."""

    device: str
    bytes: int | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a device's budget may become while others take memory and give it back, in bytes.

    told: as planned; most: however much is free; reserve: what is left free.
    """

    told: int
    most: int
    reserve: int = 0


def bounds(machine: Machine, settings: MachineSettings) -> Mapping[str, Bound]:
    """By device id, where the budget is known. Apple's GPU has none: its memory is the RAM, which has one."""
    found = {}
    for device in machine.devices:
        budget = _budget(device, machine, settings).bytes
        if budget is None or device.kind == "mps" or not allowed(device, settings):
            continue
        reserve = 0 if _fixed(device, settings) is not None else _reserve(device, machine)
        derived = device.memory_total is not None and device.memory_free is not None and reserve
        most = max(budget, (device.memory_total or 0) - reserve) if derived else budget
        found[device.id] = Bound(told=budget, most=most, reserve=reserve)
    return found


def allowed(device: Device, settings: MachineSettings) -> bool:
    """Whether the allow-list takes this device; an empty list takes all."""
    return not settings.devices or device.id in settings.devices or device.kind in settings.devices


def memory_budgets(machine: Machine, settings: MachineSettings) -> tuple[Budget, ...]:
    """One budget for each allowed device, in the machine's order."""
    return tuple(_budget(device, machine, settings) for device in machine.devices if allowed(device, settings))


def known(budgets: tuple[Budget, ...]) -> Mapping[str, int]:
    """Device id -> bytes, for the devices whose budget is known."""
    return {b.device: b.bytes for b in budgets if b.bytes is not None}


def thread_budget(machine: Machine, settings: MachineSettings) -> int:
    """Threads for all running calls together: [machine] threads, never more than the cores."""
    return min(settings.threads or machine.cores, machine.cores)


def threads_for(variant: Variant, kind: DeviceKind, wanted: int | None, budget: int) -> int:
    """Threads of one worker: what is wanted, else the rule above; within the budget, at least 1."""
    default = 1 if variant.light else budget if kind == "cpu" else ACCELERATOR_THREADS
    return max(1, min(wanted or default, budget))


def _budget(device: Device, machine: Machine, settings: MachineSettings) -> Budget:
    fixed = _fixed(device, settings)
    if fixed is not None:
        return _by_settings(device, fixed)
    if device.kind == "mps":
        return _of_ram(device.id, machine, settings)
    if device.kind == "cpu":
        total, free = machine.ram_total, machine.ram_free
        return _derived(device.id, total, free, _reserve(device, machine))
    return _derived(device.id, device.memory_total, device.memory_free, _reserve(device, machine))


def _reserve(device: Device, machine: Machine) -> int:
    if device.kind == "cpu":
        return _ram_reserve(machine.ram_total or 0)
    return max(512 * MiB, (device.memory_total or 0) // 20)


def _fixed(device: Device, settings: MachineSettings) -> int | None:
    if device.kind == "cpu":
        return settings.ram_budget
    return settings.vram_budget.get(device.id, settings.vram_budget.get(device.kind))


def _by_settings(device: Device, fixed: int) -> Budget:
    total = device.memory_total
    if total is not None and fixed > total:
        sentence = f"{size(total)}: the configuration says {size(fixed)}, but {device.id} has no more"
        return Budget(device=device.id, bytes=total, sentence=sentence)
    return Budget(device=device.id, bytes=fixed, sentence=f"{size(fixed)}: set by configuration")


def _of_ram(device_id: str, machine: Machine, settings: MachineSettings) -> Budget:
    total, free = machine.ram_total, machine.ram_free
    if settings.ram_budget is not None:
        of_ram: int | None = min(settings.ram_budget, total or settings.ram_budget)
    else:
        of_ram = _derived(device_id, total, free, _ram_reserve(total or 0)).bytes
    if of_ram is None:
        return Budget(device=device_id, bytes=None, sentence="unknown: its memory is the RAM, and that is unknown")
    return Budget(device=device_id, bytes=of_ram, sentence=f"{size(of_ram)}: shared with the RAM")


def _ram_reserve(total: int) -> int:
    return min(max(256 * MiB, total // 10), 2 * GiB)


def _derived(device_id: str, total: int | None, free: int | None, reserve: int) -> Budget:
    if free is not None:
        left = max(0, free - reserve)
        return Budget(
            device=device_id, bytes=left, sentence=f"{size(left)}: {size(free)} free less {size(reserve)} reserve"
        )
    if total is not None:
        half = total // 2
        sentence = f"{size(half)}: half of {size(total)}, since what is free is unknown"
        return Budget(device=device_id, bytes=half, sentence=sentence)
    return Budget(device=device_id, bytes=None, sentence="unknown: how much memory it has cannot be read")
