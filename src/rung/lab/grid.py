"""What is varied: which parameters, in which values, and the settings that follow. Pure.

The first value of each parameter is the baseline's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from rung.runtime.errors import InvalidInput

Value = str | int | float | bool | None
Setting = Mapping[str, Value]
"""Parameter -> value, in the order in which the parameters were given."""

MOST_SETTINGS = 200


@dataclass(frozen=True, slots=True)
class Vary:
    """One parameter and its values, at least two, all different; the baseline's first."""

    name: str
    values: tuple[Value, ...]


def parse_vary(words: str) -> Vary:
    """`PARAM=a,b,c`; a value that reads as JSON (a number, true, null) is that value, any other is text.

    Raises InvalidInput.
    """
    name, sign, values = words.partition("=")
    if not sign or not name.strip():
        raise InvalidInput(f"{words!r}: write PARAM=VALUE,VALUE, such as feather=3,0,8")
    return vary_of(name.strip(), [_value(word.strip()) for word in values.split(",")])


def vary_of(name: str, values: Sequence[Value]) -> Vary:
    """Raises InvalidInput for fewer than two values, one that stands there twice, or one that is a list or table."""
    if len(values) < 2:
        raise InvalidInput(f"{name}: one value is nothing to compare; give the baseline's and others: {name}=a,b")
    for value in values:
        if isinstance(value, list | dict):
            raise InvalidInput(f"{name}: {value!r} is no single number, word, true, false or null")
        if value == "" or [type(v) for v in values if v == value].count(type(value)) > 1:
            raise InvalidInput(f"{name}: the value {value!r} stands there twice or is empty")
    return Vary(name, tuple(values))


def _value(word: str) -> Any:
    try:
        return json.loads(word)
    except json.JSONDecodeError:
        return word


def all_settings(varied: Sequence[Vary]) -> tuple[Setting, ...]:
    """Every combination, the baseline first. Raises InvalidInput for a parameter given twice, or too many settings."""
    names = [vary.name for vary in varied]
    if len(set(names)) < len(names):
        raise InvalidInput(f"a parameter is varied twice: {', '.join(names)}; give all its values in one --vary")
    found = tuple(dict(zip(names, values, strict=True)) for values in product(*(vary.values for vary in varied)))
    if len(found) > MOST_SETTINGS:
        raise InvalidInput(f"{len(found)} settings are more than {MOST_SETTINGS}; vary fewer values at a time")
    return found


def ablation_settings(varied: Sequence[Vary]) -> tuple[Setting, ...]:
    """Without any change, each change alone, all without one, all: for a parameter's second value against its first.

    Raises InvalidInput for a parameter with more than two values, or fewer than two parameters.
    """
    for vary in varied:
        if len(vary.values) != 2:
            raise InvalidInput(f"--ablate compares two values of each parameter; {vary.name} has {len(vary.values)}")
    if len(varied) < 2:
        raise InvalidInput("--ablate wants two --vary at least: with one there is nothing to add up")
    none = {vary.name: vary.values[0] for vary in varied}
    every = {vary.name: vary.values[1] for vary in varied}
    alone = [none | {vary.name: vary.values[1]} for vary in varied]
    without = [every | {vary.name: vary.values[0]} for vary in varied]
    found: list[Setting] = []
    for setting in (none, *alone, *without, every):
        if setting not in found:
            found.append(setting)
    return tuple(found)


def shown(setting: Setting) -> str:
    """`steps=15 preview=none`."""
    return " ".join(f"{name}={word(value)}" for name, value in setting.items())


def word(value: Value) -> str:
    """As one writes it after --vary."""
    return value if isinstance(value, str) else json.dumps(value)
