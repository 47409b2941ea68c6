"""A machine in virtual time that obeys the real scheduler: a trace of calls in, what became of each out.

Nothing runs and nothing sleeps: a load, an unload and a batch take the seconds that `Speed` says. The same trace
gives the same history, so that what a policy is worth can be counted to the last call.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rung.runtime.scheduling import commands as do
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.invariants import violations
from rung.runtime.scheduling.scheduler import Scheduler


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Seconds that things take on one variant: a batch of n calls takes base_s + n * each_s."""

    load_s: float
    each_s: float
    base_s: float = 0.0
    unload_s: float = 0.0

    def run_s(self, calls: int) -> float:
        """Seconds that a batch of so many calls takes."""
        return self.base_s + self.each_s * calls


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that comes at `at` and wants its answer within `deadline_s`, both in seconds.

    takes_s: seconds that it takes, where they are its own and not its variant's.
    """

    at: float
    variant: str
    deadline_s: float = math.inf
    takes_s: float | None = None


@dataclass(slots=True)
class Fate:
    """What became of one call. Seconds; began, ended: NaN where it never did. error: the code that it ended with."""

    variant: str
    arrived: float
    began: float = math.nan
    ended: float = math.nan
    error: str = ""

    @property
    def wait_s(self) -> float:
        """From its arrival until it last began."""
        return self.began - self.arrived

    @property
    def latency_s(self) -> float:
        """From its arrival to its end."""
        return self.ended - self.arrived


@dataclass(slots=True)
class History:
    """All that happened: the fates in the order of the trace, the loads and the batches in the order of time."""

    fates: list[Fate] = field(default_factory=list)
    loads: list[tuple[float, str]] = field(default_factory=list)
    batches: list[tuple[float, str, tuple[int, ...]]] = field(default_factory=list)
    """When, on which seat, and the places of its calls in the trace."""


@dataclass(slots=True)
class Simulation:
    """One run of a machine. speeds: by variant, or by seat where one differs. checked: look at the scheduler's
    invariants after each event. follow: the calls that come when one is answered, by its place in the history."""

    scheduler: Scheduler
    speeds: Mapping[str, Speed]
    checked: bool = False
    follow: Callable[[int, float], Sequence[Arrival]] = lambda number, now: ()
    now: float = 0.0
    history: History = field(default_factory=History)
    _due: list[tuple[float, int, happened.Event]] = field(default_factory=list)
    _order: int = 0
    _takes: dict[int, float] = field(default_factory=dict)

    def run(self, trace: Sequence[Arrival]) -> History:
        """Let all of it happen, until every call has ended. The trace is in the order of time."""
        for arrival in trace:
            self._arrive(arrival)
        while self._due or self._alarm() < math.inf:
            self._tell(self._next())
        return self.history

    def expect(self, some: Iterable[happened.Event]) -> None:
        """Let these happen too, each when its time has come."""
        for event in some:
            self._later(event)

    def _arrive(self, arrival: Arrival) -> None:
        number = len(self.history.fates)
        self.history.fates.append(Fate(arrival.variant, arrival.at))
        if arrival.takes_s is not None:
            self._takes[number] = arrival.takes_s
        by = arrival.at + arrival.deadline_s
        self._later(happened.CallArrived(str(number), arrival.variant, by, arrival.at))

    def _alarm(self) -> float:
        alarm = self.scheduler.next_alarm()
        return math.inf if alarm is None else alarm

    def _next(self) -> happened.Event:
        alarm = self._alarm()
        if self._due and self._due[0][0] <= alarm:
            return heapq.heappop(self._due)[2]
        return happened.Tick(alarm)

    def _later(self, event: happened.Event) -> None:
        self._order += 1
        heapq.heappush(self._due, (event.now, self._order, event))

    def _tell(self, event: happened.Event) -> None:
        self.now = max(self.now, event.now)
        if isinstance(event, happened.CallDone):
            fate = self.history.fates[int(event.call)]
            if math.isnan(fate.ended):
                fate.ended = self.now
                for arrival in self.follow(int(event.call), self.now):
                    self._arrive(arrival)
        for command in self.scheduler.handle(event):
            self._obey(command)
        if self.checked:
            broken = violations(self.scheduler)
            assert not broken, f"after {event}: {broken}"

    def _obey(self, command: do.Command) -> None:
        match command:
            case do.Load(seat=name):
                self.history.loads.append((self.now, name))
                self._later(happened.LoadDone(name, self.now + self._speed(name).load_s))
            case do.Unload(seat=name):
                self._later(happened.UnloadDone(name, self.now + self._speed(name).unload_s))
            case do.Dispatch(seat=name, calls=calls):
                self._dispatch(name, calls)
            case do.CancelRunning(call=call):
                self._later(happened.CallDone(call, self.now))  # it lets go at once; its true end is no news then
            case do.Fail(call=call, error=error):
                fate = self.history.fates[int(call)]
                fate.ended, fate.error = self.now, error.code
            case do.LetGo() | do.Refuse():
                pass
            case _:
                raise NotImplementedError(f"workers neither die nor age here, and yet: {command}")

    def _speed(self, seat: str) -> Speed:
        return self.speeds[seat if seat in self.speeds else self.scheduler.seats[seat].line]

    def _dispatch(self, name: str, calls: Sequence[str]) -> None:
        numbers = tuple(map(int, calls))
        self.history.batches.append((self.now, name, numbers))
        variant = self.history.fates[numbers[0]].variant
        usual = self.speeds[name if name in self.speeds else variant].run_s(len(calls))
        own = [self._takes[number] for number in numbers if number in self._takes]
        done = self.now + (sum(own) if len(own) == len(numbers) else usual)
        for number in numbers:
            self.history.fates[number].began = self.now
            self._later(happened.CallDone(str(number), done))
