"""Owns the seam that a job leaves by: one call of a task, and on which terms it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from rung.runtime.spec import Answer, Policy

Tell = Callable[[str], None]
"""Given a sentence for each decision about a call: why it waits, what is loaded or evicted for it."""


def unasked(sentence: str) -> None:
    """For calls that nobody asks about: no sentence is made for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What belongs to one call beside its task and its input.

    policy: which rungs may answer; deadline: time.monotonic() seconds; scope: the caller's key; step: what the pipeline
    calls it, empty: as the task.
    """

    policy: Policy
    deadline: float
    scope: str = ""
    step: str = ""
    tell: Tell = unasked


class Caller(Protocol):
    """Routes one call to a rung and a node and awaits the answer."""

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        """The answer, with its provenance. Raises a RungError."""
        ...
