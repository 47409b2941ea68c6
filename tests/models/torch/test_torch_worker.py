"""A torch model in a real worker, whose ceiling leaves little beside its weights."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from safetensors.torch import save_file  # noqa: E402

from rung.models.catalog import RUNTIMES, VARIANTS  # noqa: E402
from rung.runtime.errors import LoadFailed, OutOfMemory  # noqa: E402
from rung.runtime.spec import MiB, Placement  # noqa: E402
from rung.runtime.tasks import ComputeInput  # noqa: E402
from rung.runtime.workers.process import WorkerAnswer, WorkerCall  # noqa: E402
from rung.runtime.workers.template import Templates  # noqa: E402

pytestmark = pytest.mark.torch

LAYERS, WIDTH = 6, 2048
WEIGHTS = LAYERS * WIDTH * WIDTH * 4
"""Bytes: 96 MiB, of which the largest tensor is 16."""

CODE = f"""
import torch
from rung.models.torch.model import TorchModel
from rung.runtime.tasks import ComputeOutput

def make():
    return torch.nn.Sequential(*(torch.nn.Linear({WIDTH}, {WIDTH}, bias=False) for _ in range({LAYERS})))

class Streams(TorchModel):
    def prepare(self, context):
        self.net = self.module(context, make)

    def answer(self, call):
        return ComputeOutput(value=float(self.net(torch.ones({WIDTH})).sum()))

class Naive(Streams):
    def prepare(self, context):
        from safetensors.torch import load_file
        self.net = make()
        self.net.load_state_dict(load_file(context.weight("net.safetensors")))
"""


def placed(model: str, folder: Path) -> Placement:
    variant = replace(VARIANTS["compute"], name=model, runtime="torch", loader=f"large_models:{model}")
    return Placement(
        variant=variant,
        device="cpu",
        precision="fp32",
        threads=1,
        footprint=variant.places[0].footprint,
        env={"PYTHONPATH": str(folder)},
        weight_paths={"net/net.safetensors": str(folder / "net.safetensors")},
        memory_limit=WEIGHTS + 64 * MiB,
    )


async def test_under_a_ceiling_a_streamed_model_loads_and_answers_and_a_naive_one_does_not(tmp_path: Path) -> None:
    (tmp_path / "large_models.py").write_text(CODE)
    eye = torch.eye(WIDTH)
    save_file({f"{n}.weight": eye.clone() for n in range(LAYERS)}, tmp_path / "net.safetensors")
    templates = Templates(RUNTIMES)
    try:
        async with asyncio.timeout(120):
            naive = await templates.spawn(placed("Naive", tmp_path))
            with pytest.raises((OutOfMemory, LoadFailed), match="emory"):
                await naive.load()
            worker = await templates.spawn(placed("Streams", tmp_path))
            await worker.load()
            (answer,) = await worker.run(
                [WorkerCall(id="1", task="compute", input=ComputeInput(function="", arguments={}))]
            )
            await worker.end()
    finally:
        await templates.close()

    assert isinstance(answer, WorkerAnswer) and answer.output.value == WIDTH
