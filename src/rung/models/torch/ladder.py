"""Decides with which strategy a member's call runs: the planned one, and after it ran out of memory the next slower."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import torch

from rung.models.torch.components import Part, Store
from rung.runtime.errors import OutOfMemory
from rung.runtime.model import Call, Member
from rung.runtime.planning.strategies import STRATEGIES
from rung.runtime.spec import Strategy

T = TypeVar("T")


class Ladder:
    """The members of a worker with the strategies that they are at; a step down is for good.

    members: name -> the member and its components.
    """

    def __init__(self, store: Store, members: Mapping[str, tuple[Member, Sequence[Part]]]) -> None:
        self._store = store
        self._members = members
        self._steps = {name: [member.strategy, *member.fallbacks] for name, (member, _) in members.items()}
        self._short = dict.fromkeys(members, "")
        self._lost = ""

    def strategy(self, member: str) -> Strategy:
        """The one that its next call runs with."""
        return self._steps[member][0]

    def settle(self) -> None:
        """Put every component where the members' strategies want it; steps down where memory runs out already.

        Raises OutOfMemory when a member has no slower strategy left.
        """
        while True:
            error = _memory_error(lambda: self._store.arrange(self._wanted()))
            if error is None:
                return
            self._down(self._hungriest(error), error)

    def run(self, call: Call[Any], work: Callable[[], T]) -> T:
        """The work, begun again with the next slower strategy whenever it runs out of memory.

        Raises OutOfMemory with what was tried when it does so with the slowest.
        """
        name = call.variant
        while True:
            strategy = self.strategy(name)
            result: list[T] = []
            error = _memory_error(partial(self._within, strategy, work, result))
            if error is None:
                self._say(call, strategy)
                return result[0]
            self._down(name, error)
            self.settle()

    def _within(self, strategy: Strategy, work: Callable[[], T], result: list[T]) -> None:
        with self._store.running(strategy):
            result.append(work())

    def _say(self, call: Call[Any], strategy: Strategy) -> None:
        call.held(strategy)
        if self._short[call.variant]:
            call.warn(self._short[call.variant])
        if self._lost:
            call.retire(self._lost)

    def _down(self, name: str, error: str) -> None:
        tried, *slower = self._steps[name]
        # Everything leaves: what another member holds is brought back by `settle`, where there is room for it.
        self._lost = self._store.clear(self._store.parts.values()) or self._lost
        if not slower:
            raise OutOfMemory(f"{name} ran out of memory with {tried}, and there is no slower strategy for it: {error}")
        self._steps[name] = slower
        self._short[name] = f"{name} runs with {slower[0]}: memory ran out with {tried} ({error})"

    def _hungriest(self, error: str) -> str:
        """Whose step down frees most: of those that can still step down the fastest, of these the largest."""
        able = [name for name, steps in self._steps.items() if len(steps) > 1]
        if not able:
            raise OutOfMemory(f"the components have no room, and no member has a slower strategy: {error}")
        return min(able, key=lambda name: (STRATEGIES.index(self.strategy(name)), -self._bytes(name)))

    def _bytes(self, name: str) -> int:
        return sum(part.bytes for part in self._members[name][1])

    def _wanted(self) -> dict[str, tuple[Strategy, Sequence[Part]]]:
        return {name: (self.strategy(name), parts) for name, (_, parts) in self._members.items()}


def _memory_error(work: Callable[[], object]) -> str | None:
    """What a lack of memory said, or None; other errors pass.

    Only the sentence is kept: an exception holds its frames, and those the tensors that were on the device.
    """
    try:
        work()
    except (torch.OutOfMemoryError, MemoryError, OutOfMemory) as error:
        return str(error).partition("\n")[0]
    except RuntimeError as error:
        if "DefaultCPUAllocator" not in str(error):
            raise
        return str(error).partition("\n")[0]
    return None
