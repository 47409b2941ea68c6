"""Owns who waits for a load or an unload that was asked for without a call, by seat, and tells them how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rung.runtime.engine.calls import fail
from rung.runtime.errors import Cancelled, Draining, RungError
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.seats import Seat

_Futures = dict[str, list["asyncio.Future[None]"]]


@dataclass(slots=True, eq=False)
class Askers:
    """seats: by name, the scheduler's own."""

    seats: Mapping[str, Seat]
    _loads: _Futures = field(default_factory=dict, init=False)
    _unloads: _Futures = field(default_factory=dict, init=False)

    @property
    def expect_load(self) -> bool:
        """Whether anybody waits for a load."""
        return bool(self._loads)

    def to_load(self, seat: str, name: str) -> asyncio.Future[None]:
        """Done when it is loaded. It overtakes the unloads of that seat; name: what they are told it was."""
        _settle(self._unloads, seat, Cancelled(f"{name}: a later load overtook this unload"))
        return _ask(self._loads, seat)

    def to_unload(self, seat: str) -> asyncio.Future[None] | None:
        """Done when it is gone; None: it is not there. It overtakes the loads of that seat."""
        _settle(self._loads, seat, Cancelled(f"{seat}: a later unload overtook this load"))
        return _ask(self._unloads, seat) if self.seats[seat].state != "unloaded" else None

    def loaded(self, seat: str) -> None:
        """It is in memory."""
        _settle(self._loads, seat)

    def refused(self, seat: str, error: RungError) -> None:
        """It will not be loaded."""
        _settle(self._loads, seat, error)

    def hear(self, event: happened.Event) -> None:
        """Those whose load or unload this event has ended."""
        match event:
            case happened.LoadDone(seat=name):
                _settle(self._loads, name)
            case happened.LoadFailed(seat=name, error=error):
                if not self.seats[name].wanted:  # else it is tried once more
                    _settle(self._loads, name, error)
                _settle(self._unloads, name)
            case happened.LoadDenied(seat=name) | happened.UnloadDone(seat=name) | happened.WorkerExited(seat=name):
                _settle(self._unloads, name)
            case _:
                pass

    def close(self) -> None:
        """Nothing is loaded any more, and all of it goes."""
        for seat in [*self._loads, *self._unloads]:
            _settle(self._loads, seat, Draining("the runtime is going down"))
            _settle(self._unloads, seat)


def _ask(waiting: _Futures, seat: str) -> asyncio.Future[None]:
    made: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting.setdefault(seat, []).append(made)
    return made


def _settle(waiting: _Futures, seat: str, error: RungError | None = None) -> None:
    """All who wait for it: the error, or done."""
    futures: Sequence[asyncio.Future[None]] = waiting.pop(seat, ())
    for future in futures:
        if error is not None:
            fail(future, error)
        elif not future.done():
            future.set_result(None)
