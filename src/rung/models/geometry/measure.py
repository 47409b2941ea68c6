"""What a removal wants to know of a cloud: its upright box, and the space it fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rung.models.geometry.box import UprightBox, in_box, upright_box
from rung.models.geometry.cloud import Cloud, Floats
from rung.models.geometry.voxels import filled_volume

MARGIN: Final = 0.01
"""Share of a side by which a point may stand out of the box and still belong to the surface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """box: upright, y up; filled: cubic units inside the surface; fuzz: how far each side of the box moves when a few
    more points count as strays, in the cloud's unit: soft or ragged ends give a wide one."""

    box: UprightBox
    filled: float
    fuzz: tuple[float, float, float]


def measured(cloud: Cloud) -> Measure | None:
    """Box and volume of a closed surface; None for fewer than four points."""
    if len(cloud.points) < 4:
        return None
    box = upright_box(cloud.points)
    own = in_box(cloud.points, box)
    near = (np.abs(own) <= np.array(box.sides) * (0.5 + MARGIN)).all(axis=1)
    return Measure(box=box, filled=filled_volume(own[near]), fuzz=_fuzz(own, box))


def _fuzz(own: Floats, box: UprightBox) -> tuple[float, float, float]:
    """Half of the difference to the sides that 2 % of the points at each end stand outside of."""
    tight = np.quantile(own, (0.02, 0.98), axis=0)
    x, y, z = (np.abs(np.array(box.sides) - (tight[1] - tight[0])) / 2).tolist()
    return x, y, z
