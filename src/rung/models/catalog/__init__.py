"""Every model as data: variants by name, ladders by task (best first), and what each runtime needs.

Imports no model library.
"""

from __future__ import annotations

from collections.abc import Mapping

from rung.models.catalog import (
    chat,
    compute,
    depth,
    describe,
    detect,
    fill,
    find_text,
    inpaint,
    layout,
    matte,
    read,
    reconstruct,
    segment,
    strokes,
    tolerance,
)
from rung.models.catalog.runtimes import RUNTIMES
from rung.runtime.spec import Variant

LADDERS: Mapping[str, tuple[Variant, ...]] = {
    "segment": segment.LADDER,
    "matte": matte.LADDER,
    "inpaint": inpaint.LADDER,
    "fill": fill.LADDER,
    "detect": detect.LADDER,
    "depth": depth.LADDER,
    "reconstruct": reconstruct.LADDER,
    "chat": chat.LADDER,
    "find-text": find_text.LADDER,
    "read": read.LADDER,
    "layout": layout.LADDER,
    "predict-tolerance": tolerance.LADDER,
    "describe": describe.LADDER,
    "classify-strokes": strokes.LADDER,
    "compute": compute.LADDER,
}
VARIANTS: Mapping[str, Variant] = {v.name: v for ladder in LADDERS.values() for v in ladder}
EXAMPLE = "rung.models.examples:example"
"""Where a variant's example comes from when its author gives none."""

__all__ = ["EXAMPLE", "LADDERS", "RUNTIMES", "VARIANTS"]
