"""A pipeline's handle on the runtime: run a task, fan out, compute, report, be cancelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rung.runtime.caller import Ask, Caller, Tell, unasked
from rung.runtime.errors import Cancelled, RungError
from rung.runtime.jobs import Shelf
from rung.runtime.spec import Policy, Provenance
from rung.runtime.tasks import ComputeInput, pixels_of


@dataclass(slots=True, kw_only=True)
class Job:
    """One request's life, as its pipeline sees it.

    deadline: time.monotonic() seconds. `report` is told of progress, `tell` why something happened or waits;
    `provenance` and `warnings` gather. shelf: what the app keeps by name for this caller.
    """

    id: str
    caller: Caller
    policy: Policy = field(default_factory=Policy)
    deadline: float = field(default_factory=lambda: time.monotonic() + 600.0)
    scope: str = ""
    report: Callable[[str, float], None] = lambda stage, fraction: None
    tell: Tell = unasked
    shelf: Shelf = field(default_factory=Shelf)
    provenance: list[Provenance] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    async def run(self, task: str, input: Any, *, step: str = "", policy: Policy | None = None) -> Any:
        """The task's output on the highest rung that can answer. Raises a RungError."""
        asked = policy or self.policy
        ask = Ask(policy=asked, deadline=self.deadline, scope=self.scope, step=step, tell=self.tell)
        answer = await self.caller.call(task, input, ask)
        self.provenance.append(answer.provenance)
        self.warnings += [w for w in answer.warnings if w not in self.warnings]
        return answer.output

    async def compute(self, function: str, /, working: int | None = None, **arguments: Any) -> Any:
        """CPU work that is no model (`module:function`), in a worker: nothing heavy runs on the event loop.

        working: bytes that it takes while it runs, where that is less than compositing pictures of its size.
        """
        step = function.partition(":")[2]
        input = ComputeInput(function=function, arguments=arguments, working=working)
        output = await self.run("compute", input, step=step, policy=Policy())
        return output.value

    async def fan_out(
        self, task: str, inputs: Sequence[Any], *, step: str = "", size: Callable[[Any], float] = pixels_of
    ) -> list[Any | RungError]:
        """One call per item, in order: its output, or the RungError that it failed with.

        size: how much work an item is, in any unit. The larger begin first, so that the last one to end is a small
        one and no device waits long for it. Cancelling the job cancels them all.
        """

        async def one(item: Any) -> Any | RungError:
            try:
                return await self.run(task, item, step=step)
            except Cancelled:
                raise
            except RungError as error:
                return error

        larger_first = sorted(range(len(inputs)), key=lambda place: -size(inputs[place]))
        async with asyncio.TaskGroup() as group:
            running = {place: group.create_task(one(inputs[place])) for place in larger_first}
        return [running[place].result() for place in range(len(inputs))]

    def progress(self, stage: str, fraction: float) -> None:
        """Say what is being done, and how much of the job is behind (0..1)."""
        self.report(stage, min(max(fraction, 0.0), 1.0))

    def warn(self, sentence: str) -> None:
        """Add a sentence to the answer's warnings, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)
