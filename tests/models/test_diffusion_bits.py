"""The published pipelines, tiny, with weights stored in 8 or 4 bits: smaller, and close however they are held."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytest.importorskip("transformers")

import tiny_pipelines as tiny
import torch
import transformers
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as plus
from few_bits import FORMS, forms, made
from loaded_pipelines import EDIT, GENERATE, Call, CountingDevice, answer, loaded, member, published

from rung.runtime.planning.strategies import STRATEGIES
from rung.runtime.tasks import EditInput

pytestmark = pytest.mark.torch
CASES = [("klein", GENERATE), ("klein", EDIT), ("zimage", GENERATE), ("qwen_edit", EDIT)]
IDS = ["klein", "klein edits", "zimage", "qwen edits"]
CLOSE = {"fp8": 0.25, "int8": 0.2, "q4": 0.25}
"""Of how far another seed's picture is. Seen: fp8 0.07 to 0.19, int8 0.02 to 0.12 (bf16 alone 0.01 to 0.12), q4 0.09 to
0.16."""
SIZE = {"fp8": 0.54, "int8": 0.59, "q4": 0.36}
"""Of the bytes in bf16, for the components that consist of matrices. Tiny ones have many scales for few weights."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """`NAME` and `NAME-FORM`, the latter made by the recipes of `rung weights quantize`."""
    root = tmp_path_factory.mktemp("pipelines")
    klein = tiny.klein(root / "klein")
    whole = {"klein": klein, "zimage": tiny.zimage(root / "zimage", klein / "text_encoder")}
    whole["qwen_edit"] = tiny.qwen_edit(root / "qwen_edit")
    few = {f"{name}-{form}": made(folder, form) for name, folder in whole.items() for form in forms()}
    return whole | few


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The editor works at a megapixel whatever it is given; here at 32 x 32."""
    monkeypatch.setattr(plus, "VAE_IMAGE_SIZE", 32 * 32)
    monkeypatch.setattr(plus, "CONDITION_IMAGE_SIZE", 32 * 32)


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    if request.param not in forms():
        pytest.skip("bitsandbytes is not here")
    return request.param


@pytest.mark.parametrize(("name", "asked"), CASES, ids=IDS)
def test_few_bits_give_nearly_the_picture_of_the_whole_weights(folders, name, asked):
    task = "edit" if isinstance(asked, EditInput) else "generate"
    whole = published(folders, name, asked).astype(float)
    other = answer(loaded(member(folders, name, task)), Call(asked, name, seed=8))

    for form in forms():
        few = loaded(member({name: folders[f"{name}-{form}"]}, name, task, precision=form))
        off = np.abs(answer(few, Call(asked, name)) - whole).mean()

        assert 0 < off / np.abs(other - whole).mean() < CLOSE[form], form


def test_every_strategy_gives_the_same_picture_bit_for_bit(folders, form):
    pictures = []
    for strategy in STRATEGIES:
        few = {"klein": folders[f"klein-{form}"]}
        call = Call(GENERATE, "klein")
        pictures.append(answer(loaded(member(few, "klein", "generate", precision=form, strategy=strategy)), call))
        assert (call.strategy, call.said) == (strategy, [])

    assert all(np.array_equal(picture, pictures[0]) for picture in pictures[1:])


def test_what_lies_on_the_device_is_that_much_less(folders, form):
    most, bytes_of = {}, {}
    for name, precision in (("klein", "bf16"), (f"klein-{form}", form)):
        device = CountingDevice()
        model = loaded(member({"klein": folders[name]}, "klein", "generate", precision=precision), device=device)
        bytes_of[precision] = {part.name: part.bytes for part in model.store.parts.values()}
        most[precision] = device.most

    for component in ("text_encoder", "transformer"):
        assert bytes_of[form][component] < SIZE[form] * bytes_of["bf16"][component]
    saved = sum(bytes_of["bf16"].values()) - sum(bytes_of[form].values())
    assert most["bf16"] - most[form] > 0.95 * saved  # counted by the memory that is alive, scales that stay included


def test_offloaded_they_take_and_move_fewer_bytes_and_leave_nothing(folders, form):
    moved, most = {}, {}
    for name, precision in (("klein", "bf16"), (f"klein-{form}", form)):
        device, how = CountingDevice(), {"precision": precision, "strategy": "sequential-offload"}
        model = loaded(member({"klein": folders[name]}, "klein", "generate", **how), device=device)
        before, device.moved, device.most = device.taken(), 0, 0
        answer(model, Call(GENERATE, "klein"))
        assert (device.taken(), model.store.held) == (before, 0)
        moved[precision], most[precision] = device.moved, device.most

    assert moved[form] < 1.1 * SIZE[form] * moved["bf16"]
    assert most[form] < most["bf16"]


def test_what_is_whole_in_both_is_one_object_and_what_is_not_is_two(folders, tmp_path):
    shutil.copytree(folders["klein-fp8"], tmp_path / "few")
    shutil.copytree(folders["klein"] / "vae", tmp_path / "few" / "vae", dirs_exist_ok=True)
    few = member({"klein": tmp_path / "few"}, "klein", "generate", precision="fp8")

    model = loaded(member(folders, "klein", "generate", precision="bf16"), replace(few, variant="few"))

    whole, stored = (model._loaded[name].pipeline for name in ("klein", "few"))
    assert stored.vae is whole.vae
    assert stored.transformer is not whole.transformer and stored.text_encoder is not whole.text_encoder
    assert [part.kept for part in model._loaded["few"].parts] == ["fp8", "fp8", ""]


def test_where_the_plan_says_another_precision_the_whole_weights_are_restored(folders):
    model = loaded(member({"klein": folders["klein-fp8"]}, "klein", "generate", precision="fp32"))

    assert {part.kept for part in model.store.parts.values()} == {""}
    off = answer(model, Call(GENERATE, "klein")).astype(float) - published(folders, "klein", GENERATE)
    assert 0 < np.abs(off).mean() < 8


def test_a_text_encoder_that_its_own_library_saved_in_4_bits_is_read_as_it_is_published(folders, tmp_path):
    pytest.importorskip("bitsandbytes")
    how = transformers.BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True)
    encoder = tiny.Qwen3ForCausalLM.from_pretrained(
        folders["klein"] / "text_encoder", quantization_config=how, dtype=torch.bfloat16, device_map="cpu"
    )
    shutil.copytree(folders["klein"], tmp_path / "klein")
    encoder.save_pretrained(tmp_path / "klein" / "text_encoder")

    model = loaded(member({"klein": tmp_path / "klein"}, "klein", "generate", precision="q4"))

    assert [part.kept for part in model._loaded["klein"].parts] == ["q4", "", ""]
    off = answer(model, Call(GENERATE, "klein")).astype(float) - published(folders, "klein", GENERATE)
    assert 0 < np.abs(off).mean() < 8
