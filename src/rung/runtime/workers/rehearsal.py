"""Owns runs of a variant's own example: what a load ends with where it is to be warmed up, and what `rung profile`
measures.

Imports the standard library and numpy only: the worker's side uses it.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rung.runtime.errors import Cancelled, InvalidInput, LoadFailed, ModelFailed, OutOfMemory, RungError
from rung.runtime.model import Error, Model, Result
from rung.runtime.sections import section
from rung.runtime.spec import Strategy
from rung.runtime.workers.foreign import foreign

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One variant's example. maker: `module:function`, used where the model has no `example`; times: runs that belong
    to the load."""

    variant: str
    task: str
    maker: str
    times: int


@dataclass(slots=True, eq=False, kw_only=True)
class RehearsalCall:
    """`model.Call` of a run that nobody waits for: nothing of it is remembered, shared or sent."""

    id: str
    variant: str
    input: Any
    is_ending: Callable[[], bool]
    seed: int | None = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Raise Cancelled when the worker is to end."""
        if self.is_ending():
            raise Cancelled(f"{self.id} was cancelled: its worker is to end.")

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """Made each time: a second run that finds what the first one made would warm nothing."""
        return make()

    def empty(self, shape: int | Sequence[int], dtype: DTypeLike = np.uint8) -> NDArray[Any]:
        """An ordinary array."""
        return np.empty(shape, dtype)

    def warn(self, sentence: str) -> None:
        """Nobody reads it."""

    def held(self, strategy: Strategy) -> None:
        """Nobody reads it."""

    def retire(self, reason: str) -> None:
        """Nobody reads it."""


def example_of(model: Model, wanted: Rehearsal, pixels: int | None, *, shared: bool = False, maker: str = "") -> Any:
    """An input of about that many pixels (None: the author's choice), made by the model, else by `maker`, else by the
    variant's maker.

    shared: the model answers for several variants, and is told which. Raises InvalidInput where there is no example,
    ModelFailed when it cannot be made.
    """
    own = getattr(model, "example", None)
    maker = maker or wanted.maker
    with foreign(ModelFailed, f"The example of {wanted.variant}"):
        if callable(own):
            return own(pixels, variant=wanted.variant) if shared else own(pixels)
        if maker:
            module, _, name = maker.partition(":")
            return getattr(importlib.import_module(module), name)(wanted.task, pixels)
    raise InvalidInput(f"{wanted.variant} has no example: give its class `example(self, pixels=None)`.")


def warm_up(model: Model, rehearsals: Sequence[Rehearsal], is_ending: Callable[[], bool]) -> None:
    """Run every example as often as is wanted, one call at a time. Raises LoadFailed, OutOfMemory, Cancelled."""
    for wanted in rehearsals:
        for number in range(1, wanted.times + 1):
            run = f"Warm-up {number} of {wanted.times} of {wanted.variant}"
            try:
                input = example_of(model, wanted, None, shared=len(rehearsals) > 1)
            except (InvalidInput, ModelFailed) as error:
                raise LoadFailed(
                    f"{run} cannot begin: {error.message} Or set {section(wanted.variant)} warmup = 0."
                ) from error
            _run(model, RehearsalCall(id=run, variant=wanted.variant, input=input, is_ending=is_ending))


def _run(model: Model, call: RehearsalCall) -> None:
    try:
        with foreign(LoadFailed, call.id):
            call.check()
            said = deque((outcome for _, outcome in model.run([call])), maxlen=1)
        for outcome in said:
            if isinstance(outcome, Error):
                raise outcome.error
    except (OutOfMemory, Cancelled, LoadFailed):
        raise
    except RungError as error:  # what the model says to a caller is here a reason why it cannot be loaded
        raise LoadFailed(f"{call.id} failed: {error.message}") from error
    if not any(isinstance(outcome, Result) for outcome in said):
        raise LoadFailed(f"{call.id} failed: the model ended without an answer.")
