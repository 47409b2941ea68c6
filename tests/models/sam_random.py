"""A state dict in segment-anything's published layout with random numbers, of any size."""

import torch

WINDOW, HEAD = 14, 16


def vit(width: int, depth: int, heads: int, every: int, grid: int) -> dict[str, torch.Size | tuple[int, ...]]:
    """The shapes of image_encoder; each `every`-th block attends globally."""
    shapes: dict[str, tuple[int, ...]] = {
        "patch_embed.proj.weight": (width, 3, 16, 16),
        "patch_embed.proj.bias": (width,),
        "pos_embed": (1, grid, grid, width),
        "neck.0.weight": (256, width, 1, 1),
        "neck.1.weight": (256,),
        "neck.1.bias": (256,),
        "neck.2.weight": (256, 256, 3, 3),
        "neck.3.weight": (256,),
        "neck.3.bias": (256,),
    }
    for i in range(depth):
        reach = 2 * (grid if (i + 1) % every == 0 else WINDOW) - 1
        block = {
            "norm1": width,
            "norm2": width,
            "attn.qkv": (3 * width, width),
            "attn.proj": (width, width),
            "mlp.lin1": (4 * width, width),
            "mlp.lin2": (width, 4 * width),
        }
        shapes |= layers(f"blocks.{i}.", block)
        shapes |= {f"blocks.{i}.attn.rel_pos_{axis}": (reach, width // heads) for axis in "hw"}
    return {f"image_encoder.{name}": shape for name, shape in shapes.items()}


def layers(prefix: str, described: dict[str, int | tuple[int, int]]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, size in described.items():
        shapes[f"{prefix}{name}.weight"] = (size,) if isinstance(size, int) else size
        shapes[f"{prefix}{name}.bias"] = (size,) if isinstance(size, int) else (size[0],)
    return shapes


def decoder() -> dict[str, tuple[int, ...]]:
    """The shapes of prompt_encoder and mask_decoder, the same in every SAM."""
    shapes: dict[str, tuple[int, ...]] = {
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix": (2, 128),
        "prompt_encoder.not_a_point_embed.weight": (1, 256),
        "prompt_encoder.no_mask_embed.weight": (1, 256),
        "mask_decoder.iou_token.weight": (1, 256),
        "mask_decoder.mask_tokens.weight": (4, 256),
        "mask_decoder.output_upscaling.0.weight": (256, 64, 2, 2),
        "mask_decoder.output_upscaling.0.bias": (64,),
        "mask_decoder.output_upscaling.1.weight": (64,),
        "mask_decoder.output_upscaling.1.bias": (64,),
        "mask_decoder.output_upscaling.3.weight": (64, 32, 2, 2),
        "mask_decoder.output_upscaling.3.bias": (32,),
    }
    shapes |= {f"prompt_encoder.point_embeddings.{i}.weight": (1, 256) for i in range(4)}
    for i in range(4):
        shapes |= layers(
            f"mask_decoder.output_hypernetworks_mlps.{i}.layers.", {"0": (256, 256), "1": (256, 256), "2": (32, 256)}
        )
    shapes |= layers("mask_decoder.iou_prediction_head.layers.", {"0": (256, 256), "1": (256, 256), "2": (4, 256)})
    transformer = "mask_decoder.transformer."
    for i in range(2):
        shapes |= layers(f"{transformer}layers.{i}.", {f"norm{n}": 256 for n in range(1, 5)})
        shapes |= layers(f"{transformer}layers.{i}.mlp.", {"lin1": (2048, 256), "lin2": (256, 2048)})
        shapes |= attention(f"{transformer}layers.{i}.self_attn.", 256)
        for name in ("cross_attn_token_to_image", "cross_attn_image_to_token"):
            shapes |= attention(f"{transformer}layers.{i}.{name}.", 128)
    shapes |= attention(f"{transformer}final_attn_token_to_image.", 128)
    return shapes | layers(transformer, {"norm_final_attn": 256})


def attention(prefix: str, inner: int) -> dict[str, tuple[int, ...]]:
    sides = {name: (inner, 256) for name in ("q_proj", "k_proj", "v_proj")}
    return layers(prefix, {**sides, "out_proj": (256, inner)})


def state(width: int, depth: int, heads: int, every: int, grid: int = 64) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    shapes = vit(width, depth, heads, every, grid) | decoder()
    return {name: torch.randn(shape, generator=generator) * 0.05 for name, shape in shapes.items()}
