"""Runs an app's CPU functions in a worker, by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import ComputeInput, ComputeOutput


class Compute:
    """No weights: imports `module:function` at its first use and calls it."""

    def load(self, context: Context) -> None:
        """Nothing to load: the template has the libraries."""

    def run(self, calls: Sequence[Call[ComputeInput]]) -> Iterator[tuple[int, Outcome]]:
        """Each call's function with its arguments. A RungError that it raises reaches the caller as it is."""
        for index, call in enumerate(calls):
            value = _function(call.input.function)(**call.input.arguments)
            yield index, Result(ComputeOutput(value=value))


def _function(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function
