"""Devices that take scripted times and obey the real scheduler, as a caller that pipelines speak to.

The time is that of an event loop which never waits: whenever all is quiet, its clock goes on to the next thing that is
due. So an app's own pipeline runs as it stands, and what its order of calls is worth can be counted exactly.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rung.runtime.caller import Ask
from rung.runtime.scheduling import commands as do
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.spec import Answer, Cost, Provenance

T = TypeVar("T")
PROVENANCE = Provenance(
    task="", variant="scripted", kind="mock", node="here", device="cuda:0", precision="none", seed=None, queue_s=0.0,
    load_s=0.0, run_s=0.0, peak_bytes=None, cost=Cost(), degraded_from=None, reason="scripted",
)  # fmt: skip


class _Impatient(selectors.DefaultSelector):
    """Never waits; tells how long it would have."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """Raises RuntimeError where nothing would ever happen again."""
        if timeout is None:
            raise RuntimeError("everybody waits for somebody: nothing is due any more")
        self.skipped += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock begins at 0 and passes only where something is waited for."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        """Seconds since the beginning."""
        return self._impatient.skipped


def in_virtual_time(work: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """What the work came to, and how many seconds it took there."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work), loop.time()
    finally:
        loop.close()


@dataclass(slots=True, kw_only=True)
class Devices:
    """speeds: seconds that one call of a task takes, by its input. answers: what it answers.

    A task is the name of a variant; all are loaded before anything comes.
    """

    scheduler: Scheduler
    seconds: Mapping[str, Callable[[Any], float]]
    answers: Mapping[str, Callable[[Any], Any]]
    busy_s: float = 0.0
    _calls: dict[str, tuple[str, Any, asyncio.Future[None]]] = field(default_factory=dict)
    _alarm: asyncio.TimerHandle | None = None

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        """As the runtime's own; only the time is made up."""
        loop = asyncio.get_running_loop()
        name, done = str(len(self._calls)), loop.create_future()
        self._calls[name] = (task, input, done)
        self._tell(happened.CallArrived(name, task, float("inf"), loop.time()))
        await done
        return Answer(output=self.answers[task](input), provenance=PROVENANCE)

    def warm(self) -> None:
        """Every seat is loaded."""
        for seat in self.scheduler.seats:
            self._tell(happened.LoadAsked(seat, 0.0))

    def _tell(self, event: happened.Event) -> None:
        if isinstance(event, happened.CallDone):
            done = self._calls[event.call][2]
            if not done.done():
                done.set_result(None)
        for command in self.scheduler.handle(event):
            self._obey(command)
        self._set_alarm()

    def _set_alarm(self) -> None:
        loop = asyncio.get_running_loop()
        if self._alarm is not None:
            self._alarm.cancel()
        at = self.scheduler.next_alarm()
        self._alarm = None if at is None else loop.call_at(at, lambda: self._tell(happened.Tick(loop.time())))

    def _obey(self, command: do.Command) -> None:
        match command:
            case do.Load(seat=name):
                self._later(0.0, lambda now: happened.LoadDone(name, now))
            case do.Dispatch(calls=names):
                for name in names:
                    task, input, _ = self._calls[name]
                    takes = self.seconds[task](input)
                    self.busy_s += takes
                    self._later(takes, lambda now, name=name: happened.CallDone(name, now))
            case do.LetGo() | do.Begun():
                pass
            case _:
                raise NotImplementedError(f"nothing fails here, and yet: {command}")

    def _later(self, seconds: float, event: Callable[[float], happened.Event]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, lambda: self._tell(event(loop.time())))
