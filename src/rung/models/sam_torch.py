"""SAM's published architecture as functions over its state dict: the tensors, by their published names, are the model.

Written after the paper and the layout of segment-anything's checkpoints (image_encoder.*, prompt_encoder.*,
mask_decoder.*). Every size (width, depth, heads, windows) is read off the tensors, so that ViT-B, -L and -H,
and a tiny random one in a test, are the same code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F

Tensor = Any
"""torch.Tensor; torch is not installed where the types are checked."""


@dataclass(frozen=True, slots=True)
class Part:
    """The tensors below a prefix of the state dict, with the layers that they make."""

    state: Mapping[str, Tensor]
    prefix: str = ""

    def at(self, name: str) -> Part:
        """The part below `name`."""
        return Part(self.state, f"{self.prefix}{name}.")

    def __getitem__(self, name: str) -> Tensor:
        return self.state[self.prefix + name]

    def count(self) -> int:
        """How many numbered parts lie directly below (`blocks.0`, `blocks.1`, ...)."""
        ends = (name.removeprefix(self.prefix).partition(".")[0] for name in self.state if name.startswith(self.prefix))
        return 1 + max((int(end) for end in ends if end.isdigit()), default=-1)

    def linear(self, x: Tensor) -> Tensor:
        """x @ weight.T + bias."""
        return F.linear(x, self["weight"], self["bias"])

    def norm(self, x: Tensor, eps: float) -> Tensor:
        """Layer norm over the last axis."""
        return F.layer_norm(x, x.shape[-1:], self["weight"], self["bias"], eps)

    def norm2d(self, x: Tensor) -> Tensor:
        """Layer norm over the channels of [B, C, H, W]."""
        return self.norm(x.permute(0, 2, 3, 1), 1e-6).permute(0, 3, 1, 2)


# --- the image encoder: a plain ViT with windowed attention and relative positions -----------------


def encode(state: Mapping[str, Tensor], image: Tensor) -> Tensor:
    """f32 or f16 [1, 3, S, S], S = 16 x the grid of pos_embed -> embedding [1, 256, S/16, S/16]."""
    net = Part(state, "image_encoder.")
    patch = net.at("patch_embed.proj")
    x = F.conv2d(image, patch["weight"], patch["bias"], stride=patch["weight"].shape[-1])
    x = x.permute(0, 2, 3, 1) + net["pos_embed"]
    for i in range(net.at("blocks").count()):
        x = _block(net.at(f"blocks.{i}"), x)
    neck = net.at("neck")
    x = neck.at("1").norm2d(F.conv2d(x.permute(0, 3, 1, 2), neck["0.weight"]))
    return neck.at("3").norm2d(F.conv2d(x, neck["2.weight"], padding=1))


def _block(part: Part, x: Tensor) -> Tensor:
    """[B, H, W, C]; the length of the relative positions tells windowed blocks from global ones."""
    grid = x.shape[1:3]
    window = (part["attn.rel_pos_h"].shape[0] + 1) // 2
    y = part.at("norm1").norm(x, 1e-6)
    if window == grid[0]:
        y = _attend(part.at("attn"), y)
    else:
        windows, padded = _split(y, window)
        y = _join(_attend(part.at("attn"), windows), window, padded)[:, : grid[0], : grid[1]]
    x = x + y
    hidden = F.gelu(part.at("mlp.lin1").linear(part.at("norm2").norm(x, 1e-6)))
    return x + part.at("mlp.lin2").linear(hidden)


def _split(x: Tensor, window: int) -> tuple[Tensor, tuple[int, int]]:
    """[1, H, W, C] -> [N, window, window, C], and the padded (H, W)."""
    height, width, channels = x.shape[1:]
    x = F.pad(x, (0, 0, 0, -width % window, 0, -height % window))
    rows, columns = x.shape[1] // window, x.shape[2] // window
    x = x.view(rows, window, columns, window, channels).transpose(1, 2)
    return x.reshape(-1, window, window, channels), (rows * window, columns * window)


def _join(x: Tensor, window: int, padded: tuple[int, int]) -> Tensor:
    rows, columns = padded[0] // window, padded[1] // window
    return x.view(rows, columns, window, window, -1).transpose(1, 2).reshape(1, *padded, -1)


def _attend(part: Part, x: Tensor) -> Tensor:
    batch, height, width, channels = x.shape
    head = part["rel_pos_h"].shape[1]
    qkv = part.at("qkv").linear(x).view(batch, height * width, 3, channels // head, head)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)
    grid = q.view(batch, -1, height, width, head)
    # Decomposed relative positions (MViTv2): one term by rows, one by columns, added to the logits.
    down = torch.einsum("bnhwc,hkc->bnhwk", grid, _relative(part["rel_pos_h"], height))
    across = torch.einsum("bnhwc,wkc->bnhwk", grid, _relative(part["rel_pos_w"], width))
    bias = (down[..., :, None] + across[..., None, :]).flatten(4).flatten(2, 3)
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    return part.at("proj").linear(out.transpose(1, 2).reshape(batch, height, width, channels))


def _relative(table: Tensor, size: int) -> Tensor:
    """[2 size - 1, head] -> [size, size, head]: row i, column j holds the entry for the offset i - j."""
    steps = torch.arange(size, device=table.device)
    return table[steps[:, None] - steps[None, :] + size - 1]


# --- the prompt encoder and the mask decoder ----------------------------------------------------------


def decode(state: Mapping[str, Tensor], embedding: Tensor, coords: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """One prompt of one picture, all f32.

    embedding: [1, 256, G, G]; coords: [1, N, 2] in the frame of 16 G; labels: [1, N], as in sam_frame.prompt.
    Returns (logits [1, 4, 4 G, 4 G], predicted IoU [1, 4]), the single mask first, then the three nested ones.
    """
    prompts, net = Part(state, "prompt_encoder."), Part(state, "mask_decoder.")
    first = torch.cat([net["iou_token.weight"], net["mask_tokens.weight"]])[None]
    tokens = torch.cat([first, _sparse(prompts, coords, labels, side=16 * embedding.shape[-1])], dim=1)
    dense = embedding + prompts["no_mask_embed.weight"].view(1, -1, 1, 1)
    source = dense.flatten(2).transpose(1, 2)
    hidden, source = _two_way(net.at("transformer"), tokens, source, _grid(prompts, embedding.shape[-1]))
    upscaled = _upscale(net.at("output_upscaling"), source.transpose(1, 2).view_as(embedding))
    masks = net["mask_tokens.weight"].shape[0]
    mlps = net.at("output_hypernetworks_mlps")
    hyper = torch.stack([_mlp(mlps.at(f"{i}.layers"), hidden[:, 1 + i]) for i in range(masks)], dim=1)
    logits = torch.einsum("bmc,bchw->bmhw", hyper, upscaled)
    return logits, _mlp(net.at("iou_prediction_head.layers"), hidden[:, 0])


def _positions(prompts: Part, where: Tensor) -> Tensor:
    """Random Fourier features of [..., 2] in 0..1."""
    angles = 2 * math.pi * ((2 * where - 1) @ prompts["pe_layer.positional_encoding_gaussian_matrix"])
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def _sparse(prompts: Part, coords: Tensor, labels: Tensor, side: int) -> Tensor:
    labels = labels[..., None]
    padding = labels == -1
    out = _positions(prompts, (coords + 0.5) / side) * ~padding + prompts["not_a_point_embed.weight"] * padding
    for i in range(prompts.at("point_embeddings").count()):
        out = out + prompts[f"point_embeddings.{i}.weight"] * (labels == i)
    return out


def _grid(prompts: Part, size: int) -> Tensor:
    """[1, size * size, C]: the positions of the embedding's cells."""
    matrix = prompts["pe_layer.positional_encoding_gaussian_matrix"]
    centres = (torch.arange(size, device=matrix.device, dtype=matrix.dtype) + 0.5) / size
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    return _positions(prompts, torch.stack([x, y], dim=-1)).view(1, size * size, -1)


