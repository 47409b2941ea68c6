"""Turns a grey picture of a drawing into strokes and the graph that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.bezier import fitted, followed
from rung.models.strokes.corners import split, touching, without_short
from rung.models.strokes.ink import Grey, ink, widths
from rung.models.strokes.neighbours import neighbours
from rung.models.strokes.pixels import Bits, Ints, pixel_graph
from rung.models.strokes.runs import Runs, runs
from rung.models.strokes.thinning import thinned
from rung.models.strokes.tracing import Paths, traced

USUAL_DPI: Final = 200
"""The resolution at which all lengths of this package are meant; other pictures are brought to it."""
AROUND: Final = 65
"""Side in pixels of the square in which a stroke's crowd is counted: 8 mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strokes:
    """A drawing's N strokes, in pixels of the picture that they were traced in (`width` x `height`).

    controls: f32 [N, 4, 2]. touching, beside: [E, 2], pairs. line_width: f32 [N], pixels. free_ends: [N], 0..2.
    crowd: f32 [N], the share of ink around the stroke's middle. runs: the line that each is a piece of. paths: the
    pixels that each was fitted to.
    """

    controls: NDArray[np.float32]
    touching: Ints
    beside: Ints
    line_width: NDArray[np.float32]
    free_ends: Ints
    crowd: NDArray[np.float32]
    runs: Runs
    paths: Paths
    width: int
    height: int


def drawn(grey: Grey) -> Strokes:
    """The strokes of uint8 [H, W] at USUAL_DPI."""
    height, width = grey.shape
    bits = ink(grey)
    paths = paths_of(bits)
    joint_uses = np.bincount(paths.ends.reshape(-1), minlength=paths.joints)
    return Strokes(
        controls=fitted(paths).astype(np.float32) if len(paths.counts) else np.empty((0, 4, 2), np.float32),
        touching=touching(paths),
        beside=neighbours(paths, width, height),
        line_width=_line_width(grey, bits, paths),
        free_ends=(joint_uses[paths.ends] == 1).sum(axis=1),
        crowd=_crowd(bits, paths),
        runs=runs(paths),
        paths=paths,
        width=width,
        height=height,
    )


def paths_of(bits: Bits) -> Paths:
    """The paths of ink, cut at corners and where no one curve follows them, none of them short."""
    return followed(without_short(split(without_short(traced(pixel_graph(thinned(bits)))))))


def _middles(paths: Paths) -> tuple[Ints, Ints]:
    middle = paths.points[(paths.starts[:-1] + paths.starts[1:]) // 2].astype(np.int64)
    return middle[:, 1], middle[:, 0]


def _line_width(grey: Grey, bits: Bits, paths: Paths) -> NDArray[np.float32]:
    """The mean over the stroke's pixels."""
    if not len(paths.counts):
        return np.empty(0, np.float32)
    column, row = paths.points.astype(np.int64).T
    along = widths(grey, bits)[row, column]
    return np.asarray(np.add.reduceat(along, paths.starts[:-1]) / paths.counts, np.float32)


def _crowd(bits: Bits, paths: Paths) -> NDArray[np.float32]:
    share = cv2.blur(bits.astype(np.float32), (AROUND, AROUND), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(share[_middles(paths)], np.float32)
