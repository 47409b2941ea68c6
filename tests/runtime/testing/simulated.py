"""What simulated machines hold. Holds no tests."""

from __future__ import annotations

from rung.runtime.scheduling.need import Need


def need(name: str, peak: int, **more: int) -> Need:
    return Need(variant=name, device="gpu", resident=peak, **more)  # type: ignore[arg-type]
