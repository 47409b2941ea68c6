"""How a record stands in a file. What is read is believed only where every value can be true."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from typing import Any, get_args

from rung.runtime.profile.record import CallSample, Record
from rung.runtime.spec import DeviceKind, Precision, Subject

VERSION = 1
_MANY = 2**50
"""More pixels or bytes than any machine has."""
_LONG = 1e6
"""More seconds than any call takes."""
_MOST = 2000
"""Samples of one kind; 12 of each class are kept."""


def text(record: Record) -> str:
    """The file."""
    calls = [[one.pixels, one.run_s, one.working] for one in record.calls]
    return json.dumps({"version": VERSION, **asdict(record), "calls": calls}, indent=1)


def parse(data: bytes) -> Record:
    """The record. Raises ValueError with what is wrong, in words that follow the file's name."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no JSON") from error
    if not isinstance(values, dict) or values.get("version") != VERSION:
        raise ValueError(f"it is no file of version {VERSION}")
    try:
        return Record(
            subject=_subject(values["subject"]),
            when=_number(values["when"], math.inf),
            load_s=tuple(_number(one, _LONG) for one in _list(values["load_s"])),
            loaded=tuple(_whole(one) for one in _list(values["loaded"])),
            rested=tuple(_whole(one) for one in _list(values["rested"])),
            calls=tuple(_call(one) for one in _list(values["calls"])),
            batches=tuple((_whole(n), _number(seconds, _LONG)) for n, seconds in _list(values["batches"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"its values cannot be true: {reason}") from error


def _subject(values: dict[str, Any]) -> Subject:
    subject = Subject(**{f.name: values[f.name] for f in fields(Subject)})
    if not all(isinstance(getattr(subject, f.name), str) for f in fields(Subject)):
        raise ValueError("a name that is no text")
    if subject.device not in get_args(DeviceKind) or subject.precision not in get_args(Precision):
        raise ValueError(f"device {subject.device!r} at {subject.precision!r}")
    return subject


def _call(values: Any) -> CallSample:
    pixels, run_s, working = values
    return CallSample(
        pixels=_whole(pixels), run_s=_number(run_s, _LONG), working=None if working is None else _whole(working)
    )


def _list(values: Any) -> list[Any]:
    if not isinstance(values, list) or len(values) > _MOST:
        raise ValueError(f"no list of at most {_MOST}")
    return values


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MANY:
        raise ValueError(f"{value!r}")
    return value


def _number(value: Any, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most or math.isinf(value):
        raise ValueError(f"{value!r}")
    return float(value)
