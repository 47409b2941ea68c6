"""From a call to the first answer of a variant that displaces another, beside the same access pattern done bare.

A real engine with real workers and a budget that holds one of two models of 503 MB. The answer reads every weight.
*Transfer* is what the model itself spends on having and reading its weights, as it measures it inside its process;
*fixed* is all the rest of the call: the other worker ended and its memory back, the fork, the connection, the checks,
the call and its answer. The bare process is a fork of one that has imported the same libraries, and runs the same code
on the same file; Rung and it take turns. On a GPU the libraries and the device's context are part of what is fixed: a
worker for CUDA is not forked. Cold: the kernel is told to forget the file, and asked whether it has.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import mmap
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from _report import Figure, report
from _swap_models import BYTES, written
from rung.cli.look import look_here
from rung.models.catalog.runtimes import RUNTIMES
from rung.runtime.engine import Engine
from rung.runtime.spec import Footprint, MiB, Placement, Variant
from rung.runtime.tasks import ComputeInput, MatteInput, Picture
from rung.runtime.workers.process import WorkerAnswer, WorkerCall
from rung.runtime.workers.template import Templates

HERE = Path(__file__).resolve().parent
WARM, COLD = 12, 3
"""Swaps each way: the best of them counts, since what else runs on a machine only ever adds."""
FIXED_S, TRANSFER = 0.15, 1.15
INPUT = ComputeInput(function="", arguments={})


def placement(name: str, loader: str, folder: Path, size: int, device: str = "cpu") -> Placement:
    runtime = "onnx" if device == "cpu" else "torch"
    variant = Variant(name=name, task="compute", title="", loader=loader, runtime=runtime, kind="real", places=())
    return Placement(
        variant=variant, device=device, precision="fp32", threads=1, footprint=Footprint(resident=size),
        options={"prepack": False}, env={"PYTHONPATH": str(HERE)},
        weight_paths={file: str(folder / file) for file in ("net.onnx", "net.onnx.data")},
    )  # fmt: skip


def resident(path: Path) -> float:
    """The share of a file's pages that the kernel holds."""
    libc = ctypes.CDLL(None, use_errno=True)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED) as mapped:
        pages = -(-len(mapped) // mmap.PAGESIZE)
        seen = (ctypes.c_ubyte * pages)()
        buffer = (ctypes.c_char * len(mapped)).from_buffer(mapped)
        failed = libc.mincore(ctypes.byref(buffer), ctypes.c_size_t(len(mapped)), seen)
        del buffer
        return 1.0 if failed else sum(page & 1 for page in bytes(seen)) / pages


def cool(path: Path) -> None:
    """Raises RuntimeError where the kernel keeps the file all the same."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)
    if (kept := resident(path)) > 0.01:
        raise RuntimeError(f"the kernel keeps {kept:.0%} of {path.name}")


def warm(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.read(16 * MiB):
            pass


@dataclass
class Bare:
    """The same models in processes that are nothing else."""

    process: subprocess.Popen[str] = field(
        default_factory=lambda: subprocess.Popen(
            [sys.executable, str(HERE / "_swap_models.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    )

    def run(self, pattern: str, folder: Path) -> float:
        """Seconds of its load and its read."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{pattern} {folder}\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline())
        assert self.process.stdout.readline() == "gone\n"
        return float(found["load_s"] + found["run_s"])

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@contextlib.asynccontextmanager
async def opened(*placements: Placement) -> AsyncIterator[Engine]:
    """An engine whose budget holds the largest of these, and no second one."""
    largest = max(p.footprint.peak() for p in placements)
    budget = largest + min(p.footprint.peak() for p in placements) // 2
    async with Engine(
        placements={p.variant.name: p for p in placements},
        budgets={placements[0].device: budget},
        cores=2,
        spawner=Templates(RUNTIMES),
    ) as engine:
        yield engine


async def swapped(engine: Engine, name: str) -> tuple[float, float]:
    """(fixed, transfer) seconds of a call to a variant that is not loaded, another being so."""
    states = {row["variant"]: row["state"] for row in engine.status()}
    assert states.pop(name) == "unloaded" and "ready" in states.values(), states
    began = time.perf_counter()
    answer = await engine.call(name, INPUT, deadline=time.monotonic() + 60)
    took = time.perf_counter() - began
    transfer = answer.output.value["load_s"] + answer.output.value["run_s"]
    return took - transfer, transfer


Times = dict[str, list[float]]


async def pattern(name: str, folders: list[Path], bare: Bare, times: Times) -> None:
    """Rung and bare in turns, on warm and on cold files."""
    size, device = BYTES + 100 * MiB, "cuda:0" if name == "pinned" else "cpu"
    pair = [
        placement(f"{name}-{n}", f"_swap_models:{name.title()}", folder, size, device)
        for n, folder in enumerate(folders)
    ]
    async with opened(*pair) as engine:
        for one in pair:
            await engine.call(one.variant.name, INPUT, deadline=time.monotonic() + 60)
        for turn in range(2 * (WARM + COLD)):
            state = "warm" if turn < 2 * WARM else "cold"
            data = folders[turn % 2] / "net.onnx.data"
            (warm if state == "warm" else cool)(data)
            fixed, transfer = await swapped(engine, pair[turn % 2].variant.name)
            times[f"{name} {state} fixed"].append(fixed)
            times[f"{name} {state} rung"].append(transfer)
            other = folders[(turn + 1) % 2]  # what the worker that just left had mapped; nobody holds it now
            (warm if state == "warm" else cool)(other / "net.onnx.data")
            times[f"{name} {state} bare"].append(bare.run(name, other))


REST_S = 2.5
"""Until workers have given back what their calls freed."""


async def shared(one: Placement, input: object) -> tuple[int, int]:
    """Proportional bytes of one worker that has answered and rests, and of two."""
    templates = Templates(RUNTIMES)
    try:
        workers, sizes = [], []
        for _ in range(2):
            workers.append(await templates.spawn(one))
            await workers[-1].load()
            (answer,) = await workers[-1].run([WorkerCall(id="1", task=one.variant.task, input=input)])
            assert isinstance(answer, WorkerAnswer), answer
            await asyncio.sleep(REST_S)
            sizes.append(sum(w.memory() or 0 for w in workers))
    finally:
        await templates.close()
    return sizes[0], sizes[1]


async def of_two(title: str, one: Placement, input: object) -> list[Figure]:
    alone, both = await shared(one, input)
    ratio = both / alone
    return [
        Figure(name=f"{title}: PSS of one worker", value=alone / MiB, unit="MiB"),
        Figure(name=f"{title}: PSS of two workers over one", value=ratio, unit="x", goal="<= 1.1", holds=ratio <= 1.1),
    ]


async def real() -> list[Figure]:
    """U-2-Net displaces its small sibling and the other way: seconds in all, of them the worker's load and run."""
    rungs = {rung.variant.name: rung for rung in look_here().plan.tasks["matte"].rungs}
    if not {"u2net", "u2netp"} <= rungs.keys():
        return [Figure(name="u2net and u2netp: not measured, their weights are not here", value=None, unit="")]
    asked = MatteInput(picture=Picture(data=_png(), key="swap", width=640, height=480, media_type="image/png"))
    pair = [rungs["u2netp"], rungs["u2net"]]
    times: Times = defaultdict(list)
    async with opened(*pair) as engine:
        for turn in range(2 * 4):
            began = time.perf_counter()
            name = pair[turn % 2].variant.name
            answer = await engine.call(name, asked, deadline=time.monotonic() + 60)
            took = time.perf_counter() - began
            loaded = next(row["load_s"] for row in engine.status() if row["variant"] == name)
            if turn > 1:
                times[f"{name}: in all"].append(took)
                times[f"{name}: load"].append(loaded)
                times[f"{name}: run"].append(answer.run_s)
                times["fixed"].append(took - loaded - answer.run_s)
    fixed = min(times.pop("fixed"))
    return [
        *(Figure(name=name, value=min(found), unit="s") for name, found in times.items()),
        Figure(name="u2net, u2netp: fixed", value=fixed, unit="s", goal=f"<= {FIXED_S}", holds=fixed <= FIXED_S),
        *await of_two("u2net", rungs["u2net"], asked),
    ]


def _png() -> bytes:
    import io

    import numpy as np
    from PIL import Image

    out = io.BytesIO()
    y, x = np.mgrid[:480, :640]
    disc = ((x - 320) ** 2 + (y - 240) ** 2 < 150**2)[..., None]
    Image.fromarray(np.where(disc, (230, 120, 20), (40, 70, 110)).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def figures(times: Times) -> list[Figure]:
    found = []
    for name in dict.fromkeys(key.split()[0] for key in times):
        for state in ("warm", "cold"):
            fixed = min(times[f"{name} {state} fixed"])
            typical = statistics.median(times[f"{name} {state} fixed"])
            ours, theirs = (min(times[f"{name} {state} {who}"]) for who in ("rung", "bare"))
            head = f"{name}, {state}"
            found += [
                Figure(name=f"{head}: fixed", value=fixed, unit="s", goal=f"<= {FIXED_S}", holds=fixed <= FIXED_S),
                Figure(name=f"{head}: fixed, median", value=typical, unit="s"),
                Figure(name=f"{head}: transfer", value=ours, unit="s"),
                Figure(name=f"{head}: transfer of the bare process", value=theirs, unit="s"),
                Figure(
                    name=f"{head}: transfer over bare",
                    value=ours / theirs,
                    unit="x",
                    goal=f"<= {TRANSFER}",
                    holds=ours / theirs <= TRANSFER,
                ),
            ]
    return found


async def measure(folders: list[Path]) -> list[Figure]:
    times: Times = defaultdict(list)
    bare = Bare()
    card = any(device.kind == "cuda" for device in look_here().machine.devices)
    try:
        for name in ("mapped", "copied", *(["pinned"] if card else [])):
            await pattern(name, folders, bare, times)
    finally:
        bare.close()
    mapped = placement("mapped", "_swap_models:Mapped", folders[0], BYTES)
    found = figures(times) + await of_two("mapped", mapped, INPUT)
    if not card:
        found.append(Figure(name="pinned host memory to a GPU: not measured, there is none here", value=None, unit=""))
    return found + await real()


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="rung-swap-", dir=HERE / "results"))
    try:
        found = asyncio.run(measure([written(folder / str(n), n) for n in range(2)]))
    finally:
        shutil.rmtree(folder)
    report("swap", found, ["numpy", "onnxruntime"])


if __name__ == "__main__":
    main()
