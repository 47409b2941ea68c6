"""Where SAM 3D Objects sees a thing: from our upright axes to the eye's (x right, y up, z backward), which all things
of one picture share.

Its pose takes row vectors of the cube, scaled, to the point map's axes (x left, y up, z ahead): x R + t, as its
authors' own viewer assembles a scene; R is the matrix of the quaternion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from rung.models.geometry.cloud import Cloud, Floats, Gaussians
from rung.models.sam3d_shapes import TURN, UPRIGHT, array, map_of_eye, turned

_ABOUT: Final = np.array([0.0, 0.0, 1.0, 0.0], np.float32)
"""From the point map's axes to the eye's: half a turn about y."""
_CONJUGATE: Final = np.array([1, -1, -1, -1], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """turn: f32 [4], a unit quaternion w x y z; shift: f32 [3], in units of the point map."""

    turn: Floats
    shift: Floats


def pose_of(made: Mapping[str, Any]) -> Pose:
    """Of what the published `run` returns."""
    turn = array(made["rotation"]).reshape(4).astype(np.float32)
    return Pose(turn=turn / np.linalg.norm(turn), shift=array(made["translation"]).reshape(3).astype(np.float32))


def placed_points(upright: Floats, pose: Pose) -> Floats:
    """f32 [N, 3] of ours, y up from the thing's middle, before the eye."""
    ahead = upright @ UPRIGHT @ _matrix(pose.turn) + pose.shift
    return map_of_eye(ahead.astype(np.float32))  # its own inverse


def placed_cloud(upright: Cloud, pose: Pose) -> Cloud:
    """The same points before the eye."""
    return replace(upright, points=placed_points(upright.points, pose))


def placed_gaussians(upright: Gaussians, pose: Pose) -> Gaussians:
    """The same gaussians before the eye: each is turned as its points are."""
    turns = upright.turns
    for by in (TURN * _CONJUGATE, pose.turn * _CONJUGATE, _ABOUT):
        turns = turned(turns, by)
    return replace(upright, points=placed_points(upright.points, pose), turns=turns)


def _matrix(turn: Floats) -> Floats:
    """f32 [3, 3] that turns columns; of rows it is the turn back, as its authors have it."""
    w, x, y, z = turn
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ],
        np.float32,
    )
