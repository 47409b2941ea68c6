"""The models of bench/swap.py, apart from it so that a worker imports nothing else. Bare processes run the same code.

Each answers how long its own access pattern took: `load_s` to have the weights, `run_s` to read every one of them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from rung.runtime.model import Result
from rung.runtime.tasks import ComputeOutput

LAYERS, SIDE = 30, 2048
BYTES = LAYERS * SIDE * SIDE * 4


class Timed:
    """`load` and `run` around the two halves of an access pattern."""

    def load(self, context: Any) -> None:
        self.prepare(context)
        began = time.perf_counter()
        self.take(context)
        self.load_s = time.perf_counter() - began

    def run(self, calls: Any) -> Any:
        for index, _ in enumerate(calls):
            began = time.perf_counter()
            value = self.read()
            times = {"load_s": self.load_s, "run_s": time.perf_counter() - began, "value": value}
            yield index, Result(ComputeOutput(value=times))

    def prepare(self, context: Any) -> None:
        """What has to be there before the first byte moves."""

    def take(self, context: Any) -> None:
        raise NotImplementedError

    def read(self) -> float:
        raise NotImplementedError


class Mapped(Timed):
    """An ONNX session over weights beside its graph, not prepacked; the answer multiplies a row by every layer."""

    def take(self, context: Any) -> None:
        from rung.models.onnx_session import session

        self.session = session(context.weight("net.onnx"), context)

    def read(self) -> float:
        (row,) = self.session.run(None, {"x0": np.full((1, SIDE), 0.5, np.float32)})
        return float(row.sum())


class Copied(Timed):
    """Every layer read into memory of its own, then summed."""

    def take(self, context: Any) -> None:
        with context.weight("net.onnx.data").open("rb", buffering=0) as file:
            self.layers = [np.empty((SIDE, SIDE), np.float32) for _ in range(LAYERS)]
            for layer in self.layers:
                assert file.readinto(memoryview(layer).cast("B")) == layer.nbytes

    def read(self) -> float:
        return float(sum(float(layer.sum()) for layer in self.layers))


class Pinned(Timed):
    """Every layer read into one of two pinned pieces of memory and copied from there to the device, then summed."""

    def prepare(self, context: Any) -> None:
        import torch

        self.torch, self.device = torch, torch.device(context.device)
        pinned = self.device.type == "cuda"
        self.pieces = [torch.empty((SIDE, SIDE), dtype=torch.float32, pin_memory=pinned) for _ in range(2)]
        torch.zeros(1, device=self.device)

    def take(self, context: Any) -> None:
        self.layers = []
        copied: list[Any] = [None, None]
        with context.weight("net.onnx.data").open("rb", buffering=0) as file:
            for n in range(LAYERS):
                piece = self.pieces[n % 2]
                if copied[n % 2] is not None:
                    copied[n % 2].synchronize()
                assert file.readinto(memoryview(piece.numpy()).cast("B")) == piece.nbytes
                self.layers.append(self.torch.empty_like(piece, device=self.device).copy_(piece, non_blocking=True))
                if self.device.type == "cuda":
                    copied[n % 2] = self.torch.cuda.Event()
                    copied[n % 2].record()

    def read(self) -> float:
        return float(sum(float(layer.sum()) for layer in self.layers))


def written(folder: Path, seed: int) -> Path:
    """A graph of LAYERS products and its data file, on the disk and not only in its cache."""
    from onnx import TensorProto, helper

    folder.mkdir()
    layer = np.random.default_rng(seed).standard_normal((SIDE, SIDE), dtype=np.float32) / SIDE**0.5
    weights, nodes = [], []
    with (folder / "net.onnx.data").open("wb") as file:
        for n in range(LAYERS):
            file.write(np.roll(layer, n, axis=1).tobytes())
            weight = TensorProto(name=f"w{n}", data_type=TensorProto.FLOAT, dims=[SIDE, SIDE])
            weight.data_location = TensorProto.EXTERNAL
            places = {"location": "net.onnx.data", "offset": str(n * layer.nbytes), "length": str(layer.nbytes)}
            for key, value in places.items():
                weight.external_data.add(key=key, value=value)
            weights.append(weight)
            nodes.append(helper.make_node("MatMul", [f"x{n}", f"w{n}"], [f"x{n + 1}"]))
        file.flush()
        os.fsync(file.fileno())
    ends = [helper.make_tensor_value_info(f"x{n}", TensorProto.FLOAT, [1, SIDE]) for n in (0, LAYERS)]
    graph = helper.make_graph(nodes, "layers", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    return folder


def context_of(folder: Path, device: str) -> Any:
    """What a bare process gives a model in place of Rung's context, with the fields that these models use."""
    return SimpleNamespace(
        device=device, threads=1, options={"prepack": False}, variant="bare", weight=lambda ending: folder / ending
    )


def bare() -> None:
    """A process with the libraries imported; for each line `MODEL FOLDER` a fork of it runs that model and ends."""
    import onnxruntime  # noqa: F401

    from rung.models import onnx_session  # noqa: F401

    for line in sys.stdin:
        name, folder = line.split(maxsplit=1)
        child = os.fork()
        if child == 0:
            model = {"mapped": Mapped, "copied": Copied, "pinned": Pinned}[name]()
            model.load(context_of(Path(folder.strip()), "cuda:0" if name == "pinned" else "cpu"))
            ((_, result),) = model.run([None])
            print(json.dumps(result.output.value), flush=True)
            os._exit(0)
        os.waitpid(child, 0)
        print("gone", flush=True)  # until then it has the file mapped


if __name__ == "__main__":
    bare()
