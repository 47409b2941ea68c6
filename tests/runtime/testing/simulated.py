"""What simulated machines hold. Holds no tests."""

from __future__ import annotations

from rung.runtime.scheduling.seats import Need


def need(name: str, peak: int, **more: int) -> Need:
    return Need(variant=name, device="gpu", peak=peak, **more)  # type: ignore[arg-type]
