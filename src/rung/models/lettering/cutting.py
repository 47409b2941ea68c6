"""What a reader is given of a box: rows of signs on plain paper, upright, without the lines around them."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from rung.models.lettering.crops import WHITE, upright
from rung.models.lettering.glyphs import glyphs
from rung.models.lettering.patches import Grey
from rung.models.lettering.quads import of_polygon
from rung.models.lettering.stacks import Parts, parts
from rung.runtime.tasks import TextBox

EDGE: Final = 1.0
"""Pixels beyond a box: what the edge of a sign fades over."""
PAPER: Final = 95
"""Percentile of a cut-out's grey that is its paper."""
MARGIN: Final = 0.15
"""Heights of a row: plain paper around it, as recognisers are trained with."""


def pieces(grey: Grey, box: TextBox, margin: float = MARGIN) -> Parts:
    """The rows of a box, each with plain paper around it.

    A box of a finder is as tight as its signs. One that a caller drew (no score) is first cut to the signs in it.
    """
    found = parts(whole(grey, box))
    return Parts(*(None if one is None else framed(one, margin) for one in (found.main, found.upper, found.lower)))


def whole(grey: Grey, box: TextBox) -> Grey:
    """A box upright and in one piece, without paper around it."""
    cut, _ = upright(grey, of_polygon(box.polygon), EDGE, EDGE)
    return cut if box.score is not None else trimmed(cut)


def trimmed(cut: Grey) -> Grey:
    """What of a loosely drawn box its signs take, so that a line beside them is no sign; all of it where none is."""
    boxes = glyphs(cut, cut.shape[0] / 1.5).boxes
    if not len(boxes):
        return cut
    x0, y0 = boxes[:, :2].min(axis=0).clip(1) - 1
    x1, y1 = boxes[:, 2:].max(axis=0) + 1
    return cut[y0:y1, x0:x1]


def framed(row: Grey, margin: float = MARGIN) -> Grey:
    """A row with paper around it, `margin` of its height on each side."""
    wide = round(margin * row.shape[0])
    paper = int(np.percentile(row, PAPER)) if row.size else WHITE
    return np.asarray(cv2.copyMakeBorder(row, wide, wide, wide, wide, cv2.BORDER_CONSTANT, value=paper), np.uint8)
