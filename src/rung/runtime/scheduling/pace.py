"""How fast a seat's worker loads, leaves and runs: what was given, then what was seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from rung.runtime.scheduling.latency import Latency

START_S = 0.1
"""A worker that is forked, and connects."""
READ_BPS = 1.5e9
"""Bytes per second of a load that was never seen: from a disk, cold (measured on one virtual disk)."""
LEAVE_S = 0.3
"""An unload that was never seen."""
RUN_S = 1.0
"""A call that was never seen."""
KEPT = 5
"""Loads and unloads that are remembered."""


@dataclass(slots=True)
class Pace:
    """The seconds of one seat. bytes: what a load reads. given_load_s: from a profile.

    given_runs: by variant, (calls, seconds) from a profile, which stand until batches displace them.
    """

    bytes: int
    max_batch: int = 1
    given_load_s: float | None = None
    given_runs: dict[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    _loads: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT), init=False)
    _unloads: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT), init=False)
    _runs: dict[str, Latency] = field(default_factory=dict, init=False)

    def loaded(self, seconds: float) -> None:
        """A load took so long."""
        self._loads.append(seconds)

    def left(self, seconds: float) -> None:
        """An unload took so long, until the memory was back."""
        self._unloads.append(seconds)

    def ran(self, variant: str, calls: int, seconds: float) -> None:
        """A batch took so long."""
        self.latency(variant).learn(calls, seconds)

    @property
    def load_s(self) -> float:
        """The mean of the last loads, else what was given, else what its bytes take."""
        if self._loads:
            return sum(self._loads) / len(self._loads)
        return self.given_load_s if self.given_load_s is not None else START_S + self.bytes / READ_BPS

    @property
    def unload_s(self) -> float:
        """The mean of the last unloads, else a guess."""
        return sum(self._unloads) / len(self._unloads) if self._unloads else LEAVE_S

    def latency(self, variant: str) -> Latency:
        """The line through the batches of one variant."""
        if variant not in self._runs:
            self._runs[variant] = Latency(self.given_runs.get(variant, ()))
        return self._runs[variant]

    def run_s(self, variants: Sequence[str]) -> float:
        """Seconds that calls of these variants take, in batches of one variant each; RUN_S for one never seen."""
        counts = {variant: variants.count(variant) for variant in dict.fromkeys(variants)}
        return sum(self._batches_s(variant, count) for variant, count in counts.items())

    def _batches_s(self, variant: str, count: int) -> float:
        latency = self.latency(variant)
        full, rest = divmod(count, self.max_batch)
        whole, part = latency.of(self.max_batch), latency.of(rest)
        if whole is None or part is None:
            return RUN_S * (full + (rest > 0))
        return full * whole + (part if rest else 0.0)
