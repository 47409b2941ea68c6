"""Rooms and boxes as a camera sees them, drawn by a second implementation: points through a matrix."""

from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 800, 600


@dataclass(frozen=True)
class Camera:
    """Stands at (0, up, 0), looks along -z, down by `pitch` radians. focal in pixels."""

    pitch: float = 0.25
    up: float = 1.45
    focal: float = 600.0

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """[n, 2] of points [n, 3], y up from the floor."""
        c, s = np.cos(self.pitch), np.sin(self.pitch)
        x, y, z = (points - (0, self.up, 0)).T
        ahead, above = -z * c - y * s, y * c - z * s
        return np.stack([WIDTH / 2 + self.focal * x / ahead, HEIGHT / 2 - self.focal * above / ahead], axis=1)


def box_corners(
    sides: tuple[float, float, float], yaw: float, at: tuple[float, float], base: float = 0.0
) -> np.ndarray:
    """[8, 3]: width, depth and height; its width along (cos yaw, 0, -sin yaw)."""
    w, d, h = sides
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array(
        [
            (at[0] + x * w * c + z * d * s, base + y * h, at[1] - x * w * s + z * d * c)
            for x in (-0.5, 0.5)
            for y in (0, 1)
            for z in (-0.5, 0.5)
        ]
    )


def hull_mask(pixels: np.ndarray) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The mask of the convex hull of these points, over its own box, cut to the picture."""
    import cv2

    whole = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(whole, cv2.convexHull(np.rint(pixels * 16).astype(np.int32)), 255, shift=4)
    rows, columns = np.nonzero(whole)
    x0, x1, y0, y1 = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    return np.ascontiguousarray(whole[y0:y1, x0:x1]), (int(x0), int(y0), int(x1), int(y1))


def room_lines(camera: Camera, yaw: float, count: int = 60) -> np.ndarray:
    """f32 [count, 4]: edges along three directions at right angles, in a room before the camera."""
    rng = np.random.default_rng(4)
    c, s = np.cos(yaw), np.sin(yaw)
    ways = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    middles = rng.uniform((-1.5, 0.1, -4.5), (1.5, 2.2, -2.5), (count, 3))
    runs = ways[np.arange(count) % 3] * rng.uniform(0.2, 0.6, (count, 1))
    return np.hstack([camera.pixels(middles - runs), camera.pixels(middles + runs)]).astype(np.float32)
