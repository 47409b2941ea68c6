"""The composition root: the only place where settings, catalogue, hardware, engine and apps meet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from rung.cli.look import Look
from rung.models.catalog import RUNTIMES
from rung.runtime.app import App
from rung.runtime.engine import Engine
from rung.runtime.jobs import Artifacts, MemoryJobs
from rung.runtime.nodes.fleet import Fleet
from rung.runtime.nodes.local import LocalNode
from rung.runtime.runner import Runner
from rung.runtime.spec import Plan, Settings
from rung.runtime.workers.template import Templates


def apps() -> tuple[App, ...]:
    """The installed apps (entry points `rung.apps`), by name."""
    return tuple(sorted((entry.load() for entry in entry_points(group="rung.apps")), key=lambda app: app.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything that runs, wired."""

    settings: Settings
    plan: Plan
    engine: Engine
    runner: Runner
    artifacts: Artifacts
    apps: Sequence[App]


def engine_of(plan: Plan) -> Engine:
    """The engine for a plan: nothing is started until the first call."""
    placements = {rung.variant.name: rung for task in plan.tasks.values() for rung in task.rungs}
    return Engine(placements=placements, budgets=plan.budgets, cores=plan.threads, spawner=Templates(RUNTIMES))


@asynccontextmanager
async def open_house(look: Look) -> AsyncIterator[House]:
    """The wired runtime of this machine; at the end every process is gone."""
    settings, plan = look.settings, look.plan
    engine = engine_of(plan)
    artifacts = Artifacts(Path(settings.data_dir) / "artifacts", ttl_s=settings.server.file_ttl_s)
    async with engine:
        found = apps()
        runner = Runner(found, Fleet(lambda: plan, LocalNode(engine)), MemoryJobs(), artifacts, settings)
        house = House(settings=settings, plan=plan, engine=engine, runner=runner, artifacts=artifacts, apps=found)
        try:
            yield house
        finally:
            await runner.drain(grace_s=5.0)
