"""A real worker over weights of few bits: what its process takes is less by what they are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch
from component_zoo import WIDTH, Layers
from safetensors.torch import save_file

from rung.models.recipes import quantize_tensors
from rung.runtime.spec import Component, Footprint, MiB, Placement, Runtime, Strategy, Variant
from rung.runtime.tasks import ComputeInput
from rung.runtime.workers.process import WorkerCall
from rung.runtime.workers.template import Templates

pytestmark = pytest.mark.torch
LAYERS = 40
WHOLE = LAYERS * WIDTH * WIDTH * 2
"""Bytes in bf16: 80 MiB."""
SHARE = {"bf16": 1.0, "fp8": 0.5, "int8": 0.5, "q4": 0.25 * 1.125}
"""Of that. 4 bits have a scale of 4 bytes for each 64."""


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("tower") / "bf16.safetensors"
    save_file({name: tensor.bfloat16() for name, tensor in Layers(LAYERS).state_dict().items()}, path)
    return path


def placed(path: Path, precision: str, strategy: Strategy = "resident") -> Placement:
    whole = Component(name="tower", bytes=WHOLE, key="tower", weights=("tower.safetensors",), block=WHOLE // LAYERS)
    variant = Variant(
        name="tower", task="compute", title="", loader="component_zoo:Tower", runtime="torch", kind="real", places=(),
        options={"layers": LAYERS}, components=(whole,),
    )  # fmt: skip
    return Placement(
        variant=variant, device="cpu", precision=precision, threads=1, footprint=Footprint(resident=WHOLE),
        env={"PYTHONPATH": str(Path(__file__).parent)}, weight_paths={"tower.safetensors": str(path)},
        strategy=strategy,
    )  # fmt: skip


async def measured(templates: Templates, placement: Placement) -> tuple[int, int, float]:
    """After a call: bytes of the process, of what lies on the device, and the answer."""
    worker = await templates.spawn(placement)
    await worker.load()
    call = WorkerCall(id="1", task="compute", input=ComputeInput(function="", arguments={}))
    (answer,) = await worker.run([call])
    taken = worker.memory()
    await worker.end()
    return taken, answer.output.value["on_device"], answer.output.value["sum"]


async def test_a_worker_takes_less_by_the_bits_that_its_weights_lack(tower):
    pytest.importorskip("bitsandbytes")
    for form in ("fp8", "int8", "q4"):
        getattr(quantize_tensors, form)({"n": tower}, tower.with_name(f"{form}.safetensors"))
    templates = Templates({"torch": Runtime(name="torch", modules=("numpy", "torch", "bitsandbytes"))})
    try:
        async with asyncio.timeout(120):
            took = {
                form: await measured(templates, placed(tower.with_name(f"{form}.safetensors"), form)) for form in SHARE
            }
            swapped = replace(placed(tower.with_name("fp8.safetensors"), "fp8"), strategy="group-offload-disk")
            off, on_device, answer = await measured(templates, swapped)
    finally:
        await templates.close()

    for form, share in SHARE.items():
        assert took[form][1] == pytest.approx(share * WHOLE, rel=0.01)
        assert took["bf16"][0] - took[form][0] == pytest.approx((1 - share) * WHOLE, abs=12 * MiB)
    assert (on_device, answer) == (0, took["fp8"][2])
    assert took["fp8"][0] - off > 0.4 * WHOLE - 8 * MiB
