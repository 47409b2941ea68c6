"""Decides what becomes of a call that was lost with its worker, or that found too little memory."""

from __future__ import annotations

from rung.runtime.errors import CallTimeout, OutOfMemory, RungError, WorkerCrashed
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.waiting import Waiting
from rung.runtime.scheduling.words import mib

MAX_DEATHS = 3
"""Workers that may die under a call before it is held to be what kills them."""
MAX_SHORTAGES = 2
"""Times that a call may run out of memory; the second time it ran alone."""

UNBLAMED = ("hung", "taken-back", "template")
"""Causes of a worker's end that say nothing about the calls which ran there, the guilty one apart."""


def after_death(waiting: Waiting, need: Need, cause: str, reason: str) -> RungError | None:
    """The error that the call ends with; None: it runs again. cause: why we ended the worker, else what ended it.

    Numbered cases, first that holds:

    1. it outlived its limit alone: it would hang again
    2. it outlived its limit in a batch: one of the batch hangs, so each is tried alone
    3. the worker was ended for the sake of another call, or went with its template: again, not blamed
    4. memory ran out: again, alone; not a third time
    5. a crash: again, alone; the third one is this call's doing
    """
    if waiting.late and waiting.together == 1:
        return CallTimeout(
            f"{need.variant}: the call ran longer than its limit of {need.limit_s:g} s, and its worker was ended",
            limit_s=need.limit_s,
        )
    if waiting.late:
        waiting.late, waiting.alone = False, True
        return None
    if cause in UNBLAMED:
        return None
    waiting.alone = True
    if cause == "oom":
        waiting.shortages += 1
        return _no_memory(waiting, need, reason) if waiting.shortages >= MAX_SHORTAGES else None
    waiting.deaths += 1
    if waiting.deaths < MAX_DEATHS:
        return None
    return WorkerCrashed(
        f"{need.variant}: the worker died under this call {waiting.deaths} times ({reason})", attempts=waiting.attempts
    )


def after_shortage(waiting: Waiting, need: Need, error: RungError) -> RungError | None:
    """The same for a call that its worker answered with OutOfMemory: half the batch, then alone, then no more."""
    if waiting.together > 1:
        waiting.most = waiting.together // 2
        waiting.alone = waiting.most == 1
        return None
    waiting.alone = True
    waiting.shortages += 1
    return _no_memory(waiting, need, error.message) if waiting.shortages >= MAX_SHORTAGES else None


def _no_memory(waiting: Waiting, need: Need, reason: str) -> OutOfMemory:
    limit = f" and its worker may hold {mib(need.hard_limit)}" if need.hard_limit is not None else ""
    needed = need.resident + waiting.working
    return OutOfMemory(
        f"{need.variant} ran out of memory {waiting.shortages} times, in the end alone: {mib(needed)} are set aside "
        f"for it on {need.device}{limit}; give a smaller input, or more memory ({reason})",
        needed=needed,
        limit=need.hard_limit,
        device=need.device,
    )
