"""Two real workers of one ONNX model whose weights lie beside its graph: its bytes are held once."""

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from mapped_model import layered

from rung.models.catalog.runtimes import RUNTIMES
from rung.runtime.spec import Footprint, MiB, Placement, Variant
from rung.runtime.tasks import InpaintInput
from rung.runtime.workers.process import WorkerAnswer, WorkerCall, WorkerProcess
from rung.runtime.workers.template import Templates

LAYERS, SIDE = 10, 2048
BYTES = LAYERS * SIDE * SIDE * 4


def placement(path: Path) -> Placement:
    variant = Variant(
        name="layers", task="inpaint", title="", loader="mapped_model:Layers", runtime="onnx", kind="real", places=()
    )
    return Placement(
        variant=variant, device="cpu", precision="fp32", threads=1, footprint=Footprint(resident=0),
        options={"prepack": False}, weight_paths={"net.onnx": str(path)},
        env={"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))},
    )  # fmt: skip


async def ran(worker: WorkerProcess) -> int:
    """Load, read every weight; what the model answers."""
    await worker.load()
    tiny = InpaintInput(pixels=np.zeros((1, 1, 3), np.uint8), mask=np.zeros((1, 1), np.uint8))
    (answer,) = await worker.run([WorkerCall(id="1", task="inpaint", input=tiny)])
    assert isinstance(answer, WorkerAnswer), answer
    return int(answer.output.pixels[0, 0, 0])


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layered(tmp_path_factory.mktemp("net"), LAYERS, SIDE)


async def test_two_workers_hold_a_mapped_model_once(net: Path) -> None:
    templates = Templates(RUNTIMES)
    try:
        first, second = [await templates.spawn(placement(net)) for _ in range(2)]
        assert await ran(first) == 1
        one = first.memory() or 0
        assert await ran(second) == 1
        both = (first.memory() or 0) + (second.memory() or 0)
    finally:
        await templates.close()
    assert one > BYTES
    assert both < 1.1 * one + 10 * MiB  # what a fork and a session cost beside the weights


def test_the_graph_of_the_test_holds_no_weights(net: Path) -> None:
    model = onnx.load(str(net), load_external_data=False)
    assert net.stat().st_size < 10_000 and all(w.external_data for w in model.graph.initializer)
