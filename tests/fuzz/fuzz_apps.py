"""Real servers to be fuzzed: each app behind the real listener, with callers that need no model."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import fuzz_drawings
import numpy as np
from toy_app import PLAN, TOY, FakeAdmin, FakeCaller, provenance, settings

from rung.apps.drawings.app import APP as DRAWINGS
from rung.apps.editor.app import APP as EDITOR
from rung.apps.furniture.app import APP as FURNITURE
from rung.runtime.app import App
from rung.runtime.caller import Ask
from rung.runtime.jobs import Artifacts, MemoryJobs
from rung.runtime.runner import Runner
from rung.runtime.server import create_app, listener
from rung.runtime.server.requestid import RequestIds
from rung.runtime.settings import ServerSettings
from rung.runtime.spec import Answer
from rung.runtime.tasks import (
    ComputeOutput,
    Detection,
    DetectOutput,
    Extents,
    FillOutput,
    InpaintOutput,
    MatteOutput,
    ReconstructOutput,
    SegmentOutput,
    Spread,
)

QUIET_TOY = replace(TOY, operations=tuple(one for one in TOY.operations if one.name not in ("fail", "sleep")))
"""`fail` is there to fail, and `sleep` never ends."""


class ModelsCaller(FakeCaller):
    """The apps' own arithmetic is real; its models paint a disc, or give back what they were given."""

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        output = await asyncio.to_thread(_answer, task, input)
        return Answer(output=output, provenance=replace(provenance(), task=task), warnings=())


def _answer(task: str, input: Any) -> Any:
    match task:
        case "compute":
            module, _, function = input.function.partition(":")
            return ComputeOutput(value=getattr(importlib.import_module(module), function)(**input.arguments))
        case "segment":
            picture = input.picture
            box = (0, 0, max(picture.width // 2, 1), max(picture.height // 2, 1))
            mask = np.full((box[3], box[2]), 255, np.uint8)
            return SegmentOutput(mask=mask, box=box, width=picture.width, height=picture.height, score=0.9)
        case "inpaint":
            return InpaintOutput(pixels=input.pixels)
        case "fill":
            return FillOutput(pixels=input.pixels)
        case "detect":
            width, height = input.picture.width, input.picture.height
            thing = Detection(box=(0.0, 0.0, float(width), float(height)), class_id=1, label="couch", score=0.9)
            return DetectOutput(detections=(thing,), width=width, height=height, vocabulary=("couch", "chair"))
        case "reconstruct":
            side = Spread(value=1.0, sd=0.2)
            return ReconstructOutput(
                level="depth", metric=True, extents_m=Extents(width=side, depth=side, height=side), ply=b"ply\n"
            )
        case "matte":
            return MatteOutput(alpha=np.full((8, 8), 200, np.uint8), width=8, height=8)
        case other:
            return fuzz_drawings.answer(other, input)


APPS: dict[str, tuple[App, Callable[[], FakeCaller]]] = {
    "toy": (QUIET_TOY, FakeCaller),
    "editor": (EDITOR, ModelsCaller),
    "furniture": (FURNITURE, ModelsCaller),
    "drawings": (DRAWINGS, ModelsCaller),
}


@asynccontextmanager
async def _running(name: str, folder: Path) -> Any:
    app, caller = APPS[name]
    made = settings(folder, wait_s=20.0, max_queue=64)
    artifacts = Artifacts(folder / "artifacts")
    async with Runner([app], caller(), MemoryJobs(), artifacts, made) as runner:
        served = create_app(
            runner, [app], plan=lambda: PLAN, status=lambda: {"variants": []}, settings=made,
            ready=lambda: (True, ""), admin=FakeAdmin(),
        )  # fmt: skip
        yield RequestIds(served)


@contextmanager
def serving(name: str, folder: Path) -> Iterator[str]:
    """The address of that app's server, which runs in a thread of its own."""
    started: list[str] = []
    stop: list[Callable[[], None]] = []
    ready = threading.Event()

    async def main() -> None:
        async with _running(name, folder) as app:
            server = listener(app, replace(ServerSettings(), port=0), lifespan=False)
            server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            loop = asyncio.get_running_loop()
            stop.append(lambda: loop.call_soon_threadsafe(setattr, server, "should_exit", True))
            serve = asyncio.ensure_future(server._serve())
            while not server.started:
                await asyncio.sleep(0.005)
            started.append(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
            ready.set()
            await serve

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert ready.wait(20), "the server did not start"
    try:
        yield started[0]
    finally:
        stop[0]()
        thread.join(20)
