"""Four workers on few cores: what they answer together, beside one worker alone and beside the same without a budget.

Each of four variants is asked by a client of its own that always waits for its answer. With the budget the scheduler
lets no more threads run than there are cores; without it every worker runs at once, with as many threads as its library
takes by itself (all cores) and as it keeps them between calls (spinning). Beside them bare processes that take turns
with nothing in between: what alternating costs on these cores, whoever does it. All of it in short windows by turns.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from _cores_bare import processes, rounds_s
from _report import Figure, report
from rung.models.catalog.runtimes import RUNTIMES
from rung.runtime.engine import Engine
from rung.runtime.spec import Footprint, MiB, Placement, Variant
from rung.runtime.tasks import InpaintInput
from rung.runtime.workers.template import Templates

WORKERS = 4
PACKAGES = ("onnxruntime", "numpy")
SIDE, PRODUCTS = 512, 8
WINDOW_S, ROUNDS = 1.6, 4
AT_LEAST, AT_MOST, CPU_AT_MOST = 0.9, 1.5, 1.15
TINY = InpaintInput(pixels=np.zeros((1, 1, 3), np.uint8), mask=np.zeros((1, 1), np.uint8))


def chain(path: Path) -> str:
    """Write the model of `Chain`."""
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [SIDE, SIDE]) for name in ("x", "y")]
    names = ["x", *(f"h{i}" for i in range(PRODUCTS - 1)), "y"]
    nodes = [helper.make_node("MatMul", [a, "x"], [b]) for a, b in pairwise(names)]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return str(path)


def placement(name: str, weights: str, threads: int, by_itself: bool) -> Placement:
    variant = Variant(
        name=name, task="inpaint", title="", loader="_cores_model:Chain", runtime="onnx", kind="real", places=()
    )
    return Placement(
        variant=variant, device="cpu", precision="fp32", threads=threads, footprint=Footprint(resident=64 * MiB),
        env={"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))}, weight_paths={"chain.onnx": weights},
        options={"by_itself": by_itself},
    )  # fmt: skip


@dataclass
class Seen:
    """Seconds of each call, of the windows together, and of the workers' CPU time."""

    calls: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def cpu_ms(self) -> float:
        return self.cpu / len(self.calls) * 1000

    @property
    def rate(self) -> float:
        return len(self.calls) / self.seconds

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.calls, n=100)[98]


@asynccontextmanager
async def engine(weights: str, cores: int, budget: bool) -> AsyncIterator[Engine]:
    """With all its workers loaded."""
    placements = {f"w{i}": placement(f"w{i}", weights, cores, not budget) for i in range(WORKERS)}
    most = cores if budget else cores * WORKERS
    async with Engine(placements, {"cpu": 1024 * MiB}, most, Templates({"onnx": RUNTIMES["onnx"]})) as running:
        await asyncio.gather(*(running.load(name) for name in placements))
        yield running


async def window(running: Engine, clients: int, seen: Seen) -> None:
    """All clients ask as fast as they are answered; what began within the window counts."""
    began, cpu = time.monotonic(), cpu_of(running)
    until = began + WINDOW_S

    async def client(name: str) -> None:
        while (asked := time.monotonic()) < until:
            await running.call(name, TINY, deadline=asked + 60)
            seen.calls.append(time.monotonic() - asked)

    await asyncio.gather(*(client(f"w{i}") for i in range(clients)))
    seen.seconds += time.monotonic() - began
    seen.cpu += cpu_of(running) - cpu


def cpu_of(running: Engine) -> float:
    """Seconds that its workers have used of the cores."""
    ticks = 0
    for row in running.status():
        words = Path(f"/proc/{row['pid']}/stat").read_text().rpartition(")")[2].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@dataclass
