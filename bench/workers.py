"""From asking for a worker to its model being ready: forked from a warm template, beside a fresh start.

The model is trivial (one matrix product), so that what is timed is the process and its libraries. Forks and fresh
starts take turns; the template is started, and one fresh start is done to warm the disk cache, before the clock runs.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from _report import Figure, report
from rung.models.catalog.runtimes import RUNTIMES
from rung.runtime.spec import Footprint, Placement, Runtime, Variant
from rung.runtime.tasks import InpaintInput
from rung.runtime.workers.process import WorkerAnswer, WorkerCall
from rung.runtime.workers.template import Templates

GOALS = {"onnx": 5.0, "torch": 20.0}
TURNS = {"onnx": 9, "torch": 5}


def one_node(path: Path) -> str:
    """Write the model of `Onnx`."""
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 2]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "x"], ["y"])], "g", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return str(path)


def placement(runtime: Runtime, weights: dict[str, str]) -> Placement:
    variant = Variant(
        name=runtime.name, task="inpaint", title="", loader=f"_models:{runtime.name.title()}", runtime=runtime.name,
        kind="real", places=(),
    )  # fmt: skip
    return Placement(
        variant=variant, device="cpu", precision="fp32", threads=1, footprint=Footprint(resident=0),
        env={"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))}, weight_paths=weights,
    )  # fmt: skip


async def ready(templates: Templates, placed: Placement, started: str) -> tuple[float, int | None]:
    """(seconds until the model is loaded, its proportional set size); the worker is seen to answer, and ended."""
    began = time.perf_counter()
    worker = await templates.spawn(placed)
    loaded = await worker.load()
    took = time.perf_counter() - began
    assert worker.started.startswith(started), worker.started
    tiny = InpaintInput(pixels=np.zeros((1, 1, 3), np.uint8), mask=np.zeros((1, 1), np.uint8))
    (answer,) = await worker.run([WorkerCall(id="1", task="inpaint", input=tiny)])
    assert isinstance(answer, WorkerAnswer), answer
    await worker.end()
    return took, loaded.resident_bytes


async def measure(runtime: Runtime, weights: dict[str, str]) -> list[Figure]:
    """Median of each way to start, how much faster the fork is, and what a worker takes."""
    placed = placement(runtime, weights)
    forking = Templates({runtime.name: runtime})
    fresh = Templates({runtime.name: replace(runtime, fork=False)})
    try:
        began = time.perf_counter()
        await ready(forking, placed, "forked")
        first = time.perf_counter() - began
        await ready(fresh, placed, "started afresh")
        forks, starts = [], []
        for _ in range(TURNS[runtime.name]):
            forks.append(await ready(forking, placed, "forked"))
            starts.append(await ready(fresh, placed, "started afresh"))
    finally:
        await forking.close()
        await fresh.close()
    return figures(runtime.name, first, forks, starts)


def figures(
    name: str, first: float, forks: list[tuple[float, int | None]], starts: list[tuple[float, int | None]]
) -> list[Figure]:
    fork, start = (statistics.median(took for took, _ in found) for found in (forks, starts))
    goal = GOALS[name]
    found = [
        Figure(name=f"{name}: first worker, template included", value=first, unit="s"),
        Figure(name=f"{name}: worker from the warm template", value=fork, unit="s"),
        Figure(name=f"{name}: worker by a fresh start", value=start, unit="s"),
        Figure(
            name=f"{name}: the fork is faster",
            value=start / fork,
            unit="x",
            goal=f">= {goal:g}",
            holds=start / fork >= goal,
        ),
    ]
    for title, sizes in (("forked", forks), ("fresh", starts)):
        size = sizes[-1][1]
        mib = None if size is None else size / 2**20
        found.append(Figure(name=f"{name}: PSS of a {title} worker", value=mib, unit="MiB"))
    return found


def main() -> None:
    found: list[Figure] = []
    for name in GOALS:
        lacking = [
            module for module in RUNTIMES[name].modules if importlib.util.find_spec(module.partition(".")[0]) is None
        ]
        if lacking:
            found.append(Figure(name=f"{name}: not measured, {', '.join(lacking)} not installed", value=None, unit=""))
        else:
            with tempfile.TemporaryDirectory() as folder:
                weights = {"one.onnx": one_node(Path(folder) / "one.onnx")} if name == "onnx" else {}
                found += asyncio.run(measure(RUNTIMES[name], weights))
    report("workers", found, ["numpy", "onnxruntime", "opencv-python-headless", "torch"])


if __name__ == "__main__":
    main()
