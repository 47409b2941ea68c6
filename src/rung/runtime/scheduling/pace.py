"""How fast a seat's worker loads, leaves and runs: what was given, then what was seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rung.runtime.scheduling.latency import LatencyLine
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.waiting import Waiting

START_S = 0.1
"""A worker that is forked, and connects."""
READ_BPS = 1.5e9
"""Bytes per second of a load that was never seen: from a disk, cold (measured on one virtual disk)."""
LEAVE_S = 0.3
"""An unload that was never seen."""
RUN_S = 1.0
"""A batch that was never seen."""
KEPT = 5
"""Loads and unloads that are remembered."""


@dataclass(slots=True)
class Pace:
    """The seconds of one seat. needs: of what it holds, by variant; what they give stands until it is seen."""

    needs: Mapping[str, Need]
    _loads: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT), init=False)
    _unloads: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT), init=False)
    _runs: dict[str, LatencyLine] = field(init=False)

    def __post_init__(self) -> None:
        """Nothing was seen."""
        self._runs = {name: LatencyLine(need.runs) for name, need in self.needs.items()}

    def loaded(self, seconds: float) -> None:
        """A load took so long."""
        self._loads.append(seconds)

    def left(self, seconds: float) -> None:
        """An unload took so long, until the memory was back."""
        self._unloads.append(seconds)

    def ran(self, variant: str, calls: int, seconds: float) -> None:
        """A batch took so long."""
        self._runs[variant].learn(calls, seconds)

    @property
    def load_s(self) -> float:
        """The mean of the last loads, else what was given, else what its bytes take."""
        if self._loads:
            return sum(self._loads) / len(self._loads)
        given = [need.load_s or START_S + need.resident / READ_BPS for need in self.needs.values()]
        return max(given)

    @property
    def known_load_s(self) -> float | None:
        """As `load_s`, where somebody measured it: here, or on this hardware before."""
        given = [need.load_s for need in self.needs.values() if need.load_s is not None]
        return self.load_s if self._loads or len(given) == len(self.needs) else None

    @property
    def unload_s(self) -> float:
        """The mean of the last unloads, else a guess."""
        return sum(self._unloads) / len(self._unloads) if self._unloads else LEAVE_S

    def run_s(self, counts: Mapping[str, int]) -> float:
        """Seconds that so many calls of these variants take, in batches of one variant each."""
        return sum(self._batches_s(variant, count) for variant, count in counts.items())

    def knows(self, variant: str) -> bool:
        """Whether a batch of it was seen, here or by whoever gave its runs."""
        return self._runs[variant].of(1) is not None

    def in_time(self, batch: Sequence[Waiting], now: float) -> bool:
        """Whether none of these calls of one variant is late because they run together: each keeps its deadline, or
        would miss it alone too. What was never seen is given the benefit of the doubt."""
        line = self._runs[batch[0].variant]
        together, alone = line.of(len(batch)), line.of(1)
        if together is None or alone is None:
            return True
        return all(now + together <= call.deadline or now + alone > call.deadline for call in batch)

    def _batches_s(self, variant: str, count: int) -> float:
        line, most = self._runs[variant], self.needs[variant].max_batch
        full, rest = divmod(count, most)
        whole, part = line.of(most) if full else 0.0, line.of(rest) if rest else 0.0
        if whole is None or part is None:
            return RUN_S * (full + (rest > 0))
        return full * whole + part
