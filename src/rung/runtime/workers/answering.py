"""Owns a batch's life inside the worker: every call gets exactly one answer or one error.

Imports the standard library and numpy only: the worker's side uses it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rung.runtime.errors import Cancelled, DeadlineExceeded, InvalidInput, ModelFailed, RungError
from rung.runtime.model import Error, Model, Outcome, Part, Progress, Result
from rung.runtime.spec import Strategy
from rung.runtime.tasks import TASKS
from rung.runtime.workers import payload
from rung.runtime.workers.foreign import foreign
from rung.runtime.workers.memo import Memo
from rung.runtime.workers.room import Room

T = TypeVar("T")


@dataclass(slots=True, eq=False, kw_only=True)
class RunningCall:
    """What a model holds of a call: `model.Call`, and what the worker notes about it."""

    id: str
    task: str
    input: Any
    seed: int | None
    options: Mapping[str, Any]
    scope: str
    deadline: float | None
    """time.monotonic(): one clock for all processes of a machine."""
    known: Memo
    room: Room
    is_cancelled: Callable[[], bool]
    variant: str = ""
    strategy: Strategy = "resident"
    pixels: int = 0
    """Of an example that was made here; of others the server knows them."""
    leaving: str = ""
    """Why this worker should be replaced."""
    cached: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stopped: RungError | None = None
    """What `check` raised."""
    streamed: bool = False
    answered: bool = False

    def check(self) -> None:
        """Raise Cancelled or DeadlineExceeded when the call is not wanted any more."""
        if self.is_cancelled():
            self.stopped = Cancelled("The call was cancelled.", call=self.id)
            raise self.stopped
        if self.deadline is not None and time.monotonic() > self.deadline:
            late = time.monotonic() - self.deadline
            self.stopped = DeadlineExceeded(f"The call is {late:.3f} s past its deadline.", call=self.id)
            raise self.stopped

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """The cached value of `key`, made if absent; a hit is noted."""
        value, hit = self.known.get(self.scope, key, make)
        part = key.partition(":")[0]
        if hit and part not in self.cached:
            self.cached.append(part)
        return value

    def empty(self, shape: int | Sequence[int], dtype: DTypeLike = np.uint8) -> NDArray[Any]:
        """An array of undefined content, in the memory from which the answer is read."""
        return self.room.empty(shape, dtype)

    def warn(self, sentence: str) -> None:
        """Add a sentence to the answer's warnings, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def held(self, strategy: Strategy) -> None:
        """Note how the components were held while this call ran."""
        self.strategy = strategy

    def retire(self, reason: str) -> None:
        """Ask that this worker be replaced when it has answered."""
        self.leaving = reason


@dataclass(frozen=True, slots=True)
class FunctionModel:
    """A plain `function(input, call) -> output` as a model without weights."""

    function: Callable[[Any, Any], Any]

    def load(self, context: object) -> None:
        """Nothing to take into memory."""

    def run(self, calls: Sequence[Any]) -> Iterator[tuple[int, Outcome]]:
        """One call after the other."""
        for index, call in enumerate(calls):
            yield index, Result(self.function(call.input, call))


Deliver = Callable[[RunningCall, Outcome], None]


def answer(model: Model, calls: Sequence[RunningCall], deliver: Deliver) -> None:
    """Run a batch until each call has its Result or Error.

    1. Calls that are cancelled or late before they start never reach the model.
    2. A batch in which a call's own `check` raised: that call is answered so, the others run again without it.
    3. A batch that failed otherwise runs again one call at a time, so that only the guilty one fails.
       A call that has streamed already cannot run again; it fails.
    """
    wanted = [call for call in calls if _wanted(call, deliver)]
    failure = _attempt(model, wanted, deliver) if wanted else None
    if failure is None:
        return
    again: list[RunningCall] = []
    for call in [c for c in wanted if not c.answered]:
        if len(wanted) == 1 or call.stopped or call.streamed:
            finish(call, Error(call.stopped or failure), deliver)
        else:
            again.append(call)
    if any(call.stopped is failure for call in wanted):
        answer(model, again, deliver)
        return
    for call in again:
        answer(model, [call], deliver)


def _wanted(call: RunningCall, deliver: Deliver) -> bool:
    try:
        call.check()
    except (Cancelled, DeadlineExceeded) as error:
        finish(call, Error(error), deliver)
        return False
    return True


def _attempt(model: Model, calls: Sequence[RunningCall], deliver: Deliver) -> RungError | None:
    """One pass of the model. What it raised, or None when every call has been answered."""
    try:
        with foreign(ModelFailed, "The model"):
            for index, outcome in model.run(calls):
                if not 0 <= index < len(calls) or calls[index].answered:
                    raise ValueError(
                        f"an outcome for call {index} of {len(calls)}, which is unknown or answered already"
                    )
                finish(calls[index], outcome, deliver)
    except RungError as error:
        return error
    for index, call in enumerate(calls):
        if not call.answered:
            missing = ModelFailed(f"The model ended without an answer for call {index} of {len(calls)}.", index=index)
            finish(call, Error(missing), deliver)
    return None


def finish(call: RunningCall, outcome: Outcome, deliver: Deliver) -> None:
    """Deliver an outcome, its value encoded, and note what it means for the call."""
    match outcome:
        case Result(output):
            outcome = _checked(call, output)
            call.answered = True
        case Error():
            call.answered = True
        case Part(value):
            outcome = Part(_encoded(value))
            call.streamed = True
        case Progress():
            pass
        case _:
            raise TypeError(f"a {type(outcome).__name__} where a Progress, Part, Result or Error is due")
    deliver(call, outcome)


def _checked(call: RunningCall, output: object) -> Outcome:
    """The output as what crosses to the server, or the Error that says why it cannot."""
    promised = TASKS[call.task].output if call.task in TASKS else object
    if not isinstance(output, promised):
        given = f"The model gave a {type(output).__name__}"
        return Error(ModelFailed(f"{given} where {call.task} promises a {promised.__name__}."))
    try:
        return Result(_encoded(output, call.room))
    except ModelFailed as error:
        return Error(error)


def _encoded(value: object, room: Room | None = None) -> payload.Encoded:
    try:
        return payload.encode(value, "answer", room)
    except InvalidInput as error:
        raise ModelFailed(f"The model's answer cannot be sent: {error.message}") from error
