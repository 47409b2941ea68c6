"""A real worker whose memory really runs out: the kernel refuses it, and the next strategy answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch
from component_zoo import WIDTH, Layers
from safetensors.torch import save_file

from rung.runtime.errors import OutOfMemory
from rung.runtime.spec import Component, Footprint, MiB, Placement, Runtime, Strategy, Variant
from rung.runtime.tasks import ComputeInput
from rung.runtime.workers.process import WorkerCall
from rung.runtime.workers.template import Templates

pytestmark = pytest.mark.torch
LAYERS = 48
LAYER = WIDTH * WIDTH * 4
RUNTIMES = {"torch": Runtime(name="torch", modules=("numpy", "torch"))}


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """192 MiB of layers, and what they answer."""
    torch.manual_seed(0)
    made = Layers(LAYERS)
    path = tmp_path_factory.mktemp("tower") / "tower.safetensors"
    save_file(made.state_dict(), path)
    with torch.inference_mode():
        return path, float(made(torch.linspace(-1, 1, WIDTH)).sum())


def placed(path: Path, limit: int | None, fallbacks: tuple[Strategy, ...]) -> Placement:
    whole = Component(name="tower", bytes=LAYERS * LAYER, key="tower", weights=("tower.safetensors",), block=LAYER)
    variant = Variant(
        name="tower", task="compute", title="", loader="component_zoo:Tower", runtime="torch", kind="real", places=(),
        options={"layers": LAYERS}, components=(whole,),
    )  # fmt: skip
    return Placement(
        variant=variant, device="cpu", precision="fp32", threads=1, footprint=Footprint(resident=LAYERS * LAYER),
        env={"PYTHONPATH": str(Path(__file__).parent)}, weight_paths={"tower.safetensors": str(path)},
        memory_limit=limit, fallbacks=fallbacks,
    )  # fmt: skip


async def asked(placement: Placement):
    templates = Templates(RUNTIMES)
    try:
        async with asyncio.timeout(60):
            worker = await templates.spawn(placement)
            await worker.load()
            call = WorkerCall(id="1", task="compute", input=ComputeInput(function="", arguments={}))
            (answer,) = await worker.run([call])
            return answer
    finally:
        await templates.close()


async def test_a_worker_with_room_holds_all_of_it(tower):
    path, expected = tower

    answer = await asked(placed(path, None, ("group-offload-disk",)))

    assert answer.output.value == {"sum": pytest.approx(expected, rel=1e-4), "on_device": LAYERS * LAYER}
    assert (answer.strategy, answer.warnings) == ("resident", ())


async def test_a_worker_that_the_kernel_refuses_memory_answers_from_the_disk_and_says_so(tower):
    path, expected = tower

    answer = await asked(placed(path, 96 * MiB, ("group-offload-disk",)))

    assert answer.output.value == {"sum": pytest.approx(expected, rel=1e-4), "on_device": 0}
    assert answer.strategy == "group-offload-disk"
    (said,) = answer.warnings
    assert said.startswith("tower runs with group-offload-disk: memory ran out with resident (")


async def test_without_a_slower_strategy_the_load_says_that_memory_ran_out(tower):
    path, _ = tower

    with pytest.raises(OutOfMemory, match="no member has a slower strategy"):
        await asked(placed(path, 96 * MiB, ()))
