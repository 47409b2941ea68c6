"""Builds MobileSAM's ONNX pair from the published `mobile_sam.pt`, without torch and byte for byte the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rung.models.recipes import checkpoint, skeleton
from rung.runtime.errors import WeightsError


def encoder(inputs: Mapping[str, Path], out: Path) -> None:
    """TinyViT: image f32 [1,3,1024,1024] -> image_embeddings f32 [1,256,64,64]."""
    _build("mobile_sam_encoder.onnx", inputs, out)


def decoder(inputs: Mapping[str, Path], out: Path) -> None:
    """Prompts in the 1024 frame -> low_res_masks f32 [1,4,256,256] and iou_predictions f32 [1,4]."""
    _build("mobile_sam_decoder.onnx", inputs, out)


def _build(name: str, inputs: Mapping[str, Path], out: Path) -> None:
    if len(inputs) != 1:
        raise WeightsError(f"{name} is built from one file, mobile_sam.pt; {len(inputs)} were given")
    (path,) = inputs.values()
    skeleton.fill(skeleton.FOLDER / name, checkpoint.read(path), out)
