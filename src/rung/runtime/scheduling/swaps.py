"""Decides what memory and cores are given to next: what waits, against what a switch costs those who have to leave.

Pure: it is shown `Side`s and answers with their order, with who leaves, and with when. Everything is weighed in
*call-seconds*: one call that waits one second. Three rules:

1. Who is next, among lines that wait for memory and among workers that wait for cores, is who has the most waiting
   behind it per second that it would take (the generalised c-mu rule, with the load as part of the time).
2. Who leaves is the cheapest set that holds the bytes: the calls that would be kept waiting while it is away, those
   queued and those to be expected, times how long it would be away.
3. When: idle variants leave at once. Busy ones keep their turn until those who ask have waited for as many
   call-seconds as the switch would cost, or a call would be too late otherwise; then the gate closes.

None of it may starve a call: one is *overdue* when, since it came, more work has begun than PATIENCE times what stood
before it, itself included. An overdue call goes before all others. Work is counted and not time: by the clock everybody
is overdue in an overload, and what is left is first-come.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import Literal

from rung.runtime.scheduling.queue import Queue

PATIENCE = 3.0
"""How many times the work that stood before a call may be begun before it is overdue."""
MOST_LOOKED_AT = 16
"""Calls of a line whose deadlines are weighed, the oldest: those behind them are too far away to tell."""
NONE = -1
"""An order before all calls."""
MOST_WEIGHED = 10
"""Seats of which every combination is weighed; of more, the cheapest for its bytes goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One seat, as somebody who asks for memory or for cores, or who holds them. Seconds and bytes.

    calls: what waits in its line, oldest first. busy: calls that run. batch: how many of them would begin next.
    rate: calls per second that come lately. load_s, unload_s: that a load and an unload take. run_s: that so many
    calls take, in batches. overdue: a call of it is. gated: it has to leave already.
    fresh: nothing has run there since it was loaded. untried: nobody knows how long its next call takes.
    spare: another seat serves its line. used: when it was used last.
    """

    seat: str
    bytes: int
    calls: Queue = field(default_factory=Queue)
    busy: int = 0
    batch: int = 1
    rate: float = 0.0
    load_s: float = 0.0
    unload_s: float = 0.0
    run_s: Callable[[int], float] = lambda calls: float(calls)
    overdue: bool = False
    gated: bool = False
    fresh: bool = False
    untried: bool = False
    spare: bool = False
    used: float = 0.0

    @property
    def idle(self) -> bool:
        """Nothing runs and nothing waits."""
        return not self.busy and not self.calls

    @property
    def first(self) -> float:
        """The order of its oldest call."""
        return self.calls[0].order if self.calls else math.inf

    def waited(self, now: float, most: int | None = None) -> float:
        """Call-seconds that its first calls have waited; all of them without `most`."""
        return self.calls.waited(now) if most is None else sum(now - c.arrived for c in islice(self.calls, most))


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """now: it is decided. hold: not before `until`, if nothing changes.
    up_to: the order of the last call that may still run on those who leave; None: all that is queued."""

    kind: Literal["now", "hold"]
    until: float = math.inf
    up_to: int | None = None


@dataclass(frozen=True, slots=True)
class Swaps:
    """The policy. patience: see PATIENCE."""

    patience: float = PATIENCE

    def turns(self, ready: Sequence[Side], now: float) -> list[Side]:
        """In which order the workers that could begin a batch are given cores. What was never seen to run goes before
        what was: held to be slow it would wait for as long as others ask, and one batch tells."""

        def key(side: Side) -> tuple[float, ...]:
            if side.overdue:
                return (0, side.first)
            if side.untried:
                return (1, side.first)
            run_s = side.run_s(side.batch)
            others = [other for other in ready if other is not side]
            delay = max((other.run_s(other.batch) for other in others), default=0.0)
            pressing = _saved(side, now, 0.0, delay, min(side.batch, MOST_LOOKED_AT))
            return (2, -pressing, -_per_second(side.waited(now, side.batch), run_s), side.first)

        return sorted(ready, key=key)

    def order(self, asking: Sequence[Side], now: float) -> list[Side]:
        """In which order the seats are loaded. One that is wanted although no call waits goes last."""

        def key(side: Side) -> tuple[float, ...]:
            if not side.calls:
                return (2,)
            if side.overdue:
                return (0, side.first)
            delay = max(
                (other.load_s + other.run_s(len(other.calls)) for other in asking if other is not side), default=0
            )
            saved = _saved(side, now, side.load_s, side.load_s + delay)
            takes = side.load_s + side.run_s(len(side.calls))
            return (1, -saved, -_per_second(side.waited(now), takes), side.first)

        return sorted(asking, key=lambda side: (*key(side), side.seat))

    def victims(self, asking: Side, candidates: Sequence[Side], short: int) -> list[Side] | None:
        """Who leaves, so that `short` bytes come back; None where all of them do not hold as much."""
        if sum(side.bytes for side in candidates) < short:
            return None
        price = {side.seat: _price(asking, side) + _wasted(asking, side) for side in candidates}

        def cost(chosen: Sequence[Side]) -> tuple[float, ...]:
            last_copies, held = sum(not s.spare for s in chosen), sum(s.bytes for s in chosen)
            return sum(price[s.seat] for s in chosen), last_copies, held, max(s.used for s in chosen)

        if len(candidates) <= MOST_WEIGHED:
            sets = [list(some) for size in range(1, len(candidates) + 1) for some in combinations(candidates, size)]
            return min((some for some in sets if sum(s.bytes for s in some) >= short), key=cost)
        return _greedily(sorted(candidates, key=lambda s: (price[s.seat] / max(s.bytes, 1), s.used)), short)

    def decide(self, asking: Side, victims: Sequence[Side], now: float) -> Switch:
        """Whether these leave now for the one who asks. Numbered cases, the first that holds:

        1. a call there is overdue: now, and only what is older than its first call may go before it
        2. nobody waits or runs on those who would leave, an operator asks, or it is decided already: now
        3. one of those who would leave has an overdue call itself: not before that has begun
        4. more calls keep their deadline by a switch at once than lose it: now, and nothing goes before them
        5. they have waited for as many call-seconds as the switch costs: now; what is queued may go first
        6. else hold, until they will have
        """
        if asking.overdue:
            return Switch(kind="now", up_to=asking.calls[0].order)
        if not asking.calls or all(side.idle or side.gated for side in victims):
            return Switch(kind="now")
        if any(side.overdue for side in victims):
            return Switch(kind="hold")
        if _rescued(asking, victims, now) > 0:
            return Switch(kind="now", up_to=NONE)
        left = sum(_price(asking, side) for side in victims) - asking.waited(now)
        if left <= 1e-9:
            return Switch(kind="now")
        return Switch(kind="hold", until=now + left / len(asking.calls))


def _per_second(waited: float, takes: float) -> float:
    return waited / max(takes, 1e-6)


def _away_s(asking: Side, side: Side) -> float:
    """How long a variant is away when it makes room: until the other has run what waits for it, and it is back."""
    turn_s = asking.load_s + asking.run_s(len(asking.calls)) + asking.unload_s
    return side.unload_s + turn_s + side.load_s


def _price(asking: Side, side: Side) -> float:
    """Call-seconds that it costs to let it go. One that has to go already, or is one copy of several, costs nothing."""
    if side.gated or side.spare:
        return 0.0
    away_s = _away_s(asking, side)
    return (side.busy + len(side.calls) + side.rate * away_s / 2) * away_s


def _wasted(asking: Side, side: Side) -> float:
    """Call-seconds of a load that has served nobody yet, and that those who ask would have to wait for."""
    return max(len(asking.calls), 1) * side.load_s if side.fresh else 0.0


def _greedily(candidates: Sequence[Side], short: int) -> list[Side]:
    """The first that hold the bytes together, without those that turn out not to be needed."""
    chosen: list[Side] = []
    for side in candidates:
        if sum(s.bytes for s in chosen) >= short:
            break
        chosen.append(side)
    for side in list(chosen):
        if sum(s.bytes for s in chosen) - side.bytes >= short:
            chosen.remove(side)
    return chosen


def _saved(side: Side, now: float, soon: float, late: float, most: int | None = None) -> int:
    """How many of its calls are answered in time when the first begins in `soon` seconds, and not when in `late`."""
    return sum(
        now + soon + took <= call.deadline < now + late + took
        for number, call in enumerate(islice(side.calls, most or MOST_LOOKED_AT))
        if call.deadline < math.inf
        for took in (side.run_s(number + 1),)
    )


def _rescued(asking: Side, victims: Sequence[Side], now: float) -> int:
    """Calls that make their deadline by a switch at once and not by one later, less those that it makes late."""
    drained = max(side.run_s(len(side.calls)) for side in victims)
    out = max(side.unload_s for side in victims) + asking.load_s
    saved = _saved(asking, now, out, out + drained)
    lost = sum(_saved(side, now, 0.0, _away_s(asking, side)) for side in victims)
    return saved - lost
