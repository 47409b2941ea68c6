"""What must hold of a scheduler between any two events. Used by tests after each of them."""

from __future__ import annotations

from rung.runtime.scheduling.scheduler import Scheduler


def violations(scheduler: Scheduler) -> list[str]:
    """Sentences, one for each broken promise; empty when all is well."""
    found = []
    for name, seat in scheduler.seats.items():
        if seat.running and seat.state != "ready":
            found.append(f"{name} is {seat.state} while {sorted(seat.running)} run on it")
        if seat.batches > seat.need.max_concurrent:
            found.append(f"{name} runs {seat.batches} batches, {seat.need.max_concurrent} allowed")
        orders = [w.order for w in seat.queue]
        if orders != sorted(orders):
            found.append(f"{name}: the queue is out of order: {orders}")
    for device, budget in scheduler.budgets.items():
        if scheduler.used(device) > budget:
            found.append(f"{device}: {scheduler.used(device)} bytes are taken of a budget of {budget}")
    return found + _lost(scheduler)


def _lost(scheduler: Scheduler) -> list[str]:
    known = set(scheduler._calls)
    placed = [w.call for s in scheduler.seats.values() for w in (*s.queue, *s.running.values())]
    found = [f"{call} is in two places" for call in {c for c in placed if placed.count(c) > 1}]
    if known != set(placed):
        found.append(f"calls known {sorted(known)} and calls placed {sorted(placed)} differ")
    busy = [s for s in scheduler.seats.values() if s.running and s.need.threads]
    threads = sum(s.need.threads * s.batches for s in busy)
    if threads > scheduler.cores and sum(s.batches for s in busy) > 1:
        found.append(f"{threads} threads run on {scheduler.cores} cores")
    return found
