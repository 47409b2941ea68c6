"""Decides which JSON is read: RFC 8259 without its loose ends, bounded in depth and in the number of values."""

from __future__ import annotations

import json
import math
from typing import Any

from rung.runtime.errors import Malformed, TooLarge

DEPTH = 32
VALUES = 200_000
"""Commas and brackets: three bytes of JSON can become eighty of Python, so their number is bounded before parsing."""


def read_json(data: bytes | str, what: str = "the body") -> Any:
    """The value. Raises Malformed (NaN, duplicate keys, lone surrogates, other encodings) and TooLarge."""
    text = _text(data, what)
    if text.count(",") + text.count("[") + text.count("{") > VALUES:
        raise TooLarge(f"{what} holds more than {VALUES} JSON values", limit=VALUES)
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique)
    except RecursionError as deep:
        raise Malformed(f"{what} is nested deeper than {DEPTH}") from deep
    except json.JSONDecodeError as error:
        raise Malformed(f"{what} is not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except ValueError as error:
        raise Malformed(f"{what} is not JSON that is read here: {_reason(error)}") from error
    _check(value, what)
    return value


class _Refused(ValueError):
    """Our own sentence, fit to be shown."""


def _reason(error: ValueError) -> str:
    return str(error) if isinstance(error, _Refused) else "a number has too many digits"


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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("an object has the same key twice")
    return found


def _check(root: Any, what: str) -> None:
    """Depth and text, without recursion: the value is the caller's."""
    level, depth = [root], 0
    while level:
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value
                below += value.values()
            elif isinstance(value, list):
                below += value
            elif isinstance(value, str):
                _encodable(value, what)
        depth += any(isinstance(value, dict | list) for value in level)
        if depth > DEPTH:
            raise Malformed(f"{what} is nested deeper than {DEPTH}")
        level = below


def _encodable(text: str, what: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed(f"{what} holds half a character (a lone surrogate)") from error
