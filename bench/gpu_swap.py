"""From a call to the first answer of a variant that displaces another on a GPU, beside the same copy done bare.

A real engine with real workers and a budget that holds one of two models of 8 GiB (bf16, one file each). The answer
sums every weight on the device. *Transfer* is what the model spends on having and reading its weights, as it measures
it inside its process; *fixed* is the rest of the call: the other worker ended and its memory back at the driver, a
fresh start (CUDA cannot be forked into) with the import of torch, the call and its answer. The bare process reads the
same file through two pinned buffers and sums the same, and does nothing else. Needs a CUDA device and 16 GB of disk;
says so where there is none. `--tiny` swaps two models of 128 MiB on the CPU, to see that it works.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _report import Figure, report
from rung.models.catalog.runtimes import RUNTIMES
from rung.runtime.engine import Engine
from rung.runtime.spec import Footprint, MiB, Placement, Variant
from rung.runtime.tasks import ComputeInput
from rung.runtime.workers.template import Templates

HERE = Path(__file__).resolve().parent
SWAPS, COLD = 6, 2
LAYER = 32 * MiB
TRANSFER = 1.15
CONTEXT = 700 * MiB
"""What a process takes of a card beside its weights: CUDA's context, and cuBLAS' workspace."""
INPUT = ComputeInput(function="", arguments={})


def placement(name: str, path: Path, layers: int, device: str) -> Placement:
    variant = Variant(
        name=name, task="compute", title="", loader="_gpu_models:Squares", runtime="torch", kind="real", places=()
    )
    return Placement(
        variant=variant, device=device, precision="bf16", threads=2, env={"PYTHONPATH": str(HERE)},
        footprint=Footprint(resident=layers * LAYER, working=CONTEXT), options={"layers": layers},
        weight_paths={path.name: str(path)},
    )  # fmt: skip


def cool(path: Path) -> None:
    """Tell the kernel to forget the file."""
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


class Bare:
    """The same copy in a process that is nothing else, its context made before the first figure counts."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "_gpu_models.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, path: Path, layers: int, device: str) -> dict[str, float]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{path} {layers} {device}\n")
        self.process.stdin.flush()
        found: dict[str, float] = json.loads(self.process.stdout.readline())
        return found

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


async def swaps(pair: list[Placement], paths: list[Path]) -> dict[str, list[float]]:
    """Seconds, fixed and of the transfer, of swaps with the file in the page cache and after it was forgotten."""
    times: dict[str, list[float]] = {f"{state} {part}": [] for state in ("warm", "cold") for part in ("fixed", "rung")}
    peak = max(p.footprint.peak() for p in pair)
    names = {p.variant.name: p for p in pair}
    engine = Engine(placements=names, budgets={pair[0].device: peak * 3 // 2}, cores=4, spawner=Templates(RUNTIMES))
    async with engine:
        for turn in range(2 * (SWAPS + COLD) + 2):
            state = "warm" if turn < 2 * SWAPS + 2 else "cold"
            if state == "cold":
                cool(paths[turn % 2])
            began = time.perf_counter()
            answer = await engine.call(pair[turn % 2].variant.name, INPUT, deadline=time.monotonic() + 300)
            took = time.perf_counter() - began
            transfer = answer.output.value["load_s"] + answer.output.value["run_s"]
            if turn > 1:  # the first two displace nobody, or read their file for the first time
                times[f"{state} fixed"].append(took - transfer)
                times[f"{state} rung"].append(transfer)
    return times


def alone(paths: list[Path], layers: int, device: str) -> dict[str, list[float]]:
    """The bare process, when no worker holds anything any more."""
    times: dict[str, list[float]] = {"warm bare": [], "cold bare": []}
    bare = Bare()
    try:
        bare.run(paths[0], layers, device)
        for turn in range(SWAPS + COLD):
            state = "warm" if turn < SWAPS else "cold"
            if state == "cold":
                cool(paths[turn % 2])
            found = bare.run(paths[turn % 2], layers, device)
            times[f"{state} bare"].append(found["load_s"] + found["run_s"])
    finally:
        bare.close()
    return times


def figures(times: dict[str, list[float]], size: int) -> list[Figure]:
    found = []
    for state in ("warm", "cold"):
        ours, theirs = min(times[f"{state} rung"]), min(times[f"{state} bare"])
        over = ours / theirs
        found += [
            Figure(name=f"{state}: fixed", value=min(times[f"{state} fixed"]), unit="s"),
            Figure(name=f"{state}: fixed, median", value=statistics.median(times[f"{state} fixed"]), unit="s"),
            Figure(name=f"{state}: transfer", value=ours, unit="s"),
            Figure(name=f"{state}: transfer of the bare process", value=theirs, unit="s"),
            Figure(name=f"{state}: rate of the transfer", value=size / ours / 1e9, unit="GB/s"),
            Figure(
                name=f"{state}: transfer over bare", value=over, unit="x", goal=f"<= {TRANSFER}", holds=over <= TRANSFER
            ),
        ]
    return found


def lacks(tiny: bool) -> str:
    """Why it cannot run here; empty when it can."""
    try:
        import torch
    except ImportError:
        return "torch is not installed (pip install 'rung[torch]')"
    return "" if tiny or torch.cuda.is_available() else "no CUDA device is at hand"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tiny", action="store_true")
    told, sys.argv[1:] = parser.parse_known_args()
    if why := lacks(told.tiny):
        print(f"gpu_swap was not measured: {why}.")
        return
    from _gpu_models import written

    layers, device = (4, "cpu") if told.tiny else (256, "cuda:0")
    folder = Path(tempfile.mkdtemp(prefix="rung-gpu-swap-", dir=HERE / "results"))
    try:
        paths = [written(folder / f"{n}.safetensors", layers, n) for n in range(2)]
        pair = [placement(f"squares-{n}", path, layers, device) for n, path in enumerate(paths)]
        times = asyncio.run(swaps(pair, paths)) | alone(paths, layers, device)
    finally:
        shutil.rmtree(folder)
    report("gpu_swap_tiny" if told.tiny else "gpu_swap", figures(times, layers * LAYER), ["torch"])


if __name__ == "__main__":
    main()
