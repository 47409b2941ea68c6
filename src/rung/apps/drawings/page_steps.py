"""Owns the account of one page's steps: which were done, by what, and why one was not."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

from rung.apps.drawings import schema
from rung.runtime.errors import Cancelled, RungError
from rung.runtime.job import Job

Found = TypeVar("Found")


@dataclass(slots=True)
class Steps:
    """One page's. failed: what ended a step, in the order in which it happened."""

    done: list[schema.Step] = field(default_factory=list)
    failed: list[RungError] = field(default_factory=list)

    def off(self, step: str) -> None:
        """It was not asked for."""
        self.done.append(schema.Step(step=step, state="off"))

    def note(self, step: str, engine: str, found: int) -> None:
        """It was done."""
        self.done.append(self.made(step, engine, found))

    @staticmethod
    def made(step: str, engine: str, found: int) -> schema.Step:
        """One that was done."""
        return schema.Step(step=step, state="done", engine=engine, found=found)

    async def ask(self, job: Job, step: str, work: Awaitable[Found]) -> tuple[Found | None, str]:
        """What the work gives and the variant that gave it; None where it failed, which is told as a warning."""
        try:
            found = await work
        except Cancelled:
            raise
        except RungError as error:
            self.fail(step, error)
            return None, ""
        return found, job.provenance[-1].variant

    def fail(self, step: str, error: RungError) -> None:
        """It was tried in vain."""
        self.failed.append(error)
        self.done.append(schema.Step(step=step, state="failed", code=error.code, message=error.message))

    def tell(self, step: str, engine: str, found: int, message: str) -> None:
        """It was done, and there is more to say of it."""
        self.done.append(schema.Step(step=step, state="done", engine=engine, found=found, message=message))

    def without(self, step: str, error: RungError) -> None:
        """It is not to be had here, and nobody counts on it; the step says why."""
        self.done.append(schema.Step(step=step, state="off", code=error.code, message=error.message))
