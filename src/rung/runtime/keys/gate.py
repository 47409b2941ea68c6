"""Decides whether a caller may begin one more operation, and keeps count of those begun."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rung.runtime.errors import BudgetExceeded, RateLimited
from rung.runtime.keys.bucket import Bucket
from rung.runtime.keys.key import Caller
from rung.runtime.keys.usage import Usage


class Ticket:
    """One operation that was begun. Release it when its job has ended; a second release does nothing."""

    __slots__ = ("_release",)

    def __init__(self, release: Callable[[], None] | None) -> None:
        self._release = release

    def release(self) -> None:
        """The operation has ended."""
        release, self._release = self._release, None
        if release is not None:
            release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Gate:
    """One for a server. Rate and concurrency hold for this server; the day's budget for all that share the database.

    The budget is looked at before an operation begins and charged when it has run, so that the last ones to begin
    can overspend it: by no more than the key's concurrency allows to run at once.
    usage: None where nothing is kept. clock: monotonic seconds.
    """

    def __init__(self, usage: Usage | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._usage = usage
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._open: dict[str, int] = {}

    async def admit(self, caller: Caller) -> Ticket:
        """Count one operation in. Raises BudgetExceeded, RateLimited (`retry_after_s`); then nothing was counted."""
        if not caller.key:
            return Ticket(None)
        self._check_budget(caller)
        self._check_concurrency(caller)
        self._check_rate(caller)
        return self.resume(caller.key)

    def resume(self, key_id: str) -> Ticket:
        """Count an operation of that key in without asking: its job was accepted before this server started."""
        if not key_id:
            return Ticket(None)
        self._open[key_id] = self._open.get(key_id, 0) + 1
        return Ticket(lambda: self._leave(key_id))

    def spent(self, key_id: str, seconds: float, cost: float) -> None:
        """A key's operation used so many seconds of models, and cost so many US dollars."""
        if key_id and self._usage is not None:
            self._usage.add(key_id, seconds, cost)

    def open(self, key_id: str) -> int:
        """How many operations of that key have begun and not ended."""
        return self._open.get(key_id, 0)

    def _leave(self, key_id: str) -> None:
        self._open[key_id] -= 1
        if not self._open[key_id]:
            del self._open[key_id]

    def _check_budget(self, caller: Caller) -> None:
        may, usage = caller.allowance, self._usage
        if usage is None or (may.daily_s is None and may.daily_cost is None):
            return
        spent, wait = usage.today(caller.key), usage.left_of_day_s()
        if may.daily_s is not None and spent.seconds >= may.daily_s:
            raise BudgetExceeded(
                f"the key's {may.daily_s:g} s of model time for today are spent; the next UTC day brings new ones",
                retry_after_s=wait,
            )
        if may.daily_cost is not None and spent.cost >= may.daily_cost:
            raise BudgetExceeded(
                f"the key's {may.daily_cost:g} USD for today are spent; the next UTC day brings new ones",
                retry_after_s=wait,
            )

    def _check_concurrency(self, caller: Caller) -> None:
        most = caller.allowance.concurrency
        if most is not None and self.open(caller.key) >= most:
            raise RateLimited(f"the key has {most} operations open, which is its limit; wait for one", retry_after_s=1)

    def _check_rate(self, caller: Caller) -> None:
        may, now = caller.allowance, self._clock()
        if may.rate_per_s is None:
            return
        bucket = self._buckets.get(caller.key)
        if bucket is None or (bucket.rate, bucket.size) != (may.rate_per_s, may.burst):
            bucket = self._buckets[caller.key] = Bucket(may.rate_per_s, may.burst, now)
        wait = bucket.take(now)
        if wait > 0:
            raise RateLimited(f"the key may begin {may.rate_per_s:g} operations a second", retry_after_s=round(wait, 3))
