"""Decides what a load and a batch show of their variant, for its figures to be kept."""

from __future__ import annotations

from collections.abc import Sequence

from rung.runtime.errors import RungError
from rung.runtime.profile import LoadSeen, RestSeen, RunSeen
from rung.runtime.spec import Placement
from rung.runtime.workers.process import LoadReport, WorkerAnswer


def load_seen(members: Sequence[Placement], pid: int, report: LoadReport | None) -> LoadSeen | None:
    """What a load shows; of a group's worker nothing, since its members load as one."""
    if len(members) > 1 or report is None:
        return None
    (placement,) = members
    return LoadSeen(placement=placement, pid=pid, load_s=report.load_s, resident_bytes=report.resident_bytes)


def rest_seen(members: Sequence[Placement], pid: int, held: int) -> RestSeen | None:
    """What a worker holds between calls; a group's says nothing of one member."""
    return RestSeen(placement=members[0], pid=pid, bytes=held) if len(members) == 1 else None


def run_seen(
    members: Sequence[Placement],
    variant: str,
    pixels: int,
    report: LoadReport | None,
    outcomes: Sequence[WorkerAnswer | RungError],
) -> RunSeen | None:
    """What a batch shows of one call, whose input has so many pixels. Nothing, unless it was a batch of one in a worker
    that runs one at a time, all of it ran (nothing came from the memo), and its components were held as planned.
    """
    placement = next((one for one in members if one.variant.name == variant), members[0])
    match outcomes:
        case [WorkerAnswer(cached=()) as answer] if (
            report is not None and placement.variant.max_concurrent == 1 and answer.strategy == placement.strategy
        ):
            known = answer.peak_bytes is not None and report.counted_bytes is not None
            took = max(0, (answer.peak_bytes or 0) - (report.counted_bytes or 0)) if known else None
            return RunSeen(placement=placement, pixels=pixels, run_s=answer.run_s, working=took)
        case _:
            return None
