"""What a net is told of each stroke: the 19 figures of the published method, and those that we add to them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.bezier import Doubles, at, curvature
from rung.models.strokes.drawing import Strokes
from rung.models.strokes.pixels import groups

Features = NDArray[np.float32]

PAPER: Final = (
    *(f"{axis}{n}" for n in range(4) for axis in "xy"),
    *(f"leg{n}" for n in range(3)),
    "length",
    "chord_ratio",
    "cosine0",
    "cosine1",
    *(f"curvature{n}" for n in range(4)),
)
"""The published 19, in their order: control points, the three legs between them, the curve's length, chord over
length, the cosines between legs, curvature at four parameters."""

ADDED: Final = (
    "line_width",
    "width_place",
    "width_spread",
    "run_width",
    "run_length",
    "run_ends",
    "part_width",
    "part_height",
    "part_strokes",
    "free_ends",
    "flat",
    "upright",
    "beside",
    "crowd",
)
"""Ours: the line's width; where it lies between the sheet's thin and thick lines and how far these are apart; the
width, the length and the free ends of the run, the line that the stroke is a piece of; how wide and tall the connected
part is and of how many strokes; how many of its ends touch nothing; how flat and how upright it lies; how many
neighbours it has; how much ink lies around it."""

WIDTHS: Final = slice(ADDED.index("line_width"), ADDED.index("run_width") + 1)
"""Those that a drawing of one pen says nothing by."""
THIN, THICK = 0.2, 0.8
"""Shares of a sheet's whole length of lines that are thinner: its thin and its thick lines."""
LEAST_SPREAD: Final = 0.2
"""Logarithm of thick over thin from which on a line's place between them is told: below, lines differ by chance."""

CURVE_AT: Final = (0.2, 0.4, 0.6, 0.8)
TIGHTEST: Final = 0.5
"""One over pixels: a bend of two pixels; what is sharper is the fit's own."""


def paper(strokes: Strokes) -> Features:
    """f32 [N, 19].

    Control points are shares of the sheet's longer side. Lengths are logarithms of pixels at 200 dpi: the strokes of a
    letter and those of the border differ a thousandfold.
    """
    controls = strokes.controls.astype(np.float64)
    legs = np.diff(controls, axis=1)
    sides = np.hypot(legs[..., 0], legs[..., 1])
    chord = np.hypot(*(controls[:, 3] - controls[:, 0]).T)
    length = curve_length(controls)
    cosines = (legs[:, :-1] * legs[:, 1:]).sum(axis=2) / np.maximum(sides[:, :-1] * sides[:, 1:], 1e-9)
    bends = [np.clip(curvature(controls, t), -TIGHTEST, TIGHTEST) for t in CURVE_AT]
    columns = [
        (controls / max(strokes.width, strokes.height)).reshape(len(controls), 8),
        np.log1p(sides),
        np.log1p(length)[:, None],
        (chord / np.maximum(length, 1e-9))[:, None],
        np.clip(cosines, -1, 1),
        np.stack(bends, axis=1),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def curve_length(controls: Doubles) -> Doubles:
    """[N]: pixels along the curves, by sixteen chords."""
    points = np.stack([at(controls, t) for t in np.linspace(0, 1, 17)], axis=1)
    return np.asarray(np.hypot(*np.moveaxis(np.diff(points, axis=1), 2, 0)).sum(axis=1))


def added(strokes: Strokes) -> Features:
    """f32 [N, 14]: what ADDED names."""
    count = len(strokes.controls)
    part = groups(count, strokes.touching)
    spans = [_span(strokes.controls[..., axis], part) for axis in (0, 1)]
    chord = np.abs(strokes.controls[:, 3] - strokes.controls[:, 0])
    way = np.maximum(np.hypot(*chord.T), 1e-6)
    beside = np.bincount(strokes.beside.reshape(-1), minlength=count)
    columns = (
        *_lines(strokes),
        *(np.log1p(span)[part] for span in spans),
        np.log1p(np.bincount(part))[part],
        strokes.free_ends,
        chord[:, 0] / way,
        chord[:, 1] / way,
        np.log1p(beside),
        strokes.crowd,
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _lines(strokes: Strokes) -> tuple[Doubles, ...]:
    """The six that are of the stroke's line and of its run."""
    width = np.maximum(strokes.line_width.astype(np.float64), 0.1)
    run, length = strokes.runs.of, curve_length(strokes.controls.astype(np.float64))
    whole = np.bincount(run, weights=length)
    run_width = (np.bincount(run, weights=length * width) / np.maximum(whole, 1e-9))[run]
    thin, thick = _quantiles(np.log(run_width), length)
    spread = thick - thin
    place = np.clip((np.log(run_width) - thin) / max(spread, LEAST_SPREAD), -2, 3)
    ends = strokes.runs.free_ends.astype(np.float64)
    return np.log1p(width), place, np.full(len(width), spread), np.log1p(run_width), np.log1p(whole)[run], ends


def _quantiles(values: Doubles, weights: Doubles) -> tuple[float, float]:
    """The values below which lie the shares THIN and THICK of the weights."""
    if not len(values):
        return 0.0, 0.0
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / max(float(weights.sum()), 1e-9)
    places = np.minimum(np.searchsorted(share, (THIN, THICK)), len(values) - 1)
    return float(values[order[places[0]]]), float(values[order[places[1]]])


def _span(values: NDArray[np.float32], part: NDArray[np.int64]) -> Doubles:
    """For each part how far its control points reach on one axis, in pixels."""
    least = np.full(int(part.max(initial=-1)) + 1, np.inf)
    most = -least
    np.minimum.at(least, part, values.min(axis=1))
    np.maximum.at(most, part, values.max(axis=1))
    return np.asarray(most - least)
