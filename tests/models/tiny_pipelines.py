"""The published pipeline classes, tiny and with random weights, built from configurations and saved in the published
layout. Holds no tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    Flux2Transformer2DModel,
    QwenImageTransformer2DModel,
    ZImageTransformer2DModel,
)
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.convert_slow_tokenizer import bytes_to_unicode

SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
    "<|video_pad|>",
)  # fmt: skip
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% if not enable_thinking %}-{% endif %}{% endif %}"
)
HIDDEN = 32


def tokenizer() -> Qwen2Tokenizer:
    """Bytes and the special tokens, without merges."""
    vocabulary = {letter: number for number, letter in enumerate(bytes_to_unicode().values())}
    vocabulary |= {word: 256 + number for number, word in enumerate(SPECIAL)}
    made = Qwen2Tokenizer(vocab=vocabulary, merges=[], extra_special_tokens=list(SPECIAL))
    made.chat_template = CHAT
    return made


def qwen3(layers: int = 28, seed: int = 0) -> Qwen3ForCausalLM:
    """klein takes its hidden states 9, 18 and 27, so there are 28 layers, of 32 numbers each."""
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=272, hidden_size=HIDDEN, intermediate_size=48, num_hidden_layers=layers, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, max_position_embeddings=1024, tie_word_embeddings=True,
    )  # fmt: skip
    return Qwen3ForCausalLM(config).eval()


def klein(folder: Path, text: Path | None = None, seed: int = 1) -> Path:
    """Flux2KleinPipeline. text: a text encoder's folder to take over, byte for byte."""
    torch.manual_seed(seed)
    transformer = Flux2Transformer2DModel(
        in_channels=16, num_layers=2, num_single_layers=2, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=3 * HIDDEN, timestep_guidance_channels=16, axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )  # fmt: skip
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, latent_channels=4, norm_num_groups=4, sample_size=32
    )
    return _saved(folder, transformer, vae, text)


def zimage(folder: Path, text: Path | None = None, seed: int = 2) -> Path:
    """ZImagePipeline."""
    torch.manual_seed(seed)
    transformer = ZImageTransformer2DModel(
        in_channels=4, dim=48, n_layers=2, n_refiner_layers=1, n_heads=2, n_kv_heads=2, cap_feat_dim=HIDDEN,
        axes_dims=[8, 8, 8], axes_lens=[1024, 64, 64],
    )  # fmt: skip
    for name in ("x_pad_token", "cap_pad_token"):  # the class leaves these uninitialised
        torch.nn.init.normal_(getattr(transformer, name))
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, latent_channels=4, norm_num_groups=4, sample_size=32,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        scaling_factor=0.36, shift_factor=0.11, use_quant_conv=False, use_post_quant_conv=False,
    )  # fmt: skip
    return _saved(folder, transformer, vae, text)


def qwen_edit(folder: Path, seed: int = 3) -> Path:
    """QwenImageEditPlusPipeline, its text encoder in the layout in which it is published."""
    torch.manual_seed(seed)
    transformer = QwenImageTransformer2DModel(
        in_channels=16, out_channels=4, num_layers=2, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=HIDDEN, axes_dims_rope=(4, 4, 8),
    )  # fmt: skip
    vae = AutoencoderKLQwenImage(
        base_dim=8, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1, latents_mean=[0.0] * 4, latents_std=[1.0] * 4
    )
    text = Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config={
                "vocab_size": 272, "hidden_size": HIDDEN, "intermediate_size": 48, "num_hidden_layers": 2,
                "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 2048,
                "rope_parameters": {"type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0},
            },
            vision_config={
                "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": HIDDEN,
                "fullatt_block_indexes": [1], "window_size": 56, "patch_size": 14, "spatial_merge_size": 2,
            },
            image_token_id=261, video_token_id=262, vision_start_token_id=259, vision_end_token_id=260,
        )
    ).eval()  # fmt: skip
    _saved(folder, transformer, vae, None, text)
    processor = {
        "image_processor_type": "Qwen2VLImageProcessor", "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
        "min_pixels": 28 * 28, "max_pixels": 56 * 56, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
    }  # fmt: skip
    (folder / "processor").mkdir()
    (folder / "processor" / "preprocessor_config.json").write_text(json.dumps(processor))
    return folder


def _saved(folder: Path, transformer: Any, vae: Any, text: Path | None, encoder: Any = None) -> Path:
    transformer.eval().save_pretrained(folder / "transformer")
    vae.eval().save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(shift=3.0).save_pretrained(folder / "scheduler")
    tokenizer().save_pretrained(folder / "tokenizer")
    if text is None:
        (encoder or qwen3()).save_pretrained(folder / "text_encoder")
    else:
        shutil.copytree(text, folder / "text_encoder")
    return folder
