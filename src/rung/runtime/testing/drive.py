"""Drives a scheduler without a process or a clock, and checks its invariants after each event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rung.runtime.errors import ModelFailed, RungError
from rung.runtime.scheduling.commands import (
    CancelRunning,
    Command,
    Dispatch,
    Fail,
    Kill,
    Load,
    Refuse,
    Unload,
)
from rung.runtime.scheduling.events import (
    CallArrived,
    CallDone,
    Event,
    LoadDone,
    LoadFailed,
    Tick,
    UnloadDone,
    WorkerExited,
)
from rung.runtime.scheduling.invariants import violations
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

    def tell(self, event: Event) -> list[Command]:
        """Hand over one event and obey what comes back."""
        if isinstance(event, CallDone):
            self.done.append(event.call)
        commands = self.scheduler.handle(event)
        for command in commands:
            self._obey(command)
        broken = violations(self.scheduler)
        assert not broken, f"after {event}: {broken}"
        return commands

    def call(self, name: str, variant: str, deadline: float = 1e9) -> list[Command]:
        """A call arrives."""
        return self.tell(CallArrived(name, variant, self.clock.now + deadline, self.clock.now))

    def tick(self, seconds: float = 0.0) -> list[Command]:
        """Time passes, and the scheduler is told."""
        self.clock.advance(seconds)
        return self.tell(Tick(self.clock.now))

    def settle(self) -> None:
        """Finish every deed under way, in the order in which they began."""
        while self.pending:
            self.tell(self.pending.pop(0))

    def _obey(self, command: Command) -> None:
        now = self.clock.now
        match command:
            case Load(variant=name):
                self.loads.append(name)
                error = self.fail_load(name)
                self.pending.append(LoadFailed(name, error, now) if error else LoadDone(name, now))
            case Unload(variant=name):
                self.unloads.append(name)
                self.pending.append(UnloadDone(name, now))
            case Dispatch(variant=name, calls=calls):
                self.started.extend(calls)
                if any(map(self.crash_on, calls)):
                    self._die(name, "killed by a test")
                else:
                    self.pending.extend(CallDone(call, now) for call in calls)
            case Fail(call=call, error=error):
                self.failed[call] = error
            case Refuse(variant=name, error=error):
                self.refused[name] = error
            case Kill(variant=name, reason=reason):
                self._die(name, reason)
            case CancelRunning():
                pass

    def _die(self, name: str, reason: str) -> None:
        """The worker is gone, and with it the answers that it owed."""
        lost = set(self.scheduler.seats[name].running)
        self.pending = [e for e in self.pending if not (isinstance(e, CallDone) and e.call in lost)]
        if not any(isinstance(e, WorkerExited) and e.variant == name for e in self.pending):
            self.pending.append(WorkerExited(name, reason, self.clock.now))


def failing_load(*names: str) -> Callable[[str], RungError | None]:
    """A machine on which these variants cannot be loaded."""
    return lambda variant: ModelFailed(f"{variant}: cannot be loaded") if variant in names else None


def stories(commands: Sequence[Command]) -> list[str]:
    """Commands as short words, for tests that compare a whole story."""
    return [f"{type(c).__name__} {getattr(c, 'variant', getattr(c, 'call', ''))}" for c in commands]