class Measured:
    """One worker alone; all with the budget; all without; bare processes, by how many took turns: seconds of rounds."""

    alone: Seen = field(default_factory=Seen)
    kept: Seen = field(default_factory=Seen)
    free: Seen = field(default_factory=Seen)
    bare: dict[int, list[float]] = field(default_factory=lambda: {1: [], WORKERS: []})

    def bare_rate(self, count: int) -> float:
        """Calls a second."""
        return count * len(self.bare[count]) / sum(self.bare[count])


async def measure(weights: str, cores: int) -> Measured:
    found = Measured()
    async with engine(weights, cores, True) as budgeted, engine(weights, cores, False) as unbudgeted:
        with processes(weights, cores, WORKERS) as bare:
            for running in (budgeted, unbudgeted):
                await window(running, WORKERS, Seen())
            for _ in range(ROUNDS):
                await window(budgeted, 1, found.alone)
                await window(budgeted, WORKERS, found.kept)
                await window(unbudgeted, WORKERS, found.free)
                for count, rounds in found.bare.items():
                    rounds += await asyncio.to_thread(rounds_s, bare[:count], time.monotonic() + WINDOW_S)
    return found


def main() -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(chain(Path(folder) / "chain.onnx"), cores))
    report("cores", [Figure(name="cores", value=cores, unit=""), *_figures(found), *_beside_bare(found)], PACKAGES)


def _figures(found: Measured) -> list[Figure]:
    alone, kept, free = found.alone, found.kept, found.free
    share, turn = kept.rate / alone.rate, kept.p99 / (WORKERS * statistics.median(alone.calls))
    return [
        Figure(name="one worker alone", value=alone.rate, unit="/s"),
        Figure(name=f"{WORKERS} workers, with the budget", value=kept.rate, unit="/s"),
        Figure(name=f"{WORKERS} workers, without it", value=free.rate, unit="/s"),
        Figure(
            name="with the budget, of one alone", value=share, unit="x",
            goal=f">= {AT_LEAST}", holds=share >= AT_LEAST,
        ),
        Figure(name="without it, of one alone", value=free.rate / alone.rate, unit="x"),
        Figure(name="CPU time a call, one worker alone", value=alone.cpu_ms, unit="ms"),
        Figure(
            name="CPU time a call, with the budget", value=kept.cpu_ms, unit="ms",
            goal=f"<= {CPU_AT_MOST} x alone", holds=kept.cpu_ms <= CPU_AT_MOST * alone.cpu_ms,
        ),
        Figure(name="CPU time a call, without it", value=free.cpu_ms, unit="ms"),
        Figure(name="p99 with the budget", value=kept.p99 * 1000, unit="ms"),
        Figure(name="p99 without it", value=free.p99 * 1000, unit="ms"),
        Figure(
            name=f"p99 with the budget, of {WORKERS} turns of one alone", value=turn, unit="x",
            goal=f"<= {AT_MOST}", holds=turn <= AT_MOST,
        ),
    ]  # fmt: skip


def _beside_bare(found: Measured) -> list[Figure]:
    """What is left to us: the bare processes pay for the alternating too."""
    bare, kept = found.bare_rate(WORKERS), found.kept
    p99 = statistics.quantiles(found.bare[WORKERS], n=100)[98]
    share, tail = kept.rate / bare, kept.p99 / p99
    many, one = f"{WORKERS} bare processes in turns", "one bare process alone"
    return [
        Figure(name=one, value=found.bare_rate(1), unit="/s"),
        Figure(name=many, value=bare, unit="/s"),
        Figure(name=f"{many}, of {one}", value=bare / found.bare_rate(1), unit="x"),
        Figure(
            name=f"{WORKERS} workers, with the budget, of {many}", value=share, unit="x",
            goal=f">= {AT_LEAST}", holds=share >= AT_LEAST,
        ),
        Figure(
            name=f"p99 with the budget, of that of {many}", value=tail, unit="x",
            goal=f"<= {AT_MOST}", holds=tail <= AT_MOST,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
