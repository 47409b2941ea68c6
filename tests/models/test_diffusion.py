"""The published pipelines, tiny and with random weights: the same picture however their components are held."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")

import diffusers
import tiny_pipelines as tiny
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as plus
from loaded_pipelines import (
    EDIT,
    GENERATE,
    RUNTIMES,
    SCENE,
    Call,
    CountingDevice,
    answer,
    files,
    loaded,
    member,
    published,
    variant_of,
)

from rung.models.examples import example
from rung.runtime.engine import Engine
from rung.runtime.errors import Cancelled, InvalidInput, LoadFailed, OutOfMemory
from rung.runtime.planning.plan import make_plan
from rung.runtime.planning.strategies import STRATEGIES
from rung.runtime.settings import Settings, VariantSettings
from rung.runtime.spec import Device, Facts, GiB, Machine, Placement
from rung.runtime.tasks import EditInput
from rung.runtime.workers.template import Templates

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """klein and zimage with one text encoder, byte for byte."""
    root = tmp_path_factory.mktemp("pipelines")
    klein = tiny.klein(root / "klein")
    zimage = tiny.zimage(root / "zimage", klein / "text_encoder")
    return {"klein": klein, "zimage": zimage, "qwen_edit": tiny.qwen_edit(root / "qwen_edit")}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The editor works at a megapixel whatever it is given; here at 32 x 32, and it looks at 28 x 28."""
    monkeypatch.setattr(plus, "VAE_IMAGE_SIZE", 32 * 32)
    monkeypatch.setattr(plus, "CONDITION_IMAGE_SIZE", 32 * 32)


CASES = [("klein", GENERATE), ("klein", EDIT), ("zimage", GENERATE), ("qwen_edit", EDIT)]


@pytest.mark.parametrize(("name", "asked"), CASES, ids=["klein", "klein edits", "zimage", "qwen edits"])
def test_every_strategy_gives_the_published_pipelines_picture_bit_for_bit(folders, name, asked):
    expected = published(folders, name, asked)
    task = "edit" if isinstance(asked, EditInput) else "generate"
    assert expected.std() > 3

    for strategy in STRATEGIES:
        call = Call(asked, name)
        got = answer(loaded(member(folders, name, task, strategy=strategy)), call)

        assert got.shape == (48, 64, 3)
        assert np.array_equal(got, expected), strategy
        assert (call.strategy, call.said) == (strategy, [])


def test_offloading_holds_less_of_the_device(folders):
    most = {}
    for strategy in STRATEGIES:
        device = CountingDevice()
        model = loaded(member(folders, "klein", "generate", strategy=strategy), device=device)
        answer(model, Call(GENERATE, "klein"))
        most[strategy] = device.most
    parts = list(model.store.parts.values())
    buffers = device.taken()

    assert most["resident"] - buffers == sum(part.bytes for part in parts)
    assert most["component-offload"] - buffers == max(part.bytes for part in parts)
    assert most["sequential-offload"] < max(part.bytes for part in parts) / 2
    assert most["group-offload-disk"] == most["sequential-offload"]


def test_equal_text_encoders_are_one_object_and_counted_once(folders):
    device = CountingDevice()
    model = loaded(member(folders, "klein", "generate"), member(folders, "zimage", "generate"), device=device)
    klein, zimage = (model._loaded[name] for name in ("klein", "zimage"))

    assert klein.pipeline.text_encoder is zimage.pipeline.text_encoder
    assert klein.pipeline.transformer is not zimage.pipeline.transformer
    assert len(model.store.parts) == 5
    assert model.store.held == sum(part.bytes for part in {*klein.parts, *zimage.parts})
    for name in ("klein", "zimage"):
        assert np.array_equal(answer(model, Call(GENERATE, name)), published(folders, name, GENERATE))


def test_components_of_one_key_that_are_no_equals_are_not_confused(folders):
    keyed = [
        replace(one, components=tuple(replace(c, key=c.name) for c in one.components))
        for one in (member(folders, "klein", "edit"), member(folders, "qwen_edit", "edit"))
    ]
    model = loaded(*keyed)

    kinds = {name: type(one.pipeline.text_encoder).__name__ for name, one in model._loaded.items()}
    assert kinds == {"klein": "Qwen3Model", "qwen_edit": "Qwen2_5_VLModel"}


def test_members_of_a_group_take_turns_in_the_room_of_the_largest(folders):
    names = ("klein", "zimage")
    members = [member(folders, name, "generate", strategy="component-offload") for name in names]
    room = max(part.bytes for part in loaded(*members).store.parts.values())
    device = CountingDevice()
    model = loaded(*members, device=device, room=room)
    buffers = device.taken()

    for name in (*names, *names):
        assert np.array_equal(answer(model, Call(GENERATE, name)), published(folders, name, GENERATE))

    assert device.most - buffers <= room


