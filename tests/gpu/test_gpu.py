"""What only a machine with an NVIDIA GPU can show. Not run where this was written: no such machine was at hand."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rung.models.catalog import RUNTIMES, VARIANTS
from rung.runtime.hardware.detect import detect
from rung.runtime.settings import MachineSettings
from rung.runtime.spec import Placement, Runtime
from rung.runtime.tasks import ComputeInput
from rung.runtime.workers.process import WorkerAnswer, WorkerCall
from rung.runtime.workers.template import Templates

pytestmark = pytest.mark.gpu


def test_the_driver_s_figures_are_plausible() -> None:
    cards = [device for device in detect(MachineSettings()).devices if device.kind == "cuda"]

    assert cards, "no NVIDIA GPU was found: run this on a machine that has one"
    for card in cards:
        assert card.memory_total and card.memory_free is not None
        assert 0 <= card.memory_free <= card.memory_total


async def test_a_worker_sees_the_one_card_it_was_given_and_its_memory_comes_back(tmp_path: Path) -> None:
    (tmp_path / "cards.py").write_text(
        "import torch\n"
        "def seen(n):\n"
        "    held = torch.ones(n, device='cuda')\n"
        "    return {'count': torch.cuda.device_count(), 'sum': float(held.sum())}\n"
    )
    before = free()
    runtimes = {**RUNTIMES, "cards": Runtime(name="cards", modules=("torch",), extra="torch")}
    templates = Templates(runtimes)
    try:
        async with asyncio.timeout(120):
            worker = await templates.spawn(compute_on("cuda:0", tmp_path))
            await worker.load()
            call = WorkerCall(
                id="1", task="compute", input=ComputeInput(function="cards:seen", arguments={"n": 1 << 28})
            )
            (answer,) = await worker.run([call])
            await worker.end()
    finally:
        await templates.close()

    assert isinstance(answer, WorkerAnswer)
    assert answer.output.value == {"count": 1, "sum": float(np.float32(1 << 28))}
    deadline = time.monotonic() + 10
    while free() < before - (64 << 20):
        assert time.monotonic() < deadline, "the card's memory did not come back"
        await asyncio.sleep(0.1)


def compute_on(device: str, folder: Path) -> Placement:
    variant = replace(VARIANTS["compute"], runtime="cards")
    place = variant.places[0]
    return Placement(
        variant=variant,
        device=device,
        precision=place.precision,
        threads=1,
        footprint=place.footprint,
        env={"PYTHONPATH": str(folder)},
    )


def free() -> int:
    (card, *_) = [device for device in detect(MachineSettings()).devices if device.kind == "cuda"]
    assert card.memory_free is not None
    return card.memory_free
