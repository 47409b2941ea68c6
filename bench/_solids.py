"""Convex solids as point sets: what furniture of the rooms is put together from, with sizes and volumes known exactly.

Metres; x to the right, y up, z towards the one who looks at the piece from its front.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

Points = NDArray[np.float64]
"""[N, 3]"""


@dataclass(frozen=True, slots=True)
class Solid:
    """The convex hull of `points`. smooth: shaded as one round surface, like a cushion."""

    points: Points
    material: str
    smooth: bool = False

    def moved(self, by: tuple[float, float, float]) -> Solid:
        return replace(self, points=self.points + np.array(by))

    def turned(self, yaw: float) -> Solid:
        """About the vertical axis, radians."""
        return replace(self, points=self.points @ yaw_matrix(yaw).T)


@dataclass(frozen=True, slots=True)
class Mesh:
    """vertices, normals [N, 3], uv [N, 2] in metres, faces [M, 3]."""

    vertices: Points
    normals: Points
    uv: NDArray[np.float64]
    faces: NDArray[np.int64]


def yaw_matrix(yaw: float) -> NDArray[np.float64]:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def block(
    size: tuple[float, float, float], at: tuple[float, float, float], material: str, *, bevel: float = 0.006
) -> Solid:
    """A box that stands on the height `at[1]` with its middle over (at[0], at[2]); its edges are broken by `bevel`."""
    half = np.array(size) / 2
    cut = min(bevel, *(half * 0.4))
    corners = []
    for signs in np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T:
        for axis in range(3):
            inner = half - cut
            inner[axis] = half[axis]
            corners.append(signs * inner)
    return Solid(np.array(corners) + np.array(at) + np.array([0.0, half[1], 0.0]), material)


def pole(
    radius: float, height: float, at: tuple[float, float, float], material: str, *, foot: float | None = None
) -> Solid:
    """A round pole that stands on `at`; foot: its radius at the floor, where it is tapered."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([np.cos(angles), np.zeros_like(angles), np.sin(angles)], axis=1)
    low = ring * (radius if foot is None else foot)
    high = ring * radius + np.array([0.0, height, 0.0])
    return Solid(np.concatenate([low, high]) + np.array(at), material)


def cushion(
    size: tuple[float, float, float], at: tuple[float, float, float], material: str, *, roundness: float = 5.0
) -> Solid:
    """A superellipsoid that rests on the height `at[1]`; roundness: 2 an ellipsoid, the more the nearer to a box."""
    theta, phi = np.meshgrid(np.linspace(-np.pi / 2, np.pi / 2, 17), np.linspace(-np.pi, np.pi, 32, endpoint=False))
    way = np.stack([np.cos(theta) * np.cos(phi), np.sin(theta), np.cos(theta) * np.sin(phi)], axis=-1).reshape(-1, 3)
    radius = (np.abs(way) ** roundness).sum(axis=1) ** (-1 / roundness)
    half = np.array(size) / 2
    return Solid(way * radius[:, None] * half + np.array(at) + np.array([0.0, half[1], 0.0]), material, smooth=True)


def extents(solids: list[Solid]) -> tuple[float, float, float]:
    """Width, height and depth of all of it, along x, y and z."""
    every = np.concatenate([solid.points for solid in solids])
    width, height, depth = every.max(axis=0) - every.min(axis=0)
    return float(width), float(height), float(depth)


def volume(solids: list[Solid], step: float = 0.01) -> float:
    """Cubic metres of the union, on a grid of `step` metres."""
    every = np.concatenate([solid.points for solid in solids])
    low = every.min(axis=0)
    counts = np.maximum(np.ceil((every.max(axis=0) - low) / step).astype(int), 1)
    filled = np.zeros(counts, bool)
    for solid in solids:
        first = np.floor((solid.points.min(axis=0) - low) / step).astype(int)
        last = np.minimum(np.ceil((solid.points.max(axis=0) - low) / step).astype(int), counts)
        axes = [low[axis] + (np.arange(first[axis], last[axis]) + 0.5) * step for axis in range(3)]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        sides = np.unique(ConvexHull(solid.points).equations.round(6), axis=0)
        inside = np.ones(grid.shape[:3], bool)
        for side in sides:
            inside &= grid @ side[:3] + side[3] <= 1e-9
        filled[tuple(slice(first[axis], last[axis]) for axis in range(3))] |= inside
    return float(filled.sum() * step**3)


def mesh(solid: Solid) -> Mesh:
    """Triangles that face outwards; flat or smooth as the solid says."""
    hull = ConvexHull(solid.points)
    outward = hull.equations[:, :3]
    faces = hull.simplices.copy()
    a, b, c = (solid.points[faces[:, i]] for i in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), outward) < 0
    faces[inward] = faces[inward][:, [0, 2, 1]]
    corners = solid.points[faces].reshape(-1, 3)
    flat = np.repeat(outward, 3, axis=0)
    normals = _averaged(faces, outward, len(solid.points))[faces.reshape(-1)] if solid.smooth else flat
    return Mesh(corners, normals, _unrolled(corners, flat), np.arange(len(corners)).reshape(-1, 3))


def _averaged(faces: NDArray[np.int64], outward: Points, count: int) -> Points:
    total = np.zeros((count, 3))
    for corner in range(3):
        np.add.at(total, faces[:, corner], outward)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)


def _unrolled(corners: Points, normals: Points) -> NDArray[np.float64]:
    """Seen along the axis that each face looks to most."""
    main = np.abs(normals).argmax(axis=1)
    across = np.where(main == 0, corners[:, 2], corners[:, 0])
    along = np.where(main == 1, corners[:, 2], corners[:, 1])
    return np.stack([across, along], axis=1)
