"""Decides what the scheduler is told when a load or a call has ended."""

from __future__ import annotations

from collections.abc import Sequence

from rung.runtime.engine.needs import needs_of
from rung.runtime.errors import LoadFailed, OutOfMemory, RungError, WorkerCrashed
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.need import together
from rung.runtime.scheduling.words import mib
from rung.runtime.spec import Placement
from rung.runtime.workers.process import WorkerAnswer


def end_of(call: str, outcome: WorkerAnswer | RungError, now: float) -> happened.CallDone | happened.CallShort | None:
    """What the scheduler is told. None: the worker is gone, and WorkerExited will say what becomes of the call."""
    match outcome:
        case WorkerCrashed():
            return None
        case OutOfMemory():
            return happened.CallShort(call, outcome, now)
        case WorkerAnswer():
            return happened.CallDone(call, now, outcome.retire)
        case _:
            return happened.CallDone(call, now)


def load_error(name: str, error: RungError | OSError) -> RungError:
    """Why it could not be loaded. OSError: there was not even a worker."""
    if isinstance(error, RungError):
        return error
    return LoadFailed(f"{name}: no worker could be started ({error.strerror or error})")


def no_memory(name: str, members: Sequence[Placement], error: RungError | OSError) -> OutOfMemory:
    """What ended it while it loaded was memory."""
    need = together(needs_of(members))
    peak, limit = need.peak, need.hard_limit
    most = f" and its worker may hold {mib(limit)}" if limit is not None else ""
    return OutOfMemory(
        f"{name} ran out of memory while it was loaded: {mib(peak)} are set aside for it on {need.device}{most}; "
        f"give it more, or take a smaller rung ({error})",
        needed=peak,
        limit=limit,
        device=need.device,
    )
