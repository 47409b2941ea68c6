"""Decides what a request's `parameters` ask for beside its tensors. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rung.runtime.errors import InvalidInput
from rung.runtime.runner.terms import DEADLINE_S
from rung.runtime.server.options import unknown

LONGEST_S = 86_400.0
_KNOWN = ("seed", "deadline_s", "timeout")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTerms:
    """seed: of a model that draws. deadline_s: seconds after which nobody wants the answer."""

    seed: int | None = None
    deadline_s: float = DEADLINE_S


def read_terms(parameters: Mapping[str, Any]) -> CallTerms:
    """`seed`, `deadline_s`, and Triton's `timeout` in microseconds. Raises InvalidInput, for what is unknown too."""
    for name in parameters:
        if name not in _KNOWN:
            raise InvalidInput(unknown("parameter", name, _KNOWN), field=name[:80])
    if "deadline_s" in parameters and "timeout" in parameters:
        raise InvalidInput("parameters: deadline_s and timeout say the same; give one", field="timeout")
    deadline = DEADLINE_S
    if "deadline_s" in parameters:
        deadline = _seconds("deadline_s", parameters["deadline_s"], 1.0)
    if "timeout" in parameters:
        deadline = _seconds("timeout", parameters["timeout"], 1e-6)
    return CallTerms(seed=_seed(parameters.get("seed")), deadline_s=deadline)


def _seconds(name: str, value: Any, unit: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value * unit <= LONGEST_S:
        raise InvalidInput(f"parameters.{name}: must be over 0 and at most {LONGEST_S / unit:g}", field=name)
    return value * unit


def _seed(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise InvalidInput("parameters.seed: must be a whole number from 0 to below 2^63", field="seed")
    return value
