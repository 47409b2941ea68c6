"""Owns the way to write one line: a sentence and named fields, from a closed list of names."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypedDict, Unpack

Value = str | int | float | bool | None


class Fields(TypedDict, total=False):
    """Every field that a line may have. None carries what a user sent: ids, names of ours, numbers."""

    request: str
    """Id of the HTTP request that it belongs to; filled in by itself where there is one."""
    job: str
    app: str
    operation: str
    task: str
    variant: str
    device: str
    status: str | int
    """Of HTTP, or a job's."""
    code: str
    """Of an error."""
    method: str
    route: str
    """The route's template, never the path that was asked for."""
    seconds: float
    bytes: int
    count: int
    attempt: int
    limit: int
    key: str
    """A key's id. Never the key."""
    pid: int
    port: int
    host: str
    """A host name, never a URL."""
    signal: int
    reason: str
    """A word or a sentence of ours."""


FIELDS = frozenset(Fields.__annotations__)

_REQUEST: ContextVar[str] = ContextVar("request", default="")
"""What runs for a request has its id, the tasks that it starts too."""
_LONGEST = 300


def event(
    log: logging.Logger,
    said: str,
    *,
    level: int = logging.INFO,
    error: BaseException | None = None,
    **fields: Unpack[Fields],
) -> None:
    """Write one line. said: a constant sentence; what varies goes into the fields. error: its traceback is added.

    A field that is not on the list is left out, and that is said at debug level. An empty text is no field.
    """
    if not log.isEnabledFor(level):
        return
    known = {name: value for name, value in fields.items() if name in FIELDS and value not in (None, "")}
    if strange := sorted(fields.keys() - FIELDS):
        log.debug("fields that no line has were left out: %s", ", ".join(strange))
    known.setdefault("request", _REQUEST.get())
    # Not by log.log(): it walks the stack for the caller's file and line, which no line of ours shows.
    trace = None if error is None else (type(error), error, error.__traceback__)
    log.handle(log.makeRecord(log.name, level, "", 0, said, (), trace, extra={"fields": known}))


def fields_of(record: logging.LogRecord) -> dict[str, Value]:
    """The fields of a record, the request's id among them; texts are cut to 300 characters."""
    found: dict[str, Value] = {}
    given = getattr(record, "fields", None)
    for name, value in given.items() if isinstance(given, dict) else ():
        if name in FIELDS and value != "":
            found[name] = value if isinstance(value, bool | int | float) else str(value)[:_LONGEST]
    if "request" not in found and (request := _REQUEST.get()):
        found["request"] = request
    return found


def current_request() -> str:
    """The id of the request that this runs for; empty outside of one."""
    return _REQUEST.get()


@contextmanager
def serving(request: str) -> Iterator[None]:
    """Inside, every line carries that id, and so do the tasks that are started inside."""
    token = _REQUEST.set(request)
    try:
        yield
    finally:
        _REQUEST.reset(token)
