"""A server with variants of real tasks on a caller that answers from its input: what the protocol is tested with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import uvicorn

from rung.runtime.caller import Ask
from rung.runtime.errors import RungError
from rung.runtime.jobs import Artifacts, MemoryJobs
from rung.runtime.runner import Runner
from rung.runtime.server import create_app, listener
from rung.runtime.server.auth import Door
from rung.runtime.server.meter import Meter
from rung.runtime.settings import ServerSettings, Settings
from rung.runtime.spec import (
    Answer,
    Cost,
    Footprint,
    Machine,
    Placement,
    Plan,
    Policy,
    Provenance,
    Rejection,
    TaskPlan,
    Variant,
)
from rung.runtime.tasks import (
    ComputeInput,
    FillInput,
    FillOutput,
    InpaintInput,
    InpaintOutput,
    MatteInput,
    MatteOutput,
    SegmentInput,
    SegmentOutput,
)


def placement(name: str, task: str) -> Placement:
    variant = Variant(name=name, task=task, title="", loader="x:y", runtime="pictures", kind="real", places=())
    return Placement(variant=variant, device="cpu", precision="none", threads=1, footprint=Footprint(resident=0))


def ladder(task: str, *names: str, lost: str = "") -> TaskPlan:
    rejected = (Rejection(variant=lost, code="memory", reason=f"{lost}: needs 7.9 GiB"),) if lost else ()
    rungs = tuple(placement(name, task) for name in names)
    return TaskPlan(task=task, mode="real", rungs=rungs, rejected=rejected, ladder=(*((lost,) if lost else ()), *names))


PLAN = Plan(
    machine=Machine(name="here", cores=2, ram_total=None, ram_free=None, devices=()),
    tasks={
        "segment": ladder("segment", "click", lost="sam-huge"),
        "inpaint": ladder("inpaint", "echo"),
        "fill": ladder("fill", "paint"),
        "matte": ladder("matte", "alpha"),
        "compute": ladder("compute", "compute"),
    },
    budgets={"cpu": 1},
    threads=2,
)


@dataclass
class TensorCaller:
    """Answers at once from the input, fails with `error`, or hangs while `hold` is set; remembers what came."""

    error: RungError | None = None
    hold: bool = False
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    inputs: list[Any] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    left_s: float = 0.0

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        self.inputs.append(input)
        self.policies.append(ask.policy)
        self.scopes.append(ask.scope)
        self.left_s = ask.deadline - asyncio.get_running_loop().time()
        if self.error is not None:
            raise self.error
        if self.hold:
            self.hanging.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        made = Provenance(
            task=task, variant=ask.policy.variant, kind="real", node="here", device="cpu", precision="fp32",
            seed=ask.policy.seed, queue_s=0.0, load_s=0.0, run_s=0.25, peak_bytes=None, cost=Cost(), degraded_from=None,
            reason="asked for",
        )  # fmt: skip
        return Answer(output=output_for(input), provenance=made, warnings=("a warning: é",))


def output_for(input: Any) -> Any:
    match input:
        case InpaintInput(pixels=pixels):
            return InpaintOutput(pixels=255 - pixels)
        case FillInput(pixels=pixels):
            return FillOutput(pixels=pixels)
        case SegmentInput(picture=picture, points=points):
            mask = np.full((2, 3), 255, np.uint8)
            score = 0.5 if points else None
            return SegmentOutput(mask=mask, box=(1, 1, 4, 3), width=picture.width, height=picture.height, score=score)
        case MatteInput(picture=picture):
            return MatteOutput(
                alpha=np.full((picture.height, picture.width), 7, np.uint8), width=picture.width, height=picture.height
            )
        case ComputeInput():
            raise AssertionError("the compute task was reached")
        case _:
            raise AssertionError(f"no answer for {input}")


@dataclass
class TensorAdmin:
    did: list[tuple[str, str]] = field(default_factory=list)

    async def load(self, variant: str) -> None:
        self.did.append(("load", variant))

    async def unload(self, variant: str) -> None:
        self.did.append(("unload", variant))

    async def pin(self, variant: str, pinned: bool = True) -> None:
        raise AssertionError("nobody pins here")


@dataclass
class Tensors:
    """A running server. rows: what the status says of the variants."""

    app: Any
    http: httpx.AsyncClient
    caller: TensorCaller
    admin: TensorAdmin
    runner: Runner
    rows: list[Mapping[str, Any]]


@asynccontextmanager
async def tensors(folder: Path, *, door: Door | None = None, meter: Meter | None = None) -> AsyncIterator[Tensors]:
    made = Settings(data_dir=str(folder), cache_dir=str(folder), server=ServerSettings(max_queue=8))
    caller, admin, rows = TensorCaller(), TensorAdmin(), [{"variant": "echo", "state": "ready"}]
    async with Runner([], caller, MemoryJobs(), Artifacts(folder / "artifacts"), made) as runner:
        app = create_app(
            runner,
            [],
            plan=lambda: PLAN,
            status=lambda: {"variants": rows},
            settings=made,
            ready=lambda: (True, ""),
            admin=admin,
            door=door,
            meter=meter,
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", timeout=10) as http:
            yield Tensors(app, http, caller, admin, runner, rows)
        assert not runner.direct.open, "a test left a call running"
        assert (runner.desk.calls, runner.desk.held) == (0, 0)


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[tuple[str, Tensors]]:
    """The same behind a real socket; gives its host and port."""
    async with tensors(folder) as made:
        server: uvicorn.Server = listener(made.app, replace(ServerSettings(), port=0), lifespan=False)
        serving = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", made
        finally:
            server.should_exit = True
            await asyncio.wait_for(serving, 10)