def test_memory_that_runs_out_in_the_middle_of_a_call_costs_a_step_down_and_not_the_picture(folders):
    device = CountingDevice()
    fallbacks = STRATEGIES[1:]
    model = loaded(member(folders, "klein", "generate", fallbacks=fallbacks), device=device)
    transformer = model._loaded["klein"].pipeline.transformer
    passes = iter(range(99))

    def hungry(*_):
        if next(passes) == 1:  # in the second step of the first try
            raise torch.OutOfMemoryError("tried to allocate 2.00 GiB")

    transformer.register_forward_pre_hook(hungry)
    first, second = Call(GENERATE, "klein"), Call(GENERATE, "klein")
    pictures = [answer(model, call) for call in (first, second)]

    for call, picture in zip((first, second), pictures, strict=True):
        assert np.array_equal(picture, published(folders, "klein", GENERATE))
        assert call.strategy == "component-offload"
        (said,) = call.said
        assert said == ("klein runs with component-offload: memory ran out with resident (tried to allocate 2.00 GiB)")


def test_a_device_that_is_too_small_for_a_component_is_worked_on_block_by_block(folders):
    whole = loaded(member(folders, "klein", "generate"))
    largest = max(part.bytes for part in whole.store.parts.values())
    device = CountingDevice(limit=largest - 1)

    call = Call(GENERATE, "klein")
    picture = answer(loaded(member(folders, "klein", "generate", fallbacks=STRATEGIES[1:]), device=device), call)

    assert np.array_equal(picture, published(folders, "klein", GENERATE))
    assert call.strategy == "sequential-offload"
    assert device.most < largest


def test_without_a_slower_strategy_the_lack_of_memory_is_told(folders):
    with pytest.raises(OutOfMemory, match="no member has a slower strategy"):
        loaded(member(folders, "klein", "generate"), device=CountingDevice(limit=100_000))


def test_a_cancelled_call_stops_at_its_next_step_and_leaves_nothing_behind(folders):
    device = CountingDevice()
    model = loaded(member(folders, "zimage", "generate", strategy="sequential-offload"), device=device)
    before = device.taken()
    call = Call(replace(GENERATE, steps=6), "zimage", stop_at=2)

    with pytest.raises(Cancelled):
        answer(model, call)

    assert call.steps == 3
    assert device.taken() == before
    assert np.array_equal(answer(model, Call(GENERATE, "zimage")), published(folders, "zimage", GENERATE))


def test_a_seed_repeats_a_picture_and_another_gives_another(folders):
    model = loaded(member(folders, "zimage", "generate"))
    one, again, other = (answer(model, Call(GENERATE, "zimage", seed=seed)) for seed in (3, 3, 4))

    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_guidance_and_negative_words_matter_where_the_model_heeds_them_and_are_told_where_not(folders):
    free = loaded(member(folders, "zimage", "generate", options={"guidance": 0.0}))
    plain = answer(free, Call(GENERATE, "zimage"))
    guided = Call(replace(GENERATE, guidance=4.0, negative="rain"), "zimage")
    assert not np.array_equal(answer(free, guided), plain)
    assert guided.said == []

    fixed = loaded(member(folders, "zimage", "generate", options={"guidance": 0.0, "distilled": True}))
    ignored = Call(replace(GENERATE, guidance=4.0), "zimage")
    assert np.array_equal(answer(fixed, ignored), plain)
    assert ignored.said == ["zimage is distilled: guidance and negative prompts have no effect"]


def test_steps_beyond_the_cap_are_cut_and_told(folders):
    call = Call(replace(GENERATE, steps=9), "zimage")

    answer(loaded(member(folders, "zimage", "generate", caps={"steps": 3})), call)

    assert call.steps == 3
    assert call.said == ["zimage: 9 steps were asked for, 3 are the most here"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (replace(GENERATE, width=50), "width is 50; it must be a multiple of 16"),
        (replace(EDIT, pictures=()), "0 pictures were given"),
        (replace(EDIT, pictures=SCENE * 5), "5 pictures were given"),
        (replace(EDIT, pictures=example("edit", 40 * 30).pictures), "needs 64 pixels on each side"),
    ],
)
def test_what_the_pipelines_cannot_take_is_refused_before_they_see_it(folders, asked, why):
    model = loaded(member(folders, "klein", "edit", strategy="group-offload-disk"))

    with pytest.raises(InvalidInput, match=why):
        answer(model, Call(asked, "klein"))


