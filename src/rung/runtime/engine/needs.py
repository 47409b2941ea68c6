"""Decides what the scheduler has to know of a placement."""

from __future__ import annotations

from rung.runtime.scheduling.seats import Need
from rung.runtime.spec import Placement


def need_of(placement: Placement) -> Need:
    """A worker that holds half as much again as its footprint's peak is replaced; past its limit it is ended.

    What a process holds is known of the memory of the CPU only: elsewhere neither limit is watched.
    """
    variant, peak, limit = placement.variant, placement.footprint.peak(), placement.memory_limit
    soft = peak + peak // 2
    if limit is not None:
        soft = min(soft, limit * 4 // 5)
    return Need(
        variant=variant.name,
        device=placement.device,
        peak=peak,
        threads=0 if variant.light else placement.threads,
        max_concurrent=variant.max_concurrent,
        max_batch=placement.caps.get("batch", variant.max_batch),
        limit_s=variant.limit_s,
        soft_limit=soft if placement.device == "cpu" else None,
        hard_limit=limit,
        max_calls=placement.max_calls,
    )
