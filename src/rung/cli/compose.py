"""The composition root: the only place where settings, catalogue, hardware, engine, database and apps meet."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from rung.cli.ground import Ground, open_ground
from rung.cli.look import Look, profile_of
from rung.models.catalog import RUNTIMES
from rung.runtime.app import App
from rung.runtime.engine import Engine, Memory, Preloading, Trouble
from rung.runtime.engine.memory import unmeasured
from rung.runtime.hardware.gauge import Gauge
from rung.runtime.jobs import Artifacts, JobRecord, MemoryJobs, new_id
from rung.runtime.ledger import Ledger
from rung.runtime.nodes.fleet import Fleet
from rung.runtime.nodes.local import LocalNode
from rung.runtime.nodes.providers.node import Providers
from rung.runtime.planning.budgets import bounds
from rung.runtime.planning.preload import preloads
from rung.runtime.profile import Observe, Recorder, unobserved
from rung.runtime.runner import Durable, Runner
from rung.runtime.settings import Settings
from rung.runtime.spec import Placement, Plan
from rung.runtime.workers.template import Templates


def apps() -> tuple[App, ...]:
    """The installed apps (entry points `rung.apps`), by name."""
    return tuple(sorted((entry.load() for entry in entry_points(group="rung.apps")), key=lambda app: app.name))


def rungs_of(plan: Plan) -> Iterator[Placement]:
    """Every rung of every ladder."""
    return (rung for task in plan.tasks.values() for rung in task.rungs)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything that runs, wired. ground: what survives it, where it was asked for."""

    settings: Settings
    plan: Plan
    engine: Engine
    runner: Runner
    artifacts: Artifacts
    apps: Sequence[App]
    preloading: Preloading
    ground: Ground | None = None


def memory_of(settings: Settings, plan: Plan) -> Memory:
    """This Rung's share of the machine's memory, as its other programs and its other Rungs leave it."""
    folder = Path(settings.runtime_dir) if settings.runtime_dir else None
    return Memory(bounds(plan.machine, settings.machine), Gauge(), Ledger(folder, new_id()))


def engine_of(
    plan: Plan,
    on_health: Callable[[Sequence[Trouble]], None] = lambda troubles: None,
    observe: Observe = unobserved,
    memory: Memory | None = None,
) -> Engine:
    """The engine for a plan: nothing is started until the first call.

    on_health: told of what is quarantined. observe: told what loads and calls took. memory: None: nobody else's use of
    the machine is looked at.
    """
    placements = {rung.variant.name: rung for rung in rungs_of(plan) if rung.variant.provider is None}
    return Engine(
        placements=placements,
        budgets=plan.budgets,
        cores=plan.threads,
        spawner=Templates(RUNTIMES),
        on_health=on_health,
        observe=observe,
        memory=memory or unmeasured(),
    )


@asynccontextmanager
async def open_house(
    look: Look,
    *,
    durable: bool = False,
    ended: Callable[[JobRecord], None] = lambda record: None,
    on_health: Callable[[Sequence[Trouble]], None] = lambda troubles: None,
) -> AsyncIterator[House]:
    """The wired runtime of this machine; at the end every process is gone.

    durable: with the database, for a server whose jobs outlive it. ended: told of every job that ended here.
    on_health: told of variants that cannot be loaded for now.
    """
    settings, plan = look.settings, look.plan
    recorder, found = Recorder(profile_of(settings), held=Gauge().held), apps()
    engine = engine_of(plan, on_health, recorder, memory_of(settings, plan))
    folder = Path(settings.data_dir)
    artifacts = Artifacts(folder / "artifacts", ttl_s=settings.server.file_ttl_s, min_free=settings.jobs.min_free)
    async with AsyncExitStack() as stack:
        server = f"{socket.gethostname()}-{os.getpid()}-{new_id()[-4:]}"
        ground = await stack.enter_async_context(open_ground(settings, server)) if durable else None
        kept = None if ground is None else Durable(jobs=ground.jobs, inputs=ground.inputs, sole=ground.sole)
        await stack.enter_async_context(recorder)  # it ends last: what the last calls took is written too
        await stack.enter_async_context(engine)
        served = {rung.variant.name: rung for rung in rungs_of(plan) if rung.variant.provider is not None}
        providers = await stack.enter_async_context(Providers(served, settings.provider_keys))
        fleet = Fleet(lambda: plan, LocalNode(engine), providers)
        runner = Runner(found, fleet, MemoryJobs(), artifacts, settings, durable=kept, server=server, ended=ended)
        await stack.enter_async_context(runner)
        seats, left_out = preloads(plan, settings.machine.preload)
        yield House(
            settings=settings,
            plan=plan,
            engine=engine,
            runner=runner,
            artifacts=artifacts,
            apps=found,
            preloading=Preloading(engine, seats, dict(left_out)),
            ground=ground,
        )
