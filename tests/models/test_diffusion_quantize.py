"""Pipelines of components quantized as a user does it, planned, and asked in the worker that they share."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")

import tiny_pipelines as tiny
from loaded_pipelines import GENERATE, RUNTIMES, files, published, variant_of

from rung.models.catalog.quantizing import QUANTIZERS
from rung.runtime.engine import Engine
from rung.runtime.planning.plan import make_plan
from rung.runtime.settings import Settings
from rung.runtime.spec import Device, Facts, GiB, Machine, Placement, Source, Variant
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.quantize import quantize
from rung.runtime.weights.quantized import derive
from rung.runtime.weights.store import WeightStore
from rung.runtime.workers.template import Templates

pytestmark = pytest.mark.torch


def pulled(name: str, folder: Path, store: WeightStore) -> Variant:
    """In bf16, its files in the store."""
    whole, paths = variant_of({name: folder}, name), files(name, folder)
    weights = tuple(
        replace(
            one,
            size=len(data := paths[one.name].read_bytes()),
            sha256=hashlib.sha256(data).hexdigest(),
            sources=(Source(kind="file", ref=str(paths[one.name])),),
        )
        for one in whole.weights
    )
    store.pull(weights)
    return replace(whole, weights=weights, places=(replace(whole.places[0], precision="bf16"),))


def planned(variants: list[Variant], store: WeightStore) -> dict[str, Placement]:
    cpu = Device(id="cpu", kind="cpu", memory_total=8 * GiB, memory_free=8 * GiB)
    machine = Machine(name="m", cores=1, ram_total=8 * GiB, ram_free=8 * GiB, devices=(cpu,))
    facts = Facts(weights={name: str(path) for name, path in store.paths(variants).items()})
    plan = make_plan(machine, {"generate": variants}, RUNTIMES, facts, Settings(data_dir="/d", cache_dir="/c"))
    return {rung.variant.name: rung for rung in plan.tasks["generate"].rungs}


async def test_pipelines_are_quantized_planned_and_answer_from_the_worker_that_they_share(tmp_path):
    store = WeightStore(layout=Layout(tmp_path / "weights"))
    folders = {"klein": tiny.klein(tmp_path / "klein")}
    folders["zimage"] = tiny.zimage(tmp_path / "zimage", folders["klein"] / "text_encoder")
    whole = [pulled(name, folder, store) for name, folder in folders.items()]

    few = [derive(one, quantize(store, one, "fp8", QUANTIZERS)) for one in whole]

    # Of the tiny text encoder no weight is worth it, so it is the source's own, and the worker has it once.
    text, transformer, vae = few[0].components
    assert (text, vae) == (whole[0].components[0], whole[0].components[2])
    assert "klein-fp8/transformer/diffusion_pytorch_model.safetensors" in transformer.weights
    assert transformer.bytes < 0.7 * whole[0].components[1].bytes  # its own small matrices stay too
    placements = planned([*whole, *few], store)
    assert {name: p.precision for name, p in placements.items()} == {
        "klein": "bf16", "zimage": "bf16", "klein-fp8": "fp8", "zimage-fp8": "fp8"
    }  # fmt: skip
    asked = {name: placement for name, placement in placements.items() if name.endswith("fp8")}
    async with asyncio.timeout(120), Engine(asked, {"cpu": 8 * GiB}, 1, Templates(RUNTIMES)) as engine:
        for name in asked:
            answer = await engine.call(name, GENERATE, deadline=time.monotonic() + 100, seed=7)
            off = answer.output.pixels.astype(float) - published(folders, name.removesuffix("-fp8"), GENERATE)
            assert 0 < np.abs(off).mean() < 8
        assert len({row["pid"] for row in engine.status()}) == 1
