"""Decides whether a history keeps what is promised. Pure: it sees what clients saw, and nothing else.

Promised: a job that was accepted ends, once; what succeeded is the right answer; one Idempotency-Key is one job;
the events of a job are numbered without a gap and end with one end; a job is not begun more often than it may be.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drills.history import Op, Request

ENDS = frozenset({"succeeded", "failed", "canceled", "expired"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Sentences for each thing that is not as promised; accepted and refused are counts.

    lost: accepted and never ended, or unknown afterwards. doubled: one thing done twice. wrong: another answer than
    the right one. failed: ended otherwise than in success, though nothing in the request asked for it.
    """

    accepted: int
    refused: int
    unknown: int
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    overrun: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.lost, *self.doubled, *self.wrong, *self.failed, *self.gaps, *self.overrun)


def expected(request: Request) -> str:
    """The digest that the toy owes, worked out here without the toy's code."""
    value = request.text.encode()
    for _ in range(request.rounds):
        value = hashlib.sha256(value).digest()
    return value.hex()


Right = Callable[[Request], str]


def check(ops: Sequence[Op], *, attempts: int = 100, right: Right = expected) -> Verdict:
    """attempts: how often a job may have been begun. right: the digest that is owed to a request, each its own."""
    asked = {op.job: op.request for op in ops if op.kind == "ok" and op.job and op.request is not None}
    last = _last_reads(ops)
    return Verdict(
        accepted=len(asked),
        refused=sum(op.kind == "fail" and op.call in ("ask", "submit") for op in ops),
        unknown=sum(op.kind == "info" for op in ops),
        lost=tuple(_lost(ops, asked, last)),
        doubled=tuple(_doubled(ops, last, right)),
        wrong=tuple(_wrong(ops, asked, last, right)),
        failed=tuple(_failed(ops, asked, last)),
        gaps=tuple(_gaps(ops)),
        overrun=tuple(
            f"{job} was begun {job_attempts(body)} times" for job, body in last.items() if job_attempts(body) > attempts
        ),
    )


def job_attempts(body: Mapping[str, Any]) -> int:
    """How often a job was begun, as its JSON says."""
    told = body.get("attempts", 0)
    return len(told) if isinstance(told, list) else int(told or 0)


def _last_reads(ops: Sequence[Op]) -> dict[str, Mapping[str, Any]]:
    """Job -> what was last read of it; an empty mapping where it was not there any more."""
    return {
        op.job: op.answer if op.kind == "ok" else {} for op in ops if op.call == "read" and op.kind in ("ok", "fail")
    }


def _lost(ops: Sequence[Op], asked: Mapping[str, Request], last: Mapping[str, Mapping[str, Any]]) -> list[str]:
    said = []
    answered = {op.job for op in ops if op.call == "ask" and op.kind == "ok"}
    for job in asked.keys() - answered:  # an answer is an end: nobody was promised that it is kept
        if job not in last:
            said.append(f"{job} was accepted and was not looked at again")
        elif not last[job]:
            said.append(f"{job} was accepted and is not known any more")
        elif last[job]["status"] not in ENDS:
            said.append(f"{job} was accepted and is still {last[job]['status']}")
    return said


def _doubled(ops: Sequence[Op], last: Mapping[str, Mapping[str, Any]], right: Right) -> list[str]:
    jobs_of: defaultdict[str, set[str]] = defaultdict(set)
    keys_of: defaultdict[str, set[Request]] = defaultdict(set)
    for op in ops:
        if op.kind == "ok" and op.job and op.request is not None:
            keys_of[op.job].add(op.request)
            if op.request.key:
                jobs_of[op.request.key].add(op.job)
    said = [f"the key {key} made {len(jobs)} jobs" for key, jobs in jobs_of.items() if len(jobs) > 1]
    said += [f"{job} was given for {len(them)} different requests" for job, them in keys_of.items() if len(them) > 1]
    ends = Counter(_digest(body) for body in last.values() if _digest(body))
    once = {right(r): r.text for them in keys_of.values() for r in them if r.key}
    said += [f"{once[d]!r} was done by {n} jobs" for d, n in ends.items() if n > 1 and d in once]
    return said + _two_ends(ops) + _two_runs(last)


def _two_runs(last: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Of a job that has ended no run is open, and one at most has succeeded: the others' results were not kept."""
    said = []
    for job, body in last.items():
        told = body.get("attempts")
        outcomes = [one["outcome"] for one in told] if isinstance(told, list) and body["status"] in ENDS else []
        if outcomes.count("succeeded") > 1 or "running" in outcomes:
            said.append(f"{job} has ended with runs that {outcomes}")
    return said


def _two_ends(ops: Sequence[Op]) -> list[str]:
    """A job's end is final: an event stream holds one, and no later read says another."""
    said = []
    for op in ops:
        if op.call == "events" and op.kind == "ok" and sum(kind in ENDS for _, kind in op.answer) > 1:
            said.append(f"{op.job} ended more than once in its events")
    seen: dict[str, tuple[str, Any]] = {}
    for op in ops:
        if op.call == "read" and op.kind == "ok" and op.answer["status"] in ENDS:
            end = (op.answer["status"], _digest(op.answer))
            if seen.setdefault(op.job, end) != end:
                said.append(f"{op.job} ended as {seen[op.job]} and then as {end}")
    return said


def _wrong(
    ops: Sequence[Op], asked: Mapping[str, Request], last: Mapping[str, Mapping[str, Any]], right: Right
) -> list[str]:
    said = []
    for op in ops:
        if op.call == "ask" and op.kind == "ok" and op.request and _digest(op.answer) != right(op.request):
            said.append(f"the answer to {op.request.text!r} is {_digest(op.answer)!r}")
    for job, body in last.items():
        if job in asked and body.get("status") == "succeeded" and _digest(body) != right(asked[job]):
            said.append(f"{job} succeeded with {_digest(body)!r}")
    return said


def _failed(ops: Sequence[Op], asked: Mapping[str, Request], last: Mapping[str, Mapping[str, Any]]) -> list[str]:
    said = [
        f"{op.request.text!r} was answered {op.status} {_code(op.answer)}"
        for op in ops
        if op.call == "ask" and op.kind == "fail" and op.request and not op.request.may_fail
    ]
    for job, body in last.items():
        if job in asked and not asked[job].may_fail and body.get("status") in ENDS - {"succeeded"}:
            said.append(f"{job} {body['status']}: {_code(body.get('error'))}")
    return said


def _gaps(ops: Sequence[Op]) -> list[str]:
    """A stream that went on (`Last-Event-ID`) is recorded as one: the pieces of a job are joined here."""
    joined: defaultdict[str, list[list[Any]]] = defaultdict(list)
    for op in ops:
        if op.call == "events" and op.kind == "ok":
            joined[op.job] += op.answer
    said = []
    for job, events in joined.items():
        numbers = [seq for seq, _ in events]
        if numbers != list(range(1, len(numbers) + 1)):
            said.append(f"the events of {job} are numbered {numbers[:20]}")
        elif not events or events[-1][1] not in ENDS:
            said.append(f"the events of {job} have no end")
    return said


def _digest(body: Any) -> Any:
    output = body.get("output") if isinstance(body, Mapping) else None
    return output.get("digest") if isinstance(output, Mapping) else None


def _code(body: Any) -> str:
    return str(body.get("code", "?")) if isinstance(body, Mapping) else "?"