def _two_way(net: Part, tokens: Tensor, source: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    queries, keys = tokens, source
    for i in range(net.at("layers").count()):
        layer = net.at(f"layers.{i}")
        own = queries if i == 0 else queries + tokens
        attended = _cross(layer.at("self_attn"), own, own, queries)
        queries = layer.at("norm1").norm(attended if i == 0 else queries + attended, 1e-5)
        toward = _cross(layer.at("cross_attn_token_to_image"), queries + tokens, keys + where, keys)
        queries = layer.at("norm2").norm(queries + toward, 1e-5)
        hidden = F.relu(layer.at("mlp.lin1").linear(queries))
        queries = layer.at("norm3").norm(queries + layer.at("mlp.lin2").linear(hidden), 1e-5)
        back = _cross(layer.at("cross_attn_image_to_token"), keys + where, queries + tokens, queries)
        keys = layer.at("norm4").norm(keys + back, 1e-5)
    last = _cross(net.at("final_attn_token_to_image"), queries + tokens, keys + where, keys)
    return net.at("norm_final_attn").norm(queries + last, 1e-5), keys


_HEADS = 8


def _cross(part: Part, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    q, k, v = (
        part.at(name).linear(x).unflatten(-1, (_HEADS, -1)).transpose(1, 2)
        for name, x in (("q_proj", q), ("k_proj", k), ("v_proj", v))
    )
    return part.at("out_proj").linear(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


def _upscale(part: Part, x: Tensor) -> Tensor:
    x = F.conv_transpose2d(x, part["0.weight"], part["0.bias"], stride=2)
    x = F.gelu(part.at("1").norm2d(x))
    return F.gelu(F.conv_transpose2d(x, part["3.weight"], part["3.bias"], stride=2))


def _mlp(part: Part, x: Tensor) -> Tensor:
    last = part.count() - 1
    for i in range(last):
        x = F.relu(part.at(str(i)).linear(x))
    return part.at(str(last)).linear(x)
