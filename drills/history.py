"""What clients did and were told, in order: what the checker judges, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["invoke", "ok", "fail", "info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing asked of the toy. key: its Idempotency-Key. may_fail: the drill itself makes it fail."""

    text: str
    do: str = ""
    rounds: int = 3
    task: str = "toy"
    key: str = ""
    may_fail: bool = False

    def body(self) -> dict[str, Any]:
        """As the operation reads it."""
        return {"text": self.text, "do": self.do, "rounds": self.rounds, "task": self.task}


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One line of a history.

    call: `ask` (waited for its answer), `submit` (wanted a 202), `read` (the job as it stands), `events`.
    kind: invoke, then one of: ok (answered), fail (refused: nothing was accepted), info (nobody knows).
    at: time.monotonic(). answer: the body, for `events` a list of [seq, kind].
    """

    client: int
    call: Literal["ask", "submit", "read", "events"]
    kind: Kind
    at: float
    request: Request | None = None
    job: str = ""
    status: int = 0
    answer: Any = None


@dataclass(slots=True)
class History:
    """Grows by one line at a time, from several threads."""

    _ops: list[Op] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, op: Op) -> Op:
        """One more line."""
        with self._lock:
            self._ops.append(op)
        return op

    @property
    def ops(self) -> Sequence[Op]:
        """All lines so far."""
        with self._lock:
            return tuple(self._ops)

    def accepted(self) -> Mapping[str, Request]:
        """Job -> what was asked, of everything that was answered 202 or 200."""
        return {
            op.job: op.request
            for op in self.ops
            if op.kind == "ok" and op.job and op.request is not None and op.call in ("ask", "submit")
        }


def now() -> float:
    """The history's clock."""
    return time.monotonic()
