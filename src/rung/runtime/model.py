"""What a model author writes: load once, run many. Nothing about processes, sockets or HTTP reaches it.

The smallest model is a function::

    def invert(input: InpaintInput, call: Call) -> InpaintOutput: ...

The full contract is a class with `load` and `run`. `run` yields `(index, outcome)` pairs, so that
batches, streams, progress and per-item errors are one thing. Imports the standard library and numpy only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rung.runtime.errors import RungError
from rung.runtime.spec import Component, Strategy

I_co = TypeVar("I_co", covariant=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One variant that a worker answers for.

    fallbacks: the strategies that may be taken in turn when `strategy` runs out of memory.
    """

    variant: str
    task: str
    precision: str
    weights: Mapping[str, Path]
    caps: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    strategy: Strategy = "resident"
    fallbacks: tuple[Strategy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a model is told when it is loaded.

    device: `cpu`, `cuda:0` (already the only visible one), `mps`. threads: how many it may use.
    weights: Weights.name -> path, verified. caps and options: from the plan.
    members: variant -> Member. One, with the same fields as here, unless the worker is a group's: then `variant` is
    the group's name, and precision, caps and options of each stand in its Member only.
    room: bytes of the device that the weights may take, None where nobody says.
    """

    variant: str
    task: str
    device: str
    precision: str
    threads: int
    weights: Mapping[str, Path]
    caps: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    room: int | None = None

    def weight(self, ending: str) -> Path:
        """The one weight file whose catalogue name ends so; KeyError otherwise."""
        found = [path for name, path in self.weights.items() if name.endswith(ending)]
        if len(found) != 1:
            raise KeyError(f"{self.variant}: {len(found)} weight files end with {ending!r}: {sorted(self.weights)}")
        return found[0]


class Call(Protocol[I_co]):
    """One call as the model sees it. `input` is the task's input type; its arrays are read-only and
    valid only until the call ends: copy what you keep."""

    @property
    def id(self) -> str:
        """The call's name, unique."""

    @property
    def variant(self) -> str:
        """Which of the worker's members is to answer."""

    @property
    def input(self) -> I_co:
        """The task's input type."""

    @property
    def seed(self) -> int | None:
        """What makes the answer repeatable, where the model draws numbers."""

    @property
    def options(self) -> Mapping[str, Any]:
        """The request's options for this call."""

    def check(self) -> None:
        """Raise Cancelled or DeadlineExceeded when the call is not wanted any more. Call it between steps."""

    def memo(self, key: str, make: Callable[[], T]) -> T:
        """The cached value of `key`, made if absent. Content-addressed: the key names content (a hash) and
        every parameter that matters. Scoped to the caller's key, byte-budgeted; `make` runs once.
        A hit is noted in the provenance under the key's part before the first `:`."""

    def empty(self, shape: int | Sequence[int], dtype: DTypeLike = np.uint8) -> NDArray[Any]:
        """Like `numpy.empty`, for a large array of the answer: written here, it need not be copied to be sent.
        Give it back in this call's Result and keep nothing of it: the memory is used again."""

    def warn(self, sentence: str) -> None:
        """Add a sentence to the answer's warnings."""

    def held(self, strategy: Strategy) -> None:
        """Note how the components were held while this call ran; stands in the provenance."""

    def retire(self, reason: str) -> None:
        """Ask that this worker be replaced when it has answered: memory did not come back, for example."""


@dataclass(frozen=True, slots=True)
class Progress:
    """0..1, with what is being done."""

    fraction: float
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a streamed answer: plain values, arrays, bytes."""

    value: Any


@dataclass(frozen=True, slots=True)
class Result:
    """The answer: the task's output type. Ends the call."""

    output: Any


@dataclass(frozen=True, slots=True)
class Error:
    """This item failed; the others of the batch go on. Ends the call."""

    error: RungError


Outcome = Progress | Part | Result | Error


class Model(Protocol):
    """The class form. A constructor takes nothing and does nothing.

    It may have `example(self, pixels: int | None = None)` too: an input of its task, of about that many pixels where
    it takes pictures, to be warmed up and measured with. It is called after `load`; in a group's worker with
    `variant=NAME` beside.
    """

    def load(self, context: Context) -> None:
        """Take weights into memory. May take long; raises to say why it cannot."""

    def run(self, calls: Sequence[Call[Any]]) -> Iterator[tuple[int, Outcome]]:
        """Answer every call: exactly one Result or Error per index, any Progress or Part before it."""
