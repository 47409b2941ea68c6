"""What differs between the published pipelines: their classes, the names in their files, what a call tells them.

The classes are diffusers' and transformers' own; only how their weights come and go is ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from rung.models.torch import bits
from rung.models.torch.homes import Rename, same

if find_spec("bitsandbytes") is not None:
    bits.library()  # diffusers' classes import it below; by ours it makes no offer to fetch code from a hub

Make = Callable[[Mapping[str, Any]], Any]
"""A component's configuration -> its module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One pipeline class. Folders are named as the class's arguments are, and so are its components.

    modules: folder -> the module that its config.json describes. beside: folder -> what needs no weights, made of the
    folder's files. guided: the argument that carries the guidance, with whether a negative prompt goes with it.
    """

    pipeline: Callable[..., Any]
    modules: Mapping[str, Make]
    beside: Mapping[str, Callable[[Path], Any]]
    renames: Mapping[str, Rename] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset({"lm_head.weight"})
    guidance: str = "guidance_scale"
    negative: bool = False
    edits: bool = False
    least: int = 1
    """Pixels that each side of a picture to be edited must have."""
    generates: bool = True


def _own(cls: Any) -> Make:
    """A class of diffusers, from its configuration."""
    return lambda config: cls.from_config(dict(config))


def _hidden(config_class: Any, cls: Any) -> Make:
    """A model of transformers, from its configuration: without its head, since only hidden states are wanted."""
    return lambda config: cls(config_class.from_dict(dict(config)))


def _tokenizer(folder: Path) -> Any:
    return transformers.Qwen2Tokenizer.from_pretrained(folder, local_files_only=True)


def _scheduler(folder: Path) -> Any:
    config = json.loads((folder / "scheduler_config.json").read_text("utf-8"))
    scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler
    return scheduler.from_config(config)


def _in_language_model(name: str) -> Sequence[str]:
    """Qwen3's and its causal model's files say `model.layers...`, a model without a head `layers...`."""
    return (f"model.{name}", name)


def _in_vision_model(name: str) -> Sequence[str]:
    """Qwen2.5-VL was published as `model.layers...` and `visual...`; its class has since put both under `model`."""
    if name.startswith("language_model."):
        return (f"model.{name.removeprefix('language_model.')}", f"model.{name}", name)
    return (name, f"model.{name}")


class PictureProcessor:
    """Qwen2.5-VL's processor for words and pictures. The library's own insists on videos too, and those on torchvision.

    Each `<|image_pad|>` is repeated once for every patch that the model merges of its picture.
    """

    def __init__(self, pictures: Any, tokenizer: Any) -> None:
        self.image_processor = pictures
        self.tokenizer = tokenizer

    def __call__(self, text: Sequence[str], images: Any = None, **how: Any) -> Any:
        """input_ids, attention_mask and, with pictures, pixel_values and image_grid_thw."""
        texts, seen = list(text), {}
        if images is not None:
            seen = self.image_processor(images=images, return_tensors="pt")
            counts = iter((seen["image_grid_thw"].prod(dim=-1) // self.image_processor.merge_size**2).tolist())
            texts = [self._repeated(one, counts) for one in texts]
        return transformers.BatchFeature({**self.tokenizer(texts, **how), **seen})

    def _repeated(self, text: str, counts: Any) -> str:
        pad = "<|image_pad|>"
        first, *rest = text.split(pad)
        return first + "".join(pad * int(next(counts)) + one for one in rest)


def _processor(folder: Path) -> Any:
    """The tokenizer's files stand beside it in the published repository, or in their own folder."""
    tokenizer = folder if (folder / "tokenizer_config.json").exists() else folder.parent / "tokenizer"
    pictures = Qwen2VLImageProcessorPil.from_pretrained(folder, local_files_only=True)
    return PictureProcessor(pictures, _tokenizer(tokenizer))


_TEXT = {"tokenizer": _tokenizer, "scheduler": _scheduler}
_QWEN3 = _hidden(transformers.Qwen3Config, transformers.Qwen3Model)

FAMILIES: Mapping[str, Family] = {
    "flux2-klein": Family(
        pipeline=diffusers.Flux2KleinPipeline,
        modules={
            "text_encoder": _QWEN3,
            "transformer": _own(diffusers.Flux2Transformer2DModel),
            "vae": _own(diffusers.AutoencoderKLFlux2),
        },
        beside=_TEXT,
        renames={"text_encoder": _in_language_model},
        edits=True,
        least=64,
    ),
    "z-image": Family(
        pipeline=diffusers.ZImagePipeline,
        modules={
            "text_encoder": _QWEN3,
            "transformer": _own(diffusers.ZImageTransformer2DModel),
            "vae": _own(diffusers.AutoencoderKL),
        },
        beside=_TEXT,
        renames={"text_encoder": _in_language_model},
        negative=True,
    ),
    "qwen-image-edit": Family(
        pipeline=diffusers.QwenImageEditPlusPipeline,
        modules={
            "text_encoder": _hidden(transformers.Qwen2_5_VLConfig, transformers.Qwen2_5_VLModel),
            "transformer": _own(diffusers.QwenImageTransformer2DModel),
            "vae": _own(diffusers.AutoencoderKLQwenImage),
        },
        beside={**_TEXT, "processor": _processor},
        renames={"text_encoder": _in_vision_model},
        guidance="true_cfg_scale",
        negative=True,
        edits=True,
        generates=False,
    ),
}
"""By `options.pipeline` of a variant."""


def rename_of(family: Family, folder: str) -> Rename:
    """How the files of that component name its parameters."""
    return family.renames.get(folder, same)


def generator(seed: int | None) -> Any:
    """Numbers drawn on the CPU, so that a seed means the same picture on every device; None: new ones each time."""
    return None if seed is None else torch.Generator("cpu").manual_seed(seed)
