"""A checkpoint larger than the RAM that its process may take, brought tensor by tensor to a device.

Each load is a process of its own whose RLIMIT_DATA (private memory) leaves the largest tensor and 300 MB beside what
Python and torch hold. The device is a CUDA GPU where one is at hand; elsewhere it is a sink: it takes each tensor in
memory of its own, counts its bytes and lets it go. In the same limit two loads that everybody writes are tried.

The rate is that of the same tensors out of the same file, mapped and copied one by one, in turns in one process.
Cold: the kernel's copy of the file is dropped before each turn.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from _report import Figure, report

TENSORS = 16
TENSOR = 64 * 2**20
"""Bytes of each, F32."""
ROOM = 300 * 10**6
"""Bytes beside the largest tensor."""
ROUNDS = 5
PROMISED = ("warm", "cold")
"""Converted on a CPU there is no goal: a mapped file is converted in one pass, a read one in two."""


# --- the parent ------------------------------------------------------------------------------------------------


def write(path: Path) -> None:
    """TENSORS of numbers that no file system can leave out; written here, so that nobody holds them all."""
    each = {"dtype": "F32", "shape": [4096, TENSOR // 4 // 4096]}
    header = {f"layers.{n}.weight": {**each, "data_offsets": [n * TENSOR, (n + 1) * TENSOR]} for n in range(TENSORS)}
    text = json.dumps(header).encode()
    grain = bytes(value & 0x3F if place % 4 == 3 else value for place, value in enumerate(os.urandom(2**20)))
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _ in range(TENSORS * TENSOR // len(grain)):
            file.write(grain)
        file.flush()
        os.fsync(file.fileno())


def measured(path: Path, how: str) -> dict[str, Any]:
    """What a child of this file says; `failed` where it could not do it."""
    done = subprocess.run([sys.executable, __file__, "--child", how, "--file", str(path)], capture_output=True)
    if done.returncode == 0:
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    return {"failed": done.stderr.decode().strip().splitlines()[-1]}


def main() -> None:
    given = arguments()
    if given.child:
        print(json.dumps(CHILDREN[given.child](Path(given.file))))
        return
    with TemporaryDirectory(prefix="rung-bench-") as folder:
        path = Path(folder) / "net.safetensors"
        write(path)
        ours, whole, lazy = (measured(path, how) for how in ("stream", "load_file", "safe_open"))
        rates = measured(path, "rates")
    report("bounded_load", [*bounds(ours, whole, lazy), *ratios(rates)], ["torch", "safetensors"])


def bounds(ours: dict[str, Any], *others: dict[str, Any]) -> list[Figure]:
    if "failed" in ours:
        raise SystemExit(f"the stream could not be measured: {ours['failed']}")
    limit = (TENSOR + ROOM) / 2**20
    taken = ours["peak"] / 2**20
    figures = [
        Figure(name="checkpoint", value=TENSORS * TENSOR / 2**20, unit="MiB", goal=f"> {limit:.0f} allowed"),
        Figure(
            name=f"came whole to {ours['device']}",
            value=ours["bytes"] / 2**20,
            unit="MiB",
            goal="all of it",
            holds=ours["bytes"] == TENSORS * TENSOR,
        ),
        Figure(
            name="peak of the load",
            value=taken,
            unit="MiB",
            goal="<= largest tensor + 300 MB",
            holds=taken <= limit,
        ),
    ]
    for name, other in zip(("load_file", "safe_open, one tensor at a time"), others, strict=True):
        print(f"{name} in the same limit: {other.get('failed', 'succeeded')}")
        failed = "failed" in other and "memory" in other["failed"].lower()
        figures.append(
            Figure(
                name=f"{name}, in the same limit, runs out of memory",
                value=float(failed),
                unit="",
                goal="yes" if name == "load_file" else "",
                holds=failed if name == "load_file" else None,
            )
        )
    return figures


def ratios(rates: dict[str, Any]) -> list[Figure]:
    if "failed" in rates:
        raise SystemExit(f"the rates could not be measured: {rates['failed']}")
    figures = []
    for what, (ours, mapped) in rates.items():
        goal = what in PROMISED
        figures += [
            Figure(name=f"{what}: read to the device", value=ours, unit="GB/s"),
            Figure(name=f"{what}: mapped, then copied", value=mapped, unit="GB/s"),
            Figure(
                name=f"{what}: of map-then-copy",
                value=ours / mapped,
                unit="x",
                goal=">= 0.8" if goal else "",
                holds=ours / mapped >= 0.8 if goal else None,
            ),
        ]
    return figures


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--child", default="")
    parser.add_argument("--file", default="")
    known, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    return known


# --- the children ----------------------------------------------------------------------------------------------


def device() -> Any:
    import torch

    return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")


def bounded() -> None:
    """From here on: the largest tensor and ROOM. CUDA maps private memory of its own, so there only the peak counts."""
    import torch

    if device().type == "cuda":
        torch.zeros(1, device=device())
        return
    torch.zeros(2**16).to(torch.bfloat16).sum()  # the pools of threads and of small blocks
    limit = status("VmData") + TENSOR + ROOM
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def stream(path: Path) -> dict[str, Any]:
    """Every tensor through the reader of `rung.models.torch`, as F32, and half of the time converted to BF16."""
    import torch

    from rung.models.torch.checkpoint import open_checkpoint
    from rung.models.torch.lane import Lane

    bounded()
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    taken = 0
    with open_checkpoint([path]) as checkpoint:
        lane = Lane(device())
        for number, entry in enumerate(checkpoint.entries):
            dtype = torch.bfloat16 if number % 2 else None
            taken += lane.tensor(checkpoint, entry.name, dtype).numel() * 4
    name = torch.cuda.get_device_name() if device().type == "cuda" else "the sink"
    return {"bytes": taken, "peak": status("VmHWM") - before, "device": name}


def load_file(path: Path) -> dict[str, Any]:
    import torch
    from safetensors.torch import load_file

    bounded()
    return {
        "bytes": sum(t.to(device(), copy=True).numel() for t in load_file(path).values()),
        "torch": torch.__version__,
    }


def safe_open(path: Path) -> dict[str, Any]:
    from safetensors import safe_open

    bounded()
    with safe_open(path, "pt") as file:
        return {"bytes": sum(file.get_tensor(name).to(device(), copy=True).numel() for name in file.keys())}  # noqa: SIM118


def rates(path: Path) -> dict[str, Any]:
    """What was measured -> GB/s of ours and of map-then-copy, the medians of ROUNDS turns."""
    import torch

    found = {}
    for what, dtype, cold in (
        ("warm", None, False),
        ("warm, converted to BF16", torch.bfloat16, False),
        ("cold", None, True),
    ):
        spans: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for place, way in enumerate((read, mapped)):
                if cold:
                    forget(path)
                spans[place].append(timed(lambda way=way, dtype=dtype: way(path, dtype)))  # type: ignore[misc]
        found[what] = [TENSORS * TENSOR / statistics.median(spent) / 1e9 for spent in spans]
    return found


def timed(act: Callable[[], Iterator[Any]]) -> float:
    began = time.perf_counter()
    for tensor in act():
        del tensor
    if device().type == "cuda":
        import torch

        torch.cuda.synchronize()
    return time.perf_counter() - began


def forget(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def read(path: Path, dtype: Any) -> Iterator[Any]:
    from rung.models.torch.checkpoint import open_checkpoint
    from rung.models.torch.lane import Lane

    with open_checkpoint([path]) as checkpoint:
        lane = Lane(device())
        for entry in checkpoint.entries:
            yield lane.tensor(checkpoint, entry.name, dtype)


def mapped(path: Path, dtype: Any) -> Iterator[Any]:
    """The bare way: a view of the mapped file, copied (and converted) to the device; given back at the end."""
    import warnings

    import torch

    from rung.models.torch.checkpoint import open_checkpoint

    warnings.filterwarnings("ignore", "The given buffer is not writable")
    with open_checkpoint([path]) as checkpoint, path.open("rb") as file:
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        for entry in checkpoint.entries:
            view = torch.frombuffer(whole, dtype=torch.float32, offset=entry.begin, count=entry.size // 4)
            yield view.reshape(entry.shape).to(device(), dtype or torch.float32, copy=True)


CHILDREN: dict[str, Callable[[Path], dict[str, Any]]] = {
    "stream": stream,
    "load_file": load_file,
    "safe_open": safe_open,
    "rates": rates,
}


if __name__ == "__main__":
    main()
