"""Fills holes without a model: OpenCV's Telea and Navier-Stokes, which continue edges and smear texture."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from rung.models import holes
from rung.runtime.model import Call
from rung.runtime.tasks import InpaintInput, InpaintOutput, Pixels

RADIUS: Final = 5
"""Pixels round each point that its colour is taken from. Larger is slower by its square and smears wider."""


def telea(input: InpaintInput, call: Call[InpaintInput]) -> InpaintOutput:
    """Telea 2004: from the rim inwards, weighted means of what is known. Pixels outside the hole are kept."""
    return InpaintOutput(pixels=_filled(input, cv2.INPAINT_TELEA, call.empty(input.pixels.shape)))


def navier_stokes(input: InpaintInput, call: Call[InpaintInput]) -> InpaintOutput:
    """Bertalmio et al. 2001: lines of equal brightness are continued inwards. Pixels outside are kept."""
    return InpaintOutput(pixels=_filled(input, cv2.INPAINT_NS, call.empty(input.pixels.shape)))


def _filled(input: InpaintInput, method: int, out: Pixels) -> Pixels:
    holes.check(input.pixels, input.mask)
    # Both methods look no further than the radius, so only the hole's neighbourhood is worked on.
    x0, y0, x1, y1 = holes.bounds(input.mask)
    part = np.s_[max(y0 - 2 * RADIUS, 0) : y1 + 2 * RADIUS, max(x0 - 2 * RADIUS, 0) : x1 + 2 * RADIUS]
    hole = np.ascontiguousarray(input.mask[part])
    np.copyto(out, input.pixels)
    out[part] = cv2.inpaint(np.ascontiguousarray(input.pixels[part]), hole, RADIUS, method)
    return out
