"""Any sequence of what servers, callers and operators do to jobs, against a model of ten lines."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from job_tools import BROKEN, DONE, check, on, record

from rung.runtime.jobs import ENDED, Ending, Progress, Status
from rung.runtime.jobs.sql import SqlJobs, StoredInput

T = TypeVar("T")
SERVERS = ("one", "two")
SERVER = st.sampled_from(SERVERS)
OFF = st.sampled_from([0, 0, 0, -1, 1])
"""How far the epoch that somebody writes under is from the job's own."""


@dataclass
class Model:
    status: Status = "queued"
    epoch: int = 0
    cancel: bool = False
    events: int = 1
    late: bool = False


class Jobs(RuleBasedStateMachine):
    """Two servers on one database."""

    jobs = Bundle("jobs")

    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.stack = AsyncExitStack()
        self.models: dict[str, Model] = {}
        self.wait(self._open())

    async def _open(self) -> None:
        url = str(Path(self.folder.name) / "rung.db")
        self.servers = {name: await self.stack.enter_async_context(on(url, name)) for name in SERVERS}

    def wait(self, what: Awaitable[T]) -> T:
        async def done() -> T:
            return await asyncio.wait_for(what, 30)

        return self.runner.run(done())

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.wait(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()

    @rule(target=jobs, server=SERVER, deadline=st.sampled_from([None, 4.0]))
    def accept(self, server: str, deadline: float | None) -> str:
        name = f"j{len(self.models)}"
        self.wait(self.servers[server].accept(record(name, deadline_at=deadline), StoredInput("{}", (name,))))
        self.models[name] = Model(late=deadline is not None)
        return name

    @rule(name=jobs, server=SERVER)
    def start(self, name: str, server: str) -> None:
        model = self.models[name]
        begun = self.wait(self.servers[server].start(name, server, 2.0))
        assert (begun is not None) == (model.status == "queued")
        if begun is not None:
            self._moved(model, "running")
            model.epoch += 1

    @rule(name=jobs, server=SERVER, off=OFF)
    def report(self, name: str, server: str, off: int) -> None:
        model = self.models[name]
        jobs, epoch = self.servers[server], model.epoch + off
        told = self.wait(jobs.report(name, epoch, Progress(stage="s", frac=0.5)))
        noted = self.wait(jobs.note(name, epoch, "log", {}))
        assert told == noted == self._holds(model, off)
        model.events += 2 * told

    @rule(name=jobs, server=SERVER, off=OFF, ending=st.sampled_from([DONE, BROKEN]))
    def finish(self, name: str, server: str, off: int, ending: Ending) -> None:
        model = self.models[name]
        done = self.wait(self.servers[server].finish(name, model.epoch + off, ending))
        assert (done is not None) == self._holds(model, off)
        if done is not None:
            self._moved(model, ending.status)

    @rule(name=jobs, server=SERVER)
    def cancel(self, name: str, server: str) -> None:
        model = self.models[name]
        self.wait(self.servers[server].cancel(name, 3.0))
        if model.status not in ENDED:
            model.cancel = True
        if model.status == "queued":
            self._moved(model, "canceled")

    @rule(name=jobs, server=SERVER)
    def drop(self, name: str, server: str) -> None:
        model = self.models[name]
        dropped = self.wait(self.servers[server].drop(name, BROKEN))
        assert (dropped is not None) == (model.status == "queued")
        if dropped is not None:
            self._moved(model, "failed")

    @rule(name=jobs, server=SERVER, off=OFF, outcome=st.sampled_from(["lost", "released"]))
    def take_back(self, name: str, server: str, off: int, outcome: Literal["lost", "released"]) -> None:
        model, jobs = self.models[name], self.servers[server]
        taken = self.wait(jobs.take_back(name, model.epoch + off, outcome=outcome, detail="", now=5.0))
        assert taken == self._holds(model, off)
        if taken:
            self._moved(model, "canceled" if model.cancel else "expired" if model.late else "queued")

    @rule(server=SERVER)
    def beat(self, server: str) -> None:
        heard = self.wait(self.servers[server].beat({name: model.epoch for name, model in self.models.items()}))
        assert heard.fenced == {name for name, model in self.models.items() if model.status != "running"}
        assert heard.cancelled == {n for n, m in self.models.items() if m.status == "running" and m.cancel}

    @rule()
    def restart(self) -> None:
        self.wait(self.stack.aclose())
        self.wait(self._open())

    @invariant()
    def as_the_model_says(self) -> None:
        if hasattr(self, "runner"):
            self.wait(self._as_the_model_says(self.servers["one"]))

    async def _as_the_model_says(self, jobs: SqlJobs) -> None:
        kept = {job.id: job for job in await jobs.list(limit=1000)}
        assert kept.keys() == self.models.keys()
        for name, model in self.models.items():
            job = kept[name]
            assert (job.status, job.epoch, job.cancel) == (model.status, model.epoch, model.cancel)
            assert (job.finished is not None) == job.ended
            assert (await jobs.story(name))[-1][1].seq == model.events
            await check(jobs, name)
        assert await jobs.pinned() == {name for name, model in self.models.items() if model.status not in ENDED}

    def _holds(self, model: Model, off: int) -> bool:
        return model.status == "running" and off == 0

    def _moved(self, model: Model, status: Status) -> None:
        model.status, model.events = status, model.events + 1


TestJobs = Jobs.TestCase
TestJobs.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