def test_half_precision_moves_half_the_bytes_and_gives_nearly_the_same_picture(folders):
    full, half = CountingDevice(), CountingDevice()
    model = loaded(member(folders, "klein", "generate", precision="bf16"), device=half)
    loaded(member(folders, "klein", "generate"), device=full)

    assert half.most < 0.6 * full.most
    off = answer(model, Call(GENERATE, "klein")).astype(int) - published(folders, "klein", GENERATE)
    assert np.abs(off).mean() < 8


def test_a_pipeline_that_is_not_whole_is_refused_with_what_it_lacks(folders):
    weights = files("klein", folders["klein"])
    del weights["klein/vae/config.json"]
    with pytest.raises(LoadFailed, match=r"vae is needed, and its config\.json is not among the weights"):
        loaded(member(folders, "klein", "generate", weights=weights))

    with pytest.raises(LoadFailed, match="z-image does not edit"):
        loaded(member(folders, "zimage", "edit"))

    with pytest.raises(LoadFailed, match="runs in fp32, fp16, bf16, fp8, int8, q4, not in none"):
        loaded(member(folders, "klein", "generate", precision="none"))

    with pytest.raises(LoadFailed, match=r"is to run in q4, and none of its files holds weights stored so: `rung"):
        loaded(member(folders, "klein", "generate", precision="q4"))

    with pytest.raises(LoadFailed, match="it may be flux2-klein, z-image, qwen-image-edit"):
        loaded(member(folders, "klein", "generate", options={"pipeline": "sdxl"}))


def test_a_sharded_component_loads_like_a_whole_one(folders, tmp_path):
    folder = tmp_path / "klein"
    shutil.copytree(folders["klein"], folder)
    shutil.rmtree(folder / "transformer")
    whole = diffusers.Flux2Transformer2DModel.from_pretrained(folders["klein"] / "transformer")
    whole.save_pretrained(folder / "transformer", max_shard_size="100KB")
    assert len(list((folder / "transformer").glob("*.safetensors"))) > 2

    model = loaded(member(folders, "klein", "generate", weights=files("klein", folder), strategy="component-offload"))

    assert np.array_equal(answer(model, Call(GENERATE, "klein")), published(folders, "klein", GENERATE))


def test_a_text_encoder_without_the_prefix_of_its_causal_model_is_the_same(folders, tmp_path):
    """Both layouts are published: `model.layers...` of the causal model, and `layers...` of the model alone."""
    folder = tmp_path / "klein"
    shutil.copytree(folders["klein"], folder)
    causal = tiny.Qwen3ForCausalLM.from_pretrained(folder / "text_encoder")
    causal.model.save_pretrained(folder / "text_encoder")
    config = json.loads((folder / "text_encoder" / "config.json").read_text())
    assert config["architectures"] == ["Qwen3Model"]

    model = loaded(member(folders, "klein", "generate", weights=files("klein", folder)))

    assert np.array_equal(answer(model, Call(GENERATE, "klein")), published(folders, "klein", GENERATE))


# --- planned, and in a real worker --------------------------------------------------------------------


def planned(folders) -> dict[str, Placement]:
    """Both on the CPU; klein, because the user says so, from the disk."""
    cpu = Device(id="cpu", kind="cpu", memory_total=8 * GiB, memory_free=8 * GiB)
    machine = Machine(name="m", cores=1, ram_total=8 * GiB, ram_free=8 * GiB, devices=(cpu,))
    ladder = [variant_of(folders, name) for name in ("klein", "zimage")]
    paths = {key: str(path) for name in ("klein", "zimage") for key, path in files(name, folders[name]).items()}
    wishes = {"klein": VariantSettings(strategy="group-offload-disk")}
    settings = Settings(data_dir="/d", cache_dir="/c", variants=wishes)
    plan = make_plan(machine, {"generate": ladder}, RUNTIMES, Facts(weights=paths), settings)
    assert plan.tasks["generate"].rejected == ()
    return {rung.variant.name: rung for rung in plan.tasks["generate"].rungs}


async def test_one_worker_answers_for_both_members_of_a_planned_group(folders):
    placements = planned(folders)
    assert {name: (p.group, p.strategy) for name, p in placements.items()} == {
        "klein": ("pair", "group-offload-disk"),
        "zimage": ("pair", "resident"),
    }
    async with asyncio.timeout(120), Engine(placements, {"cpu": 8 * GiB}, 1, Templates(RUNTIMES)) as engine:
        for name, placement in placements.items():
            answered = await engine.call(name, GENERATE, deadline=time.monotonic() + 100, seed=7)

            assert np.array_equal(answered.output.pixels, published(folders, name, GENERATE))
            assert (answered.strategy, answered.warnings) == (placement.strategy, ())
        pids = {row["pid"] for row in engine.status()}

    assert len(pids) == 1
    assert None not in pids
