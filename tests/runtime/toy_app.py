"""A small app on a fake caller: what the runner, the server and the client are tested with."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette

from rung.runtime.app import App, File, FileOut, Limits, Operation, PictureIn, PictureOrNoneIn
from rung.runtime.caller import Ask
from rung.runtime.errors import ModelFailed, RungError, by_code
from rung.runtime.job import Job
from rung.runtime.jobs import Artifacts, MemoryJobs
from rung.runtime.jobs.schema import JOBS
from rung.runtime.jobs.sql import SqlJobs
from rung.runtime.runner import Durable, Runner
from rung.runtime.server import Intake, create_app
from rung.runtime.settings import ServerSettings, Settings
from rung.runtime.spec import Answer, Cost, Machine, Plan, Policy, Provenance, TaskPlan
from rung.runtime.store import open_database
from rung.runtime.tasks import Picture


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SizeIn(Request):
    image: PictureIn
    mask: PictureIn | None = None


class SizeOut(BaseModel):
    width: int
    height: int
    media_type: str


class SumIn(Request):
    points: list[tuple[float, float, Literal[0, 1]]] = Field(max_length=64)
    note: str = ""
    scale: float = Field(default=1.0, allow_inf_nan=False)
    exact: bool = False
    tone: Literal["dark", "light"] | None = None


class SumOut(BaseModel):
    total: float
    note: str


class PaintIn(Request):
    image: PictureIn
    format: Literal["png", "jpeg", "webp"] = "png"


class PaintOut(BaseModel):
    image: FileOut
    parts: list[FileOut] = []
    box: tuple[int, int, int, int] = (0, 0, 1, 1)


class ManyIn(Request):
    images: list[PictureIn]


class ManyOut(BaseModel):
    sizes: list[tuple[int, int]]


class AnyIn(Request):
    images: list[PictureOrNoneIn]


class FailIn(Request):
    how: str
    eta_s: float | None = None


class Empty(BaseModel):
    pass


class SleepIn(Request):
    pass


def encoded(width: int = 4, height: int = 3, format: str = "PNG", **save: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, format, **save)
    return out.getvalue()


async def size(job: Job, input: SizeIn) -> SizeOut:
    return SizeOut(width=input.image.width, height=input.image.height, media_type=input.image.media_type)


async def add(job: Job, input: SumIn) -> SumOut:
    return SumOut(total=sum(x + y for x, y, _ in input.points) * input.scale, note=input.note)


async def paint(job: Job, input: PaintIn) -> PaintOut:
    data = await job.run("echo", encoded(5, 2, input.format.upper()))
    job.warn("painted with a broad brush")
    job.progress("painting", 0.5)
    return PaintOut(image=File(data=data, media_type=f"image/{input.format}", width=5, height=2))


async def many(job: Job, input: ManyIn) -> ManyOut:
    return ManyOut(sizes=[(picture.width, picture.height) for picture in input.images])


async def anyhow(job: Job, input: AnyIn) -> ManyOut:
    return ManyOut(sizes=[(one.width, one.height) if isinstance(one, Picture) else (0, 0) for one in input.images])


async def sleep(job: Job, input: SleepIn) -> Empty:
    job.progress("sleeping", 0.25)
    await job.run("hang", None)
    return Empty()


async def fail(job: Job, input: FailIn) -> BaseModel:
    match input.how:
        case "bug":
            raise KeyError("/secret/path in a KeyError")
        case "nan":
            return SumOut(total=float("nan"), note="")
        case "cancelled":
            raise asyncio.CancelledError
        case "group":
            raise ExceptionGroup("several", [ModelFailed("one"), ExceptionGroup("inner", [ModelFailed("two")])])
        case code:
            raise by_code(code, f"told to fail with {code}", {} if input.eta_s is None else {"eta_s": input.eta_s})


def _operation(name: str, input: type[BaseModel], output: type[BaseModel], pipeline: Any, **more: Any) -> Operation:
    return Operation(name=name, summary=name, input=input, output=output, pipeline=pipeline, tasks=(), **more)


TOY = App(
    name="toy",
    title="Toy",
    summary="for tests",
    operations=(
        _operation("size", SizeIn, SizeOut, size, example={"image": {"data": "data:image/png;base64,"}}),
        _operation("sum", SumIn, SumOut, add, example={"points": [[1, 2, 1]], "note": "2024"}),
        _operation(
            "paint",
            PaintIn,
            PaintOut,
            paint,
            main_file="image",
            media_types=("image/png", "image/jpeg", "image/webp"),
        ),
        _operation("many", ManyIn, ManyOut, many, limits=Limits(bytes=200_000, pixels=1_000_000, files=3)),
        _operation("any", AnyIn, ManyOut, anyhow, limits=Limits(bytes=200_000, pixels=1_000_000, files=3)),
        _operation("sleep", SleepIn, Empty, sleep),
        _operation("fail", FailIn, Empty, fail),
    ),
)


def provenance(variant: str = "echo-1") -> Provenance:
    return Provenance(
        task="echo", variant=variant, kind="real", node="here", device="cpu", precision="fp32", seed=None,
        queue_s=0.0, load_s=0.0, run_s=0.001, peak_bytes=None, cost=Cost(), degraded_from=None, reason="first rung",
    )  # fmt: skip


@dataclass
class FakeCaller:
    """Echoes, hangs until cancelled, or fails; remembers what happened."""

    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: int = 0
    policies: list[Policy] = field(default_factory=list)

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        self.policies.append(ask.policy)
        if task == "hang":
            self.hanging.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        return Answer(output=input, provenance=provenance(), warnings=())


@dataclass
class FakeAdmin:
    did: list[tuple[str, str]] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """While it is not set, loads go on."""
    error: RungError | None = None
    """What loads end with."""

    async def load(self, variant: str) -> None:
        self.did.append(("load", variant))
        if self.hold is not None:
            await self.hold.wait()
        if self.error is not None:
            raise self.error

    async def unload(self, variant: str) -> None:
        self.did.append(("unload", variant))

    async def pin(self, variant: str, pinned: bool = True) -> None:
        self.did.append(("pin" if pinned else "unpin", variant))

    async def keep(self, variant: str, ttl_s: float | None) -> None:
        self.did.append((f"keep {ttl_s}", variant))


PLAN = Plan(
    machine=Machine(name="here", cores=2, ram_total=None, ram_free=None, devices=()),
    tasks={"echo": TaskPlan(task="echo", mode="real", rungs=(), rejected=(), ladder=("echo-1", "echo-2"))},
    budgets={"cpu": 1},
    threads=2,
)


@dataclass
class Toy:
    """A running toy server and everything that a test looks at."""

    runner: Runner
    caller: FakeCaller
    admin: FakeAdmin
    app: Starlette
    http: httpx.AsyncClient
    ready: list[tuple[bool, str]]
    rows: list[dict[str, Any]]
    """What the engine says of its variants."""


def settings(folder: Path, *, wait_s: float = 5.0, max_queue: int = 8, **limits: Mapping[str, int]) -> Settings:
    server = ServerSettings(wait_s=wait_s, max_queue=max_queue)
    return Settings(data_dir=str(folder), cache_dir=str(folder), server=server, limits=limits)


def runner_of(made: Settings, caller: FakeCaller, durable: Durable | None = None) -> Runner:
    return Runner([TOY], caller, MemoryJobs(), Artifacts(Path(made.data_dir) / "artifacts"), made, durable=durable)


@asynccontextmanager
async def durable_in(folder: Path) -> AsyncIterator[Durable]:
    database = open_database(str(folder / "rung.db"), (JOBS,))
    try:
        yield Durable(jobs=SqlJobs(database, server="toy"), inputs=Artifacts(folder / "inputs"), sole=True)
    finally:
        await database.close()


@asynccontextmanager
async def toy_server(folder: Path, *, intake: Intake | None = None, **server: Any) -> AsyncIterator[Toy]:
    made, caller, admin, ready = settings(folder, **server), FakeCaller(), FakeAdmin(), [(True, "")]
    rows: list[dict[str, Any]] = [{"variant": "echo-1", "state": "ready", "queued": 2}]
    async with durable_in(folder) as durable, runner_of(made, caller, durable) as runner:
        app = create_app(
            runner,
            [TOY],
            plan=lambda: PLAN,
            status=lambda: {"resident_bytes": 7, "variants": rows},
            settings=made,
            ready=lambda: ready[0],
            admin=admin,
            intake=intake,
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", timeout=10) as http:
            yield Toy(runner, caller, admin, app, http, ready, rows)
