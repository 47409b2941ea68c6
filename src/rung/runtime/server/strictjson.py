"""Decides which JSON is read: RFC 8259 without its loose ends, bounded in depth and in the number of values."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from rung.runtime.errors import Malformed, TooLarge

DEPTH = 32
VALUES = 50_000
"""Commas and brackets: three bytes of JSON can become eighty of Python, so their number is bounded before parsing.
As many keys in one object take 50 ms of a core; it is read on the event loop, where everyone waits for it."""
DIGITS = 309
"""Of a whole number: the largest double has as many. Reading one takes time by the square of its digits."""


def read_json(data: bytes | str, what: str = "the body") -> Any:
    """The value. Raises Malformed (NaN, duplicate keys, lone surrogates, other encodings) and TooLarge."""
    text = _text(data, what)
    if text.count(",") + text.count("[") + text.count("{") > VALUES:
        raise TooLarge(f"{what} holds more than {VALUES} JSON values", limit=VALUES)
    try:
        value = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole, object_pairs_hook=_unique
        )
    except RecursionError as deep:
        raise Malformed(f"{what} is nested deeper than {DEPTH}") from deep
    except json.JSONDecodeError as error:
        raise Malformed(f"{what} is not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except _Refused as refused:
        raise Malformed(f"{what} is not JSON that is read here: {refused}") from refused
    _check(value, what, escaped="\\u" in text)  # UTF-8 holds no lone surrogate: only an escape can bring one
    return value


def not_finite(value: Any) -> str:
    """Where in a validated input a number is not finite, as `points.0.1`; empty where all are.

    JSON has no such number, but "inf" in a text becomes one where a model's field takes texts for numbers.
    """
    match value:
        case float():
            return "" if math.isfinite(value) else "a number"
        case BaseModel():
            inside: Iterable[tuple[Any, Any]] = ((name, getattr(value, name)) for name in type(value).model_fields)
        case Mapping():
            inside = value.items()
        case list() | tuple():
            inside = enumerate(value)
        case _:
            return ""
    for name, item in inside:
        if found := not_finite(item):
            return str(name) if found == "a number" else f"{name}.{found}"
    return ""


class _Refused(ValueError):
    """A sentence of ours about the value."""


def _text(data: bytes | str, what: str) -> str:
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8 (byte {error.start})") from error


def _no_constant(name: str) -> Any:
    raise _Refused(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Refused("a number is beyond what a double holds")
    return number


def _whole(digits: str) -> int:
    if len(digits.removeprefix("-")) > DIGITS:
        raise _Refused(f"a number has more than {DIGITS} digits")
    return int(digits)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("an object has the same key twice")
    return found


def _check(root: Any, what: str, escaped: bool) -> None:
    """Depth and text, without recursion: the value is the caller's. escaped: whether a text may hold a half."""
    level, depth = [root], 0
    while level:
        if escaped:
            for text in level:
                if isinstance(text, str):
                    _encodable(text, what)
        holders = [value for value in level if isinstance(value, dict | list)]
        depth += bool(holders)
        if depth > DEPTH:
            raise Malformed(f"{what} is nested deeper than {DEPTH}")
        level = []
        for holder in holders:
            level += holder.values() if isinstance(holder, dict) else holder
            if escaped and isinstance(holder, dict):
                level += holder


def _encodable(text: str, what: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed(f"{what} holds half a character (a lone surrogate)") from error
