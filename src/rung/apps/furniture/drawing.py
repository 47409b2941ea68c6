"""What a worker draws for the answers: a picture's masks in one call."""

from __future__ import annotations

from collections.abc import Sequence

from rung.models.mask_pictures import mask_png
from rung.runtime.tasks import Box, Mask


def mask_pngs(masks: Sequence[Mask], boxes: Sequence[Box], width: int, height: int) -> list[bytes]:
    """A bilevel PNG as large as the picture for each mask."""
    return [mask_png(mask, box, width, height) for mask, box in zip(masks, boxes, strict=True)]
