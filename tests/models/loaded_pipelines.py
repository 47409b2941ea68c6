"""Members of a worker over the tiny pipelines, a model that holds them, and what the published classes answer.

Holds no tests.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import tiny_pipelines as tiny
import torch
from PIL import Image
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil as Pictures

from rung.models.diffusion import Diffusion
from rung.models.diffusion_families import PictureProcessor, _tokenizer
from rung.models.examples import example
from rung.models.pictures import decode
from rung.runtime.errors import Cancelled
from rung.runtime.model import Context, Member
from rung.runtime.spec import Component, Footprint, Licence, MiB, Placeable, Runtime, Variant, Weights
from rung.runtime.tasks import EditInput, GenerateInput

sys.path.insert(0, str(Path(__file__).parent / "torch"))
from counting import CountingDevice

FOLDERS = ("text_encoder", "transformer", "vae")
PIPELINES = {"klein": "flux2-klein", "zimage": "z-image", "qwen_edit": "qwen-image-edit"}
SCENE = example("edit", 96 * 72).pictures
GENERATE = GenerateInput(prompt="a red ball", width=64, height=48)
EDIT = EditInput(pictures=SCENE, prompt="a blue ball", width=64, height=48)


@dataclass
class Call:
    input: Any
    variant: str
    seed: int | None = 7
    steps: int = 0
    stop_at: int = 99
    said: list[str] = field(default_factory=list)
    strategy: str = ""

    def check(self):
        self.steps += 1
        if self.steps > self.stop_at:
            raise Cancelled("nobody waits")

    def warn(self, sentence):
        self.said.append(sentence)

    def held(self, strategy):
        self.strategy = strategy

    def retire(self, reason):
        raise AssertionError(reason)


def files(name: str, folder: Path) -> dict[str, Path]:
    return {f"{name}/{p.relative_to(folder)}": p for p in folder.rglob("*") if p.is_file()}


def components(name: str) -> tuple[Component, ...]:
    """The text encoders of klein and zimage are equal, so they have one key."""
    keys = {"text_encoder": "text" if name != "qwen_edit" else "vl"}
    return tuple(Component(name=part, bytes=1, key=keys.get(part, f"{name} {part}")) for part in FOLDERS)


def member(folders, name: str, task: str, **more: Any) -> Member:
    fields = {"strategy": "resident", "precision": "fp32", **more}
    options = {"pipeline": PIPELINES[name], "steps": 2, **fields.pop("options", {})}
    weights = fields.pop("weights", files(name, folders[name]))
    return Member(variant=name, task=task, weights=weights, components=components(name), options=options, **fields)


def loaded(*members: Member, device: CountingDevice | None = None, room: int | None = None) -> Diffusion:
    first, model = members[0], Diffusion()
    model.device_of = lambda wanted: device or CountingDevice(wanted)
    context = Context(
        variant=first.variant, task=first.task, device="cpu", precision=first.precision, threads=1, weights={},
        members={one.variant: one for one in members}, room=room,
    )  # fmt: skip
    model.load(context)
    return model


def answer(model: Diffusion, call: Call):
    ((_, result),) = list(model.run([call]))
    return result.output.pixels


def published(folders, name: str, asked: Any) -> np.ndarray:
    """What the published class itself makes of the folder, loaded by the library."""
    folder = folders[name]
    encoder = tiny.Qwen2_5_VLForConditionalGeneration if name == "qwen_edit" else tiny.Qwen3ForCausalLM
    parts = {"text_encoder": encoder.from_pretrained(folder / "text_encoder").eval()}
    kinds = {
        "klein": (diffusers.Flux2KleinPipeline, diffusers.Flux2Transformer2DModel, diffusers.AutoencoderKLFlux2),
        "zimage": (diffusers.ZImagePipeline, diffusers.ZImageTransformer2DModel, diffusers.AutoencoderKL),
        "qwen_edit": (
            diffusers.QwenImageEditPlusPipeline, diffusers.QwenImageTransformer2DModel, diffusers.AutoencoderKLQwenImage
        ),
    }  # fmt: skip
    kind, transformer, vae = kinds[name]
    parts["transformer"] = transformer.from_pretrained(folder / "transformer").eval()
    parts["vae"] = vae.from_pretrained(folder / "vae").eval()
    parts["tokenizer"] = _tokenizer(folder / "tokenizer")
    parts["scheduler"] = diffusers.FlowMatchEulerDiscreteScheduler.from_pretrained(folder / "scheduler")
    told = {"guidance_scale": 1.0}
    if name == "qwen_edit":
        # The library's own processor needs torchvision; ours stands in for it on both sides.
        parts["processor"] = PictureProcessor(Pictures.from_pretrained(folder / "processor"), parts["tokenizer"])
        told = {"true_cfg_scale": 1.0}
    if isinstance(asked, EditInput):
        told["image"] = [Image.fromarray(decode(picture)) for picture in asked.pictures]
    pipeline = kind(**parts)
    pipeline.set_progress_bar_config(disable=True)
    seed = torch.Generator("cpu").manual_seed(7)
    size = {"width": asked.width, "height": asked.height}
    with torch.inference_mode():
        made = pipeline(
            prompt=asked.prompt, num_inference_steps=2, generator=seed, output_type="np", **size, **told
        )  # fmt: skip
    return (np.clip(made.images[0], 0, 1) * 255).round().astype(np.uint8)


def variant_of(folders, name: str) -> Variant:
    sizes = {part: sum(p.stat().st_size for p in (folders[name] / part).glob("*.safetensors")) for part in FOLDERS}
    place = Placeable(device="cpu", precision="fp32", footprint=Footprint(resident=64 * MiB + sum(sizes.values())))
    own = {part: tuple(key for key in files(name, folders[name]) if f"/{part}/" in key) for part in FOLDERS}
    return Variant(
        name=name, task="generate", title="", loader="rung.models.diffusion:Diffusion", runtime="diffusion",
        kind="real", places=(place,), group="pair", verified="loaded-random",
        options={"pipeline": PIPELINES[name], "steps": 2},
        weights=tuple(Weights(name=key, size=1, sha256="", licence=FREE) for key in files(name, folders[name])),
        components=tuple(replace(c, bytes=sizes[c.name], weights=own[c.name]) for c in components(name)),
    )  # fmt: skip


FREE = Licence(name="Apache-2.0", commercial=True, verified=True)
RUNTIMES = {"diffusion": Runtime(name="diffusion", modules=("torch", "diffusers", "transformers"))}
