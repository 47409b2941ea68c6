"""Shows people which variants answered, where, why and in what time."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from rung.runtime.spec import Provenance


def account(provenance: Sequence[Provenance]) -> Table:
    """One row per call, in the order in which they ended. Seconds; memory is the worker's peak."""
    table = Table(title="who answered", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("step", "variant", "kind", "device"):
        table.add_column(name, no_wrap=True)
    for name in ("queue s", "load s", "run s", "MiB"):
        table.add_column(name, justify="right")
    for row in provenance:
        peak = f"{row.peak_bytes / 2**20:,.0f}" if row.peak_bytes is not None else "unknown"
        times = [f"{value:.2f}" for value in (row.queue_s, row.load_s, row.run_s)]
        table.add_row(row.step, row.variant, row.kind, f"{row.device} {row.precision}", *times, peak)
    return table


def reasons(provenance: Sequence[Provenance]) -> list[str]:
    """A sentence per task, the first time it was answered: which rung, and what was passed over."""
    seen: dict[str, str] = {}
    for row in provenance:
        if row.task != "compute":
            seen.setdefault(row.task, f"{row.task}: {row.variant} answered; {row.reason}.")
    return list(seen.values())
