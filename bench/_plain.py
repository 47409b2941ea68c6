"""The same machine under the rules that the peers follow: who is served next, and whom it displaces."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from _traces import Box, Model
from rung.runtime.testing.simulate import Arrival, Fate, History

Order = Literal["arrival", "loaded-first"]


@dataclass(slots=True)
class Held:
    """A model in memory, or on its way in or out. loaded, used: when it began to load, and when it last ran."""

    model: Model
    loaded: float
    used: float
    state: Literal["loading", "ready", "unloading"] = "loading"
    running: bool = False


Evict = Callable[[Held], float]
"""What to sort by: the first goes first."""


def oldest(held: Held) -> float:
    return held.loaded


def unused(held: Held) -> float:
    return held.used


def smallest(held: Held) -> float:
    return held.model.gb


@dataclass(slots=True)
class Plain:
    """One run. Calls in the strict order of arrival, or those of loaded models at once while the others wait until
    enough models are idle. most: models in memory at once (a count stands for bytes). One batch runs at a time."""

    box: Box
    evict: Evict
    how: Order
    most: int = 99
    now: float = 0.0
    held: dict[str, Held] = field(default_factory=dict)
    waiting: deque[int] = field(default_factory=deque)
    history: History = field(default_factory=History)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _busy: bool = False
    _order: int = 0
    _named: Mapping[str, Model] = field(init=False)

    def run(self, trace: Sequence[Arrival]) -> History:
        """Until every call is answered."""
        self._named = {model.name: model for model in self.box.models}
        for number, arrival in enumerate(trace):
            self.history.fates.append(Fate(arrival.variant, arrival.at))
            self._at(arrival.at, lambda number=number: self.waiting.append(number))
        while self._due:
            self.now, _, deed = heapq.heappop(self._due)
            deed()
            self._serve()
            self._make_room()
        return self.history

    def _at(self, when: float, deed: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._due, (when, self._order, deed))

    # --- running ---------------------------------------------------------------------------------

    def _ready(self, number: int) -> bool:
        held = self.held.get(self.history.fates[number].variant)
        return held is not None and held.state == "ready"

    def _serve(self) -> None:
        if self._busy or not self.waiting:
            return
        strict = self.how == "arrival"
        able = [self.waiting[0]] if strict else self.waiting
        first = next((number for number in able if self._ready(number)), None)
        if first is not None:
            self._begin(self._batch(first, strict))

    def _batch(self, first: int, strict: bool) -> list[int]:
        """As many as the model takes; in strict order only what follows the first without another's call between."""
        name = self.history.fates[first].variant
        batch: list[int] = []
        for number in self.waiting:
            same = self.history.fates[number].variant == name
            if len(batch) == self._named[name].max_batch or (strict and not same):
                break
            if same:
                batch.append(number)
        return batch

    def _begin(self, batch: list[int]) -> None:
        held = self.held[self.history.fates[batch[0]].variant]
        held.running, held.used, self._busy = True, self.now, True
        self.history.batches.append((self.now, held.model.name, tuple(batch)))
        for number in batch:
            self.waiting.remove(number)
            self.history.fates[number].began = self.now
        self._at(self.now + held.model.speed.run_s(len(batch)), lambda: self._end(held, batch))

    def _end(self, held: Held, batch: list[int]) -> None:
        held.running, held.used, self._busy = False, self.now, False
        for number in batch:
            self.history.fates[number].ended = self.now

    # --- memory ----------------------------------------------------------------------------------

    def _make_room(self) -> None:
        """For the call that waits longest among those whose model is not there; in strict order for the first only."""
        for number in islice(self.waiting, 1 if self.how == "arrival" else None):
            name = self.history.fates[number].variant
            if name not in self.held:
                self._bring(self._named[name])
                return

    def _bring(self, model: Model) -> None:
        free = self.box.budget_gb - sum(held.model.gb for held in self.held.values())
        places = self.most - len(self.held)
        if model.gb <= free and places > 0:
            held = self.held[model.name] = Held(model, self.now, self.now)
            self.history.loads.append((self.now, model.name))
            self._at(self.now + model.speed.load_s, lambda: setattr(held, "state", "ready"))
            return
        leaving = [held for held in self.held.values() if held.state == "unloading"]
        free, places = free + sum(held.model.gb for held in leaving), places + len(leaving)
        victims = []
        for held in sorted(filter(self._idle, self.held.values()), key=self.evict):
            if model.gb <= free and places > 0:
                break
            victims.append(held)
            free, places = free + held.model.gb, places + 1
        if model.gb <= free and places > 0:
            for held in victims:
                held.state = "unloading"
                self._at(self.now + held.model.speed.unload_s, lambda name=held.model.name: self.held.pop(name))

    def _idle(self, held: Held) -> bool:
        """In strict order the head decides alone: what waits behind it keeps nobody in memory."""
        wanted = self.how == "loaded-first" and any(
            self.history.fates[number].variant == held.model.name for number in self.waiting
        )
        return held.state == "ready" and not held.running and not wanted
