"""Runs the encoder and the decoder of a SAM that is a pair of ONNX files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime as ort

from rung.models.sam_frame import Floats


def embed(encoder: ort.InferenceSession, image: Floats) -> Mapping[str, Floats]:
    """The encoder's outputs by name."""
    names = [output.name for output in encoder.get_outputs()]
    return dict(zip(names, encoder.run(names, {encoder.get_inputs()[0].name: image}), strict=True))


def decode(
    decoder: ort.InferenceSession, embedding: Mapping[str, Floats], coords: Floats, labels: Floats
) -> tuple[Floats, Floats]:
    """(logits [M, 256, 256], predicted IoU [M]) of one prompt.

    A decoder that takes an earlier mask too is told that there is none.
    """
    feed: dict[str, Any] = {**embedding, "point_coords": coords, "point_labels": labels}
    wanted = {entry.name for entry in decoder.get_inputs()}
    if "mask_input" in wanted:
        feed |= {"mask_input": np.zeros((1, 1, 256, 256), np.float32), "has_mask_input": np.zeros(1, np.float32)}
    logits, scores = decoder.run(None, feed)
    return logits[0], scores[0]
