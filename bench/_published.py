"""Two published pipelines at their published sizes with random weights, written to disk in the published layout.

Sizes are those of the repositories' configurations: FLUX.2-klein-4B and Z-Image-Turbo over one Qwen3-4B. Tiny: the same
classes, to see that a benchmark works where no GPU is.
"""

from __future__ import annotations

import functools
import json
import math
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from transformers.convert_slow_tokenizer import bytes_to_unicode

from rung.models.torch.filling import hollow
from rung.models.torch.homes import slots_of
from rung.models.torch.pieces import cut
from rung.runtime.model import Member
from rung.runtime.spec import Component, Strategy

STEPS = {"flux2-klein": 4, "z-image": 8}
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_BLOCK = 1 << 22
"""Numbers that are drawn once and repeated: what moves does not depend on what they are."""


def configs(tiny: bool) -> Mapping[str, Mapping[str, Any]]:
    """Component -> its configuration, by the name that the folder has."""
    heads, layers, width = (2, 28, 32) if tiny else (32, 36, 2560)
    text = {
        "vocab_size": 272 if tiny else 151936, "hidden_size": width, "intermediate_size": 48 if tiny else 9728,
        "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": 1 if tiny else 8,
        "head_dim": 16 if tiny else 128, "max_position_embeddings": 40960, "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0},
    }  # fmt: skip
    vae = {"block_out_channels": [8, 8, 8, 8], "norm_num_groups": 4, "layers_per_block": 1} if tiny else {}
    channels = 4 if tiny else 32
    double, single = (2, 2) if tiny else (5, 20)
    side = {"down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4}
    zimage_vae = {"block_out_channels": [128, 256, 512, 512], "layers_per_block": 2, "norm_num_groups": 32, **vae}
    return {
        "flux2-klein/transformer": {
            "in_channels": 4 * channels, "num_layers": double, "num_single_layers": single,
            "attention_head_dim": 16 if tiny else 128, "num_attention_heads": 2 if tiny else 24,
            "joint_attention_dim": 3 * width, "axes_dims_rope": [4] * 4 if tiny else [32] * 4, "guidance_embeds": False,
        },
        "flux2-klein/vae": {"latent_channels": channels, **vae},
        "z-image/transformer": (
            {"in_channels": 4, "dim": 48, "n_layers": 2, "n_refiner_layers": 1, "n_heads": 2, "n_kv_heads": 2,
             "cap_feat_dim": 32, "axes_dims": [8, 8, 8], "axes_lens": [1024, 64, 64]} if tiny else {}
        ),
        "z-image/vae": {
            "latent_channels": 4 if tiny else 16, "scaling_factor": 0.3611, "shift_factor": 0.1159,
            "use_quant_conv": False, "use_post_quant_conv": False, **side, **zimage_vae,
        },
        "text": text,
    }  # fmt: skip


MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "flux2-klein/transformer": lambda config: diffusers.Flux2Transformer2DModel(**config),
    "flux2-klein/vae": lambda config: diffusers.AutoencoderKLFlux2(**config),
    "z-image/transformer": lambda config: diffusers.ZImageTransformer2DModel(**config),
    "z-image/vae": lambda config: diffusers.AutoencoderKL(**config),
    "text": lambda config: transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**config)),
}


def written(root: Path, tiny: bool) -> Path:
    """Both pipelines below `root`, bf16; the text encoder is one folder, which both name."""
    for name, config in configs(tiny).items():
        folder = root / name
        folder.mkdir(parents=True)
        module = hollow(lambda name=name, config=config: MAKERS[name](config))
        saved = module.config.to_dict() if name == "text" else dict(module.config)
        (folder / "config.json").write_text(json.dumps(saved, default=str))
        _random(folder / "model.safetensors", module)
    _beside(root)
    return root


def _random(path: Path, module: Any) -> None:
    """Every parameter and lasting buffer once, bf16: matrices that keep the size of what passes them, norms of 1."""
    shapes: dict[str, tuple[int, ...]] = {}
    seen: set[int] = set()
    for name, homes in slots_of(module).items():
        if id(homes) not in seen:
            seen.add(id(homes))
            shapes[name] = homes[0].shape
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    drawn = torch.randn(_BLOCK, generator=torch.Generator().manual_seed(1))
    block = functools.cache(lambda scale: _bytes(drawn * scale))
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes.items():
            count, fan_in = math.prod(shape), math.prod(shape[1:])
            if len(shape) > 1:
                for start in range(0, count, _BLOCK):
                    file.write(block(fan_in**-0.5)[: 2 * min(_BLOCK, count - start)])
            else:
                file.write(_bytes(torch.full(shape, 0.0 if name.endswith(("bias", "mean")) else 1.0)))


def _bytes(numbers: torch.Tensor) -> bytes:
    return numbers.reshape(-1).bfloat16().view(torch.uint8).numpy().tobytes()


def _beside(root: Path) -> None:
    vocabulary = {letter: number for number, letter in enumerate(bytes_to_unicode().values())}
    vocabulary |= {word: 256 + number for number, word in enumerate(SPECIAL)}
    tokenizer = transformers.Qwen2Tokenizer(vocab=vocabulary, merges=[], extra_special_tokens=list(SPECIAL))
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(root / "tokenizer")
    diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0).save_pretrained(root / "scheduler")


def files(root: Path, pipeline: str) -> dict[str, Path]:
    """Weights.name -> path, as the adapter wants them."""
    folders = {
        "text_encoder": root / "text",
        "transformer": root / pipeline / "transformer",
        "vae": root / pipeline / "vae",
        "tokenizer": root / "tokenizer",
        "scheduler": root / "scheduler",
    }
    return {f"{pipeline}/{part}/{p.name}": p for part, folder in folders.items() for p in folder.iterdir()}


def components(root: Path, pipeline: str) -> tuple[Component, ...]:
    """With their bytes, their largest blocks and their passes; the text encoders are equal."""
    found = []
    for part, name in (
        ("text_encoder", "text"),
        ("transformer", f"{pipeline}/transformer"),
        ("vae", f"{pipeline}/vae"),
    ):
        module = hollow(lambda name=name: MAKERS[name](json.loads((root / name / "config.json").read_text())))
        block = max(2 * sum(slot.count for slot in piece.slots) for piece in cut(module))
        found.append(
            Component(
                name=part,
                key=name,
                bytes=(root / name / "model.safetensors").stat().st_size,
                block=block,
                weights=(f"{pipeline}/{part}/model.safetensors",),
                passes=STEPS[pipeline] if part == "transformer" else 1,
            )
        )
    return tuple(found)


def member(root: Path, pipeline: str, strategy: Strategy) -> Member:
    """What a worker is told of it."""
    return Member(
        variant=pipeline, task="generate", precision="bf16", weights=files(root, pipeline), strategy=strategy,
        components=components(root, pipeline),
        options={"pipeline": pipeline, "steps": STEPS[pipeline], "guidance": 0.0, "distilled": True},
    )  # fmt: skip
