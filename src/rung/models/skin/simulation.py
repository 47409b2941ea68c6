"""What zones the parts of one process need: surfaces are drawn, each is measured, and the quantiles are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from rung.models.skin import fields, zones
from rung.models.skin.fields import Floats, Grid
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import Quantiles, ToleranceInput

STEEPEST: Final = 0.1
"""The largest sigma / correlation, and sigma / radius: beyond, the deviation is not small beside the shape, and both
the normals and the zones would have to be taken about the real surface."""
_AT_ONCE: Final = 400_000
"""Points of all the surfaces that are drawn together: 30 MB with what measuring them takes."""

SHARES: Final[Mapping[str, float]] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}

ASSUMPTIONS: Final = (
    "The deviation along the normal is a Gaussian random field of zero mean, correlated as exp(-(d/l)^2); the process"
    " has no systematic error.",
    "The datum is ideal and the set-up has no error of its own: position and perpendicularity are those of the field.",
)
PLANE: Final = (
    "The plane's length stands square on the datum; its zones may turn about the datum's normal.",
    "Position is measured from the true place, not from a datum at a distance.",
)
CYLINDER: Final = (
    "The axis is the line of the centres of least-squares circles, square to the datum and at its true place.",
)
SHRUNK: Final = (
    "Shrinkage scales the sides of the surface only; that of size and place is taken as corrected in the tool.",
)


def zones_of(asked: ToleranceInput, seed: int, check: Callable[[], None] = lambda: None) -> dict[str, Floats]:
    """Characteristic -> [samples] widths in millimetres. Raises InvalidInput for what this model cannot say."""
    refuse_steep(asked)
    generator = np.random.default_rng(seed)
    grid, across, along = _expansions(asked)
    each = max(_AT_ONCE // grid.points, 1)
    drawn: list[dict[str, Floats]] = []
    for begin in range(0, asked.samples, each):
        check()
        count = min(each, asked.samples - begin)
        surfaces = fields.draw(across, along, asked.sigma_mm, count, generator).reshape(count, -1)
        drawn.append(_measured(asked, grid, surfaces))
    return {name: np.concatenate([part[name] for part in drawn]) for name in drawn[0]}


def quantiles(widths: Floats) -> Quantiles:
    """Of the sampled widths."""
    return Quantiles(**{name: float(np.quantile(widths, share)) for name, share in SHARES.items()})


def grid_of(asked: ToleranceInput) -> Grid:
    """The grid that this surface is drawn on. Raises InvalidInput where it would have too many points."""
    length = asked.length_mm * asked.shrinkage
    if asked.surface == "plane":
        return fields.plane(_second(asked), length, asked.correlation_mm)
    return fields.cylinder(_second(asked), length, asked.correlation_mm)


def assumptions(asked: ToleranceInput) -> tuple[str, ...]:
    """The sentences that an answer for this surface rests on."""
    own = PLANE if asked.surface == "plane" else CYLINDER
    return (*ASSUMPTIONS, *own, *(SHRUNK if asked.shrinkage != 1 else ()))


def unsure(widths: Floats) -> str:
    """How far the 95 % quantile of so few samples may be off, by its order statistics."""
    count = len(widths)
    spread = 1.96 * np.sqrt(0.95 * 0.05 / count)
    low, high = np.quantile(widths, [max(0.95 - spread, 0), min(0.95 + spread, 1)])
    return f"With {count} samples the 95 % quantile lies between {low:.4g} and {high:.4g} mm (at 95 % confidence)."


def refuse_steep(asked: ToleranceInput) -> None:
    """Raises InvalidInput where the deviation is not small beside the surface."""
    radius = _second(asked) / 2 if asked.surface == "cylinder" else np.inf
    most = STEEPEST * min(asked.correlation_mm, radius)
    if asked.sigma_mm > most:
        raise InvalidInput(
            f"sigma_mm is {asked.sigma_mm:g}: the deviation has to be small beside the surface; with a correlation of"
            f" {asked.correlation_mm:g} mm{'' if radius == np.inf else f' and a radius of {radius:g} mm'} it may be"
            f" {most:g} at most",
            field="sigma_mm",
        )


def _second(asked: ToleranceInput) -> float:
    """Width or diameter, shrunk. It is there: the task's check says so."""
    side = asked.width_mm if asked.surface == "plane" else asked.diameter_mm
    assert side is not None
    return side * asked.shrinkage


def _expansions(asked: ToleranceInput) -> tuple[Grid, Floats, Floats]:
    grid, correlation = grid_of(asked), asked.correlation_mm
    along = fields.side_modes(grid.along, correlation)
    if asked.surface == "plane":
        return grid, fields.side_modes(grid.across, correlation), along
    return grid, fields.round_modes(grid.across, _second(asked), correlation), along


def _measured(asked: ToleranceInput, grid: Grid, surfaces: Floats) -> dict[str, Floats]:
    if asked.surface == "plane":
        return {
            "flatness": zones.flatness(grid, surfaces),
            "perpendicularity": zones.plane_perpendicularity(grid, surfaces),
            "position": zones.plane_position(surfaces),
        }
    centres = zones.median_line(grid, surfaces)
    return {
        "cylindricity": zones.cylindricity(grid, _second(asked) / 2, surfaces),
        "perpendicularity": zones.axis_perpendicularity(centres),
        "position": zones.axis_position(centres),
    }
