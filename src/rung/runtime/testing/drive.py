"""Drives a scheduler without a process or a clock, and checks its invariants after each event."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rung.runtime.errors import LoadFailed, ModelFailed, RungError
from rung.runtime.scheduling import commands as do
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Command
from rung.runtime.scheduling.events import Event
from rung.runtime.scheduling.invariants import overloads, violations
from rung.runtime.scheduling.scheduler import Scheduler


@dataclass
class FakeClock:
    """A clock that moves only when told."""

    now: float = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass
class Drive:
    """A machine that obeys a scheduler at once, and lets the test decide when each deed is finished.

    After every event the scheduler's invariants are checked. `pending` holds the answers that a real
    machine would give; `settle` delivers them until none is left.
    """

    scheduler: Scheduler
    clock: FakeClock = field(default_factory=FakeClock)
    pending: list[Event] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    unloads: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    failed: dict[str, RungError] = field(default_factory=dict)
    refused: dict[str, RungError] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    fail_load: Callable[[str], RungError | None] = lambda variant: None
    crash_on: Callable[[str], bool] = lambda call: False

    fail_spare: Callable[[str], bool] = lambda variant: False
    short_on: Callable[[str], RungError | None] = lambda call: None
    """What the call answers when its memory does not do."""
    cause: str = ""
    """Of the deaths by `crash_on`."""
    let_go: list[str] = field(default_factory=list)
    swaps: list[str] = field(default_factory=list)
    batches: list[tuple[str, ...]] = field(default_factory=list)
    ahead: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What was sent ahead, by seat."""

    def tell(self, *events: Event) -> list[Command]:
        """Hand over what happened in one moment and obey what comes back."""
        self.done += [event.call for event in events if isinstance(event, happened.CallDone)]
        for event in events:
            if isinstance(event, happened.WorkerExited):
                self.ahead.pop(event.seat, None)
        commands = self.scheduler.handle(*events)
        for command in commands:
            self._obey(command)
        broken = violations(self.scheduler) + overloads(self.scheduler, commands)
        assert not broken, f"after {events}: {broken}"
        return commands

    def call(
        self, name: str, variant: str, deadline: float = 1e9, working: int = 0, replaceable: bool = False
    ) -> list[Command]:
        """A call arrives. deadline: seconds from now."""
        now = self.clock.now
        return self.tell(happened.CallArrived(name, variant, now + deadline, now, working, replaceable))

    def tick(self, seconds: float = 0.0) -> list[Command]:
        """Time passes, and the scheduler is told."""
        self.clock.advance(seconds)
        return self.tell(happened.Tick(self.clock.now))

    def settle(self) -> None:
        """Finish every deed under way, in the order in which they began, and let the back-offs and holds pass."""
        while True:
            while self.pending:
                self.tell(self.pending.pop(0))
            due = [
                seat.health.until
                for seat in self.scheduler.seats.values()
                if (seat.queue or seat.wanted) and seat.health.rests(self.clock.now)
            ]
            due += [until for until in self.scheduler.board.holds.values() if until < math.inf]
            if not due:
                return
            self.tick(min(due) - self.clock.now)

    def die(self, name: str, reason: str, cause: str = "") -> None:
        """The worker is gone, and with it the answers that it owed."""
        lost = set(self.scheduler.seats[name].running)
        self.ahead.pop(name, None)
        answers = (happened.CallDone, happened.CallShort)
        self.pending = [e for e in self.pending if not (isinstance(e, answers) and e.call in lost)]
        if not any(isinstance(e, happened.WorkerExited) and e.seat == name for e in self.pending):
            self.pending.append(happened.WorkerExited(name, reason, self.clock.now, cause))

    def _obey(self, command: Command) -> None:
        now = self.clock.now
        match command:
            case do.Load(seat=name):
                self.loads.append(name)
                error = self.fail_load(name)
                loaded = happened.LoadDone(name, now)
                self.pending.append(happened.LoadFailed(name, error, now) if error else loaded)
            case do.Unload(seat=name):
                self.unloads.append(name)
                self.pending.append(happened.UnloadDone(name, now))
            case do.Dispatch(seat=name, calls=calls, ahead=True):
                assert name not in self.ahead, f"a second batch is sent ahead to {name}"
                self.ahead[name] = calls
            case do.Dispatch():
                self._dispatch(command)
            case do.Begun(seat=name, calls=calls):
                assert self.ahead.pop(name) == calls
                self._dispatch(do.Dispatch(name, calls))
            case do.Fail(call=call, error=error):
                self.failed[call] = error
            case do.Refuse(seat=name, error=error):
                self.refused[name] = error
            case do.Kill(seat=name, reason=reason):
                self.die(name, reason)
            case do.LetGo(call=call):
                self.let_go.append(call)
            case do.CancelRunning():
                pass
            case _:
                self._replace(command)

    def _dispatch(self, command: do.Dispatch) -> None:
        self.started.extend(command.calls)
        self.batches.append(command.calls)
        if any(_exit_of(event, command.seat) for event in self.pending):
            return  # it is dead, and the scheduler does not know it yet
        if any(map(self.crash_on, command.calls)):
            self.die(command.seat, "killed by a test", self.cause)
            return
        for call in command.calls:
            error = self.short_on(call)
            done = happened.CallDone(call, self.clock.now)
            self.pending.append(happened.CallShort(call, error, self.clock.now) if error else done)

    def _replace(self, command: do.LoadSpare | do.Swap | do.EndSpare) -> None:
        name, now = command.seat, self.clock.now
        match command:
            case do.LoadSpare() if self.fail_spare(name):
                self.pending.append(happened.SpareFailed(name, LoadFailed(f"{name}: no second one"), now))
            case do.LoadSpare():
                self.pending.append(happened.SpareReady(name, now))
            case do.Swap():
                self.swaps.append(name)
                self.pending = [e for e in self.pending if not _exit_of(e, name)]
                if self.scheduler.seats[name].spare == "leaving":
                    self.pending.append(happened.SpareGone(name, now))
            case do.EndSpare():
                spares = (happened.SpareReady, happened.SpareFailed)
                self.pending = [e for e in self.pending if not (isinstance(e, spares) and e.seat == name)]
                self.pending.append(happened.SpareGone(name, now))


def _exit_of(event: Event, name: str) -> bool:
    """Whether it says that a worker died which nobody looks at any more."""
    return isinstance(event, happened.WorkerExited) and event.seat == name


def failing_load(*names: str) -> Callable[[str], RungError | None]:
    """A machine on which these variants cannot be loaded."""
    return lambda variant: ModelFailed(f"{variant}: cannot be loaded") if variant in names else None


def stories(commands: Sequence[Command]) -> list[str]:
    """Commands as short words, for tests that compare a whole story."""
    return [f"{type(c).__name__} {getattr(c, 'seat', getattr(c, 'call', ''))}" for c in commands]
