"""Machines of the scheduler's tests. Holds no tests."""

from __future__ import annotations

from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing import Drive


def need(name: str, peak: int = 10, **more: object) -> Need:
    return Need(variant=name, device="cpu", resident=peak, **more)  # type: ignore[arg-type]


def drive(*needs: Need, budget: int = 100, cores: int = 2) -> Drive:
    return Drive(Scheduler(needs, {"cpu": budget}, cores))


def running(machine: Drive, *calls: str, variant: str = "a") -> None:
    """These calls run on the loaded variant, and their answers are held back."""
    if machine.scheduler.seats[variant].state == "unloaded":
        machine.call("first", variant)
        machine.settle()
    for call in calls:
        machine.call(call, variant)
    machine.pending = [event for event in machine.pending if getattr(event, "call", "") not in calls]
    machine.batches.clear()
    machine.started.clear()
