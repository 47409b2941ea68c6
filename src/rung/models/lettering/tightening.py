"""From where a net saw text to what is written there: the signs, no more and no less.

A net's region is blurred: it loses the lower of two stacked tolerances, a diameter sign, a degree. The signs that
belong to it are looked for in the picture, beside it too; a region without any (a circle, a hatching) is no text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.lettering.crops import back, upright
from rung.models.lettering.glyphs import glyphs
from rung.models.lettering.grouping import STOP, WORD_GAP, Box, Boxes, grouped, main, main_height
from rung.models.lettering.patches import Grey
from rung.models.lettering.quads import Quad, measured

BESIDE: Final = 2.2
"""Heights of the region: how far beside it its signs are looked for."""
ABOVE: Final = 0.9
LONE: Final = 1.4
"""Heights of a region: so tall may be the sign of one that holds one only, since a net sees less of it."""
ROUNDS: Final = 3
LEVELLED: Final = 2
"""Main signs: fewer do not tell whether they stand level."""


@dataclass(frozen=True, slots=True)
class Line:
    """A text by its signs. tall: pixels, of its main signs. lean: mean log of their width over their height.

    count: of signs. usual: pixels, the median height of its signs, full stops aside: of a diameter sign, which is
    taller than its figures, it knows nothing. slope: degrees by which the feet of its main signs fall to the right;
    None: there are too few to tell.
    """

    quad: Quad
    tall: float
    lean: float
    count: int
    usual: float = 0.0
    slope: float | None = None


def tightened(grey: Grey, corners: Quad, gap: float | None = None) -> list[Line]:
    """The texts of a region, read in its direction; lines of a table or a frame part them.

    gap: pixels between signs of one text; None: WORD_GAP.
    """
    for _ in range(ROUNDS):
        _, width, height, _ = measured(corners)
        cut, matrix = upright(grey, corners, BESIDE * height, ABOVE * height)
        margin = (cut.shape[1] - width) / 2, (cut.shape[0] - height) / 2
        core = (margin[0], margin[1], cut.shape[1] - margin[0], cut.shape[0] - margin[1])
        guess = max(height, min(width, LONE * height))
        tall = main_height(glyphs(cut, guess).boxes, core, guess)
        found = glyphs(cut, tall)
        texts = grouped(found, core, tall, gap)
        if not texts:
            return []
        x0 = min(core[0], *(float(boxes[:, 0].min()) for boxes in texts))
        x1 = max(core[2], *(float(boxes[:, 2].max()) for boxes in texts))
        # A text that goes on to the edge of what was looked at may go on beyond it.
        if x0 > WORD_GAP * tall and x1 < cut.shape[1] - WORD_GAP * tall:
            break
        corners = back(matrix, (x0, core[1], x1, core[3]))
    return [_line(boxes, _around(boxes), matrix) for boxes in texts]


def looseness(lines: Sequence[Line]) -> float:
    """How much taller the texts' boxes are than their signs: the less, the better they are read in their direction."""
    count = sum(line.count for line in lines)
    return sum(line.count * measured(line.quad)[2] / line.tall for line in lines) / count if count else math.inf


def _around(boxes: Boxes) -> Box:
    x0, y0 = boxes[:, :2].min(axis=0)
    x1, y1 = boxes[:, 2:].max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def _line(boxes: Boxes, around: Box, matrix: NDArray[np.float64]) -> Line:
    sides = (boxes[:, 2:] - boxes[:, :2]).astype(np.float64)
    tall = sides[main(boxes)]
    high = sides[:, 1]
    return Line(
        quad=back(matrix, around),
        tall=float(np.median(tall[:, 1])),
        lean=float(np.log(tall[:, 0] / tall[:, 1]).mean()),
        count=len(boxes),
        usual=float(np.median(high[high >= STOP * high.max()])),
        slope=_slope(boxes[main(boxes)]),
    )


def _slope(signs: Boxes) -> float | None:
    """Degrees of the line on which signs stand: the median over all pairs of them (Theil and Sen)."""
    if len(signs) < LEVELLED:
        return None
    x, y = (signs[:, 0] + signs[:, 2]) / 2.0, signs[:, 3].astype(np.float64)
    one, other = np.triu_indices(len(signs), 1)
    across = x[other] - x[one]
    apart = np.abs(across) >= 1
    if not apart.any():
        return None
    return float(np.degrees(np.arctan(np.median((y[other] - y[one])[apart] / across[apart]))))
