"""Decides how the life of a job reads: what happened when, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rung.runtime.jobs import ENDED, Event, JobRecord
from rung.runtime.jobs.outbox import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened. after_s: seconds since the job was accepted."""

    after_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of a job. events: with the time each was written. before: how many jobs wait before it."""

    record: JobRecord
    events: Sequence[tuple[float, Event]]
    messages: Sequence[Message]
    before: int | None
    now: float


def story(told: Told) -> tuple[Line, ...]:
    """From accepted to how it ended, or to where it stands."""
    lines: list[Line] = []
    stage, since = "", told.record.created
    for at, event in told.events:
        match event.kind:
            case "started" | "requeued":
                text, since, stage = _turn(told.record, event, at - since), at, ""
            case "progress" if event.data.get("stage") == stage:
                continue
            case "progress":
                stage = str(event.data.get("stage", ""))
                text = f"at {stage!r}"
            case "log":
                at, text = _number(event.data.get("at"), at), str(event.data.get("text", ""))
            case kind if kind in ENDED:
                text = _end(told.record, at - since)
            case "queued":
                text = _accepted(told.record)
            case kind:
                text = kind
        lines.append(Line(after_s=max(at - told.record.created, 0.0), text=text))
    lines.sort(key=lambda line: line.after_s)  # sentences are written some at a time, later than they were said
    return (*lines, *_now(told, since), *_messages(told))


def printable(text: str) -> str:
    """Without what would steer a terminal: sentences come from pipelines and callers."""
    return "".join(character if character.isprintable() else " " for character in text)


def _accepted(record: JobRecord) -> str:
    priority = {-1: ", low priority", 1: ", high priority"}.get(record.priority, "")
    key = f" with key {record.scope}" if record.scope else ""
    return f"accepted{key}, deadline {record.deadline_s:g} s{priority}"


def _turn(record: JobRecord, event: Event, took: float) -> str:
    """The begin of an attempt, or that it came to nothing."""
    number = int(_number(event.data.get("attempt"), 0))
    attempt = next((one for one in record.attempts if one.number == number), None)
    if event.kind == "started":
        where = f" on {attempt.server}" if attempt is not None and attempt.server else ""
        return f"attempt {number} began{where}, after {took:.1f} s of waiting"
    why = f": {attempt.detail}" if attempt is not None and attempt.detail else ""
    return f"attempt {number} was {event.data.get('reason', 'lost')} after {took:.1f} s{why}; it waits again"


def _end(record: JobRecord, took: float) -> str:
    did = "running" if record.attempts and record.attempts[-1].ended == record.finished else "waiting"
    why = f": {record.error.message} [{record.error.code}]" if record.error else ""
    return f"{record.status} after {took:.1f} s of {did}{why}"


def _now(told: Told, since: float) -> tuple[Line, ...]:
    record = told.record
    if record.ended:
        return ()
    took = max(told.now - since, 0.0)
    text = f"runs, for {took:.1f} s now"
    if record.status == "queued":
        before = "" if told.before is None else f"; {told.before} wait before it"
        text = f"waits, for {took:.1f} s now{before}"
    asked = "; its end was asked for" if record.cancel else ""
    return (Line(after_s=max(told.now - record.created, 0.0), text=text + asked),)


def _messages(told: Told) -> tuple[Line, ...]:
    words: Mapping[str, str] = {"waiting": "is to be told", "delivered": "was told", "given-up": "could not be told"}
    lines = []
    for message in told.messages:
        tries = f" ({message.attempts} deliveries failed, the last: {message.error})" if message.error else ""
        text = f"{message.url} {words[message.state]}{tries}"
        lines.append(Line(after_s=max(message.created - told.record.created, 0.0), text=text))
    return tuple(lines)


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise
