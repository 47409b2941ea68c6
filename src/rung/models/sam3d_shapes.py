"""What SAM 3D Objects gives, in metres with y up: voxels of its first stage, gaussians of its second.

Its objects live in the cube of -0.5..0.5, upright along z; the pose's scale takes them to the units of the point map.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rung.models.geometry import ply
from rung.models.geometry.cloud import Cloud, Floats, Gaussians, surface
from rung.models.geometry.measure import measured
from rung.models.geometry.voxels import cells
from rung.runtime.errors import InvalidInput

GRID: Final = 64
"""Voxels along the cube."""

UPRIGHT: Final = np.array([[-1, 0, 0], [0, 0, 1], [0, 1, 0]], np.float32)
"""From the cube's axes to ours, y up, as its authors' own viewer sets things upright."""
TURN: Final = np.array([0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5)], np.float32)
"""UPRIGHT as a quaternion w x y z: half a turn about (0, 1, 1)."""

_NOTHING: Final = "of this mask nothing solid was made: give another mask, or another seed"

Coords = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """sides: width, depth, height; filled: cubic units; cloud: on its surface; gaussians: if any."""

    sides: tuple[float, float, float]
    filled: float
    cloud: Cloud
    gaussians: Gaussians | None = None


def shape_of(made: Mapping[str, Any]) -> Shape:
    """Of what the published `run` returns: by the gaussians where there are some, else by the voxels.

    Raises InvalidInput where nothing solid came about.
    """
    scale = float(array(made["scale"]).mean())
    if "gaussian" in made:
        return _of_gaussians(upright_gaussians(published_gaussians(made["gaussian"][0]), scale))
    # Thinned voxels belong to the multiplied scale, all of them to the scale before: never mixed.
    thin, every = array(made["coords"])[:, 1:], array(made["coords_original"])[:, 1:]
    if not len(thin):
        raise InvalidInput(_NOTHING, field="mask")
    filled = voxel_volume(every, scale / float(made["downsample_factor"]))
    return Shape(sides=voxel_sides(thin, scale), filled=filled, cloud=voxel_cloud(thin, scale))


def _of_gaussians(upright: Gaussians) -> Shape:
    cloud = surface(upright)
    found = measured(cloud)
    if found is None:
        raise InvalidInput(_NOTHING, field="mask")
    first, height, second = found.box.sides
    # The cube's own axes are the thing's: a box turned by nearly a quarter has its sides exchanged.
    width, depth = (first, second) if found.box.yaw < np.pi / 4 else (second, first)
    return Shape(sides=(width, depth, height), filled=found.filled, cloud=cloud, gaussians=upright)


def published_gaussians(made: Any) -> Gaussians:
    """Of the published class `Gaussian`, whose properties are in plain units already."""
    seen = 0.5 + ply.BAND * array(made._features_dc).reshape(-1, 3)
    return Gaussians(
        points=array(made.get_xyz).astype(np.float32),
        colours=np.rint(np.clip(seen, 0, 1) * 255).astype(np.uint8),
        opacity=array(made.get_opacity).reshape(-1).astype(np.float32),
        sizes=array(made.get_scaling).astype(np.float32),
        turns=array(made.get_rotation).astype(np.float32),
    )


def array(values: Any) -> NDArray[Any]:
    """Of a tensor on whatever device."""
    return np.asarray(values.detach().cpu().numpy() if hasattr(values, "detach") else values)


def voxel_sides(coords: Coords, scale: float) -> tuple[float, float, float]:
    """Width, depth and height of the voxels' own box. coords: [N, 3] of the grid; scale: of the cube's side."""
    x, y, z = ((np.ptp(coords, axis=0) + 1) / GRID * scale).tolist()
    return x, y, z


def voxel_cloud(coords: Coords, scale: float) -> Cloud:
    """The middles of the voxels, y up."""
    cube = (coords.astype(np.float32) + 0.5) / GRID - 0.5
    return Cloud(points=np.ascontiguousarray(cube * np.float32(scale) @ UPRIGHT.T))


def voxel_volume(coords: Coords, scale: float) -> float:
    """Cubic units inside the surface that these voxels are, or fill."""
    shell = np.zeros((GRID + 4,) * 3, np.bool_)
    shell[tuple((coords + 2).T)] = True
    return cells(shell) * (scale / GRID) ** 3


def upright_gaussians(gaussians: Gaussians, scale: float) -> Gaussians:
    """Gaussians of the cube at that scale, y up."""
    return Gaussians(
        points=np.ascontiguousarray(gaussians.points * np.float32(scale) @ UPRIGHT.T),
        colours=gaussians.colours,
        opacity=gaussians.opacity,
        sizes=gaussians.sizes * np.float32(scale),
        turns=turned(gaussians.turns, TURN),
    )


def turned(turns: Floats, by: Floats) -> Floats:
    """The turn `by`, f32 [4], after each of f32 [N, 4]: Hamilton's product from the left."""
    w, x, y, z = by
    left = np.array([[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]], np.float32)
    return np.ascontiguousarray(turns @ left.T)


def map_of_eye(points: Floats) -> Floats:
    """Points before the eye (x right, y up, z backward) as the pipeline takes them: x left, y up, z forward."""
    return np.ascontiguousarray(points * np.array([-1, 1, -1], np.float32))
