"""What a single value of a configuration may be: each check returns the value in our types, or raises Wrong."""

from __future__ import annotations

import difflib
import ipaddress
import math
import re
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from rung.runtime.spec import GiB, MiB

T = TypeVar("T")
Check = Callable[[Any], T]

_UNITS = {
    "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 1024, "mib": MiB, "gib": GiB, "tib": 1024 * GiB,
}  # fmt: skip
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")


class Wrong(ValueError):
    """A value that does not fit; the sentence says what would."""


def similar(word: str, known: Collection[str]) -> str:
    """The most similar known word, or an empty text where none is similar."""
    lower = {k.lower(): k for k in sorted(known)}
    found = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else ""


def nearest(word: str, known: Collection[str]) -> str:
    """`; did you mean 'x'?` for the most similar known word; empty where none is similar."""
    found = similar(word, known)
    return f"; did you mean {found!r}?" if found else ""


def text(value: Any) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise Wrong("wants a text in quotes")
    return value


def boolean(value: Any) -> bool:
    """True or false, nothing that merely looks so."""
    if not isinstance(value, bool):
        raise Wrong("wants true or false, without quotes")
    return value


def integer(low: int, high: int) -> Check[int]:
    """A whole number within low..high."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Wrong(f"wants a whole number from {low} to {high}")
        return value

    return check


THREADS = integer(1, 1024)


def number(low: float, high: float) -> Check[float]:
    """A finite number within low..high."""

    def check(value: Any) -> float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not fits or not math.isfinite(value) or not low <= value <= high:
            raise Wrong(f"wants a number from {low:g} to {high:g}")
        return float(value)

    return check


def one_of(*known: T) -> Check[T]:
    """One of these words."""

    def check(value: Any) -> T:
        if isinstance(value, str) and value in known:
            return known[known.index(value)]
        if not known:
            raise Wrong("is not taken: there is nothing to set")
        hint = nearest(value, [str(k) for k in known]) if isinstance(value, str) else ""
        raise Wrong(f"wants one of {', '.join(repr(k) for k in known)}{hint}")

    return check


def known_name(known: Collection[str], what: str) -> Check[str]:
    """A name out of `known`; any text where `known` is empty (nobody told us the names)."""

    def check(value: Any) -> str:
        name = text(value)
        if known and name not in known:
            hint = nearest(name, known) or f"; there are {', '.join(sorted(known))}"
            raise Wrong(f"is no {what} that Rung knows{hint}")
        return name

    return check


def size(value: Any) -> int:
    """Bytes, from a whole number or a text with a unit: `"12 GiB"`, `"500 MB"`."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    unit = _UNITS.get(found.group(2).lower() or "b") if found else None
    if found is None or unit is None or float(found.group(1)) * unit < 1:
        raise Wrong('wants a size above 0: bytes as a whole number, or a text such as "12 GiB" or "500 MB"')
    return int(float(found.group(1)) * unit)


def network(value: Any) -> str:
    """A network in CIDR form, `10.1.0.0/16`; one address counts as a network."""
    address = text(value)
    try:
        return str(ipaddress.ip_network(address))
    except ValueError as error:
        raise Wrong("wants a network such as '10.1.0.0/16' or one address") from error


def device(value: Any) -> str:
    """A device id (`cpu`, `mps`, `cuda:0`) or a kind (`cuda`)."""
    if not isinstance(value, str) or not re.fullmatch(r"cpu|mps|cuda(:\d+)?", value):
        hint = nearest(value, ("cpu", "mps", "cuda", "cuda:0")) if isinstance(value, str) else ""
        raise Wrong(f"wants a device: 'cpu', 'mps', 'cuda' or 'cuda:N'{hint}")
    return value


def device_or_auto(value: Any) -> str:
    """A device, or `auto`."""
    if value == "auto":
        return "auto"
    try:
        return device(value)
    except Wrong as wrong:
        hint = nearest(value, ("auto", "cpu", "mps", "cuda", "cuda:0")) if isinstance(value, str) else ""
        raise Wrong(f"wants 'auto', 'cpu', 'mps', 'cuda' or 'cuda:N'{hint}") from wrong


def device_id(value: Any) -> str:
    """One device (`cpu`, `mps`, `cuda:0`)."""
    if not isinstance(value, str) or not re.fullmatch(r"cpu|mps|cuda:\d+", value):
        raise Wrong("wants one device: 'cpu', 'mps' or 'cuda:N'")
    return value


def environment_value(value: Any) -> str:
    """What a process's environment can hold; numbers become text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or "\0" in str(value):
        raise Wrong("wants a text or a number")
    return str(value)


def plain(value: Any) -> Any:
    """Any TOML value but a date: what a loader can be told as an option."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if not isinstance(value, str | int | float | bool):
        raise Wrong("wants a text, a number, true or false, or a list or table of those")
    return value
