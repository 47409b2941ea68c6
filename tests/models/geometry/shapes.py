"""Clouds whose measures are known, for the tests of the geometry."""

import numpy as np

from rung.models.geometry.cloud import Gaussians


def block(
    count: int, sides: tuple[float, float, float], yaw: float = 0.0, centre: tuple[float, float, float] = (0, 0, 0)
) -> np.ndarray:
    """f32 [count, 3]: evenly over the six faces of a block, turned by `yaw` about y, its first side toward
    (cos yaw, 0, -sin yaw)."""
    rng = np.random.default_rng(5)
    size = np.array(sides)
    areas = size.prod() / size
    axis = rng.choice(3, count, p=areas / areas.sum())
    points = (rng.random((count, 3)) - 0.5) * size
    points[np.arange(count), axis] = rng.choice([-0.5, 0.5], count) * size[axis]
    c, s = np.cos(yaw), np.sin(yaw)
    turned = points @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T
    return (turned + centre).astype(np.float32)


def gaussians(points: np.ndarray, opacity: float = 0.9, size: float = 0.004) -> Gaussians:
    count = len(points)
    return Gaussians(
        points=points.astype(np.float32),
        colours=np.tile(np.uint8([200, 90, 30]), (count, 1)),
        opacity=np.full(count, opacity, np.float32),
        sizes=np.full((count, 3), size, np.float32),
        turns=np.tile(np.float32([1, 0, 0, 0]), (count, 1)),
    )
