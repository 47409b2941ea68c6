"""SAM ViT-B and ViT-H on torch, from the published `.pth` files."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rung.models import sam_click, sam_frame, sam_torch
from rung.models.sam_frame import Floats
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome
from rung.runtime.tasks import SegmentInput

_DTYPES = {"fp32": torch.float32, "fp16": torch.float16}


class SamVit:
    """`sam.pth`, a state dict of segment-anything. The encoder runs in the plan's precision, the decoder in fp32."""

    def load(self, context: Context) -> None:
        """Map the checkpoint and bring it to the device, tensor by tensor."""
        if context.precision not in _DTYPES:
            raise LoadFailed(f"{context.variant} runs in fp32 or fp16, not in {context.precision}")
        self._device = torch.device(context.device)
        self._dtype = _DTYPES[context.precision]
        if self._device.type == "cpu":
            torch.set_num_threads(context.threads)
        self._state = self._placed(checkpoint(context.weight("sam.pth")))
        self._net = sam_click.Net(
            variant=f"{context.variant}-{context.precision}",
            frame=sam_frame.letterboxed,
            encode=self._encode,
            decode=self._decode,
            pick=sam_click.single_or_nested,
        )

    def run(self, calls: Sequence[Call[SegmentInput]]) -> Iterator[tuple[int, Outcome]]:
        """A mask per call."""
        return sam_click.run(self._net, calls)

    def _placed(self, state: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: tensor.to(self._device, self._dtype if name.startswith("image_encoder.") else torch.float32)
            for name, tensor in state.items()
        }

    def _encode(self, image: Floats) -> Mapping[str, Floats]:
        with torch.inference_mode():
            embedding = sam_torch.encode(self._state, torch.from_numpy(image).to(self._device, self._dtype))
        return {"image_embeddings": embedding.float().cpu().numpy()}

    def _decode(self, embedding: Mapping[str, Floats], coords: Floats, labels: Floats) -> tuple[Floats, Floats]:
        given = (torch.tensor(a, device=self._device) for a in (embedding["image_embeddings"], coords, labels))
        with torch.inference_mode():
            logits, scores = sam_torch.decode(self._state, *given)
        return np.asarray(logits[0].cpu()), np.asarray(scores[0].cpu())


def checkpoint(path: Path) -> Mapping[str, Any]:
    """The state dict, mapped rather than read where the file allows it. LoadFailed when it is none of SAM's."""
    state = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    if not isinstance(state, dict) or "image_encoder.pos_embed" not in state:
        raise LoadFailed(f"{path.name} is no checkpoint of segment-anything with a ViT encoder")
    return state
