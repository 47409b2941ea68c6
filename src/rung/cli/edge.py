"""Owns what stands between the network and a running house: keys, callbacks, fetching, figures, the console."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import shutil
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.types import ASGIApp

from rung.cli.address import url_of
from rung.cli.compose import House
from rung.cli.ground import Ground
from rung.runtime.callbacks import Callbacks, check_callback
from rung.runtime.fetch import Fetcher
from rung.runtime.jobs import JobRecord
from rung.runtime.logs import event
from rung.runtime.server.asgi import create_app
from rung.runtime.server.auth import Door, door_of
from rung.runtime.server.meter import Meter
from rung.runtime.server.requestid import RequestIds

log = logging.getLogger("rung")


@dataclass(slots=True)
class Ends:
    """Hears of every job that ended here, counts it, writes its line, and tells those who want to know."""

    listeners: list[Callable[[JobRecord], None]] = field(default_factory=list)
    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def __call__(self, record: JobRecord) -> None:
        """A job has ended."""
        self.counts[f"{record.app}.{record.operation}"][record.status] += 1
        event(
            log,
            "job ended",
            job=record.id,
            app=record.app,
            operation=record.operation,
            status=record.status,
            code=record.error.code if record.error else "",
            seconds=round((record.finished or record.created) - record.created, 3),
            key=record.scope,
            request=record.request,
        )
        for listener in self.listeners:
            listener(record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A house as the network sees it. keys: how many open something."""

    app: ASGIApp
    keys: int


@asynccontextmanager
async def open_edge(house: House, ends: Ends) -> AsyncIterator[Edge]:
    """The application over a running house; callbacks are told while it is open."""
    ground = house.ground
    assert ground is not None, "a server has a database"
    meter = Meter(ground.gate)
    ends.listeners.append(meter.ended)
    fetcher = Fetcher(house.settings.fetch)
    calling = _callbacks(house, ground, fetcher)
    if calling is not None:
        ends.listeners.append(lambda record: calling.poke() if record.callback else None)
    door = door_of(house.settings.server, ground.ring)
    api = create_app(
        house.runner,
        house.apps,
        plan=lambda: house.plan,
        status=partial(_status, house, ends, calling),
        settings=house.settings,
        ready=partial(_ready, house),
        admin=house.engine,
        meter=meter,
        check_callback=partial(check_callback, settings=house.settings.fetch),
        door=door,
        fetcher=fetcher if house.settings.fetch.inputs else None,
    )
    telling = asyncio.create_task(calling.run()) if calling is not None else None
    if telling is not None:
        telling.add_done_callback(_complain)
    try:
        yield Edge(app=RequestIds(with_console(api, house, door)), keys=await ground.ring.count())
    finally:
        if telling is not None:
            telling.cancel()
            await asyncio.wait({telling})


def _complain(telling: asyncio.Task[None]) -> None:
    """Nobody awaits the callbacks while the server runs: an end that is not ours would go unseen."""
    if not telling.cancelled() and (error := telling.exception()) is not None:
        log.error("callbacks are told no more until the server is started again", exc_info=error)


def _callbacks(house: House, ground: Ground, fetcher: Fetcher) -> Callbacks | None:
    """None where nobody is called back. Raises ConfigError where callbacks are on and there is no secret."""
    if not house.settings.fetch.callbacks:
        return None
    return Callbacks(ground.outbox, fetcher, house.settings.callback_secret)


def _ready(house: House) -> tuple[bool, str]:
    """Whether all is loaded that is to be from the start, and what is amiss all the same."""
    preloading = house.preloading
    if not preloading.over:
        return False, f"loading: {preloading.done} of {len(preloading.seats)} are done"
    lacking = [f"no rung for {name}" for name, task in house.plan.tasks.items() if not task.rungs]
    amiss = [f"{t.variant} is {t.state}: {t.reason}" for t in house.engine.health()]
    if house.ground is not None and house.ground.database.refused:
        amiss.append(f"jobs could not be kept: {house.ground.database.refused}")
    amiss += [f"{name} is not loaded from the start: {why}" for name, why in preloading.lost.items()]
    return True, "; ".join([*lacking, *amiss]) or "every task has a rung"


def _status(house: House, ends: Ends, calling: Callbacks | None) -> dict[str, Any]:
    """The figures of /metrics."""
    desk = house.runner.desk
    return {
        "variants": house.engine.status(),
        "queue": desk.line.waiting,
        "open_jobs": len(desk.entries),
        "disk_free_bytes": shutil.disk_usage(house.settings.data_dir).free,
        "jobs_ended": ends.counts,
    } | ({"callbacks": dict(calling.counts)} if calling is not None else {})


def with_console(api: ASGIApp, house: House, door: Door) -> ASGIApp:
    """The API with the web page beside it, where the console is wanted and its library is here."""
    server = house.settings.server
    if not server.console:
        return api
    if importlib.util.find_spec("nicegui") is None:
        log.warning("no web page: its library is not here (pip install 'rung[console]')")
        return api
    from rung.console.mount import mount  # only where it is wanted: the API alone needs none of it

    return mount(api, house.apps, base_url=url_of(server), door=door)
