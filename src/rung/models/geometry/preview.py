"""A small picture of a cloud, seen from above and one side, as PNG; or a turn round it, as GIF."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rung.models.geometry.cloud import Cloud, thinned

SIDE: Final = 320
TURNS: Final = 24
"""Frames of a turn."""

_MOST: Final = 60_000
"""Points drawn: more do not show on a picture of this side."""
_DOWN: Final = np.deg2rad(25.0)
_ACROSS: Final = np.deg2rad(-35.0)
_PAPER: Final = 245
_PLAIN: Final = (92, 124, 168)


def png(cloud: Cloud, side: int = SIDE, yaw: float = _ACROSS) -> bytes:
    """The cloud seen along a line 25 degrees from above, `yaw` (radians) to the side, y up; u8 [side, side, 3]."""
    out = io.BytesIO()
    Image.fromarray(drawn(cloud, side, yaw)).save(out, "PNG", compress_level=3)
    return out.getvalue()


def gif(cloud: Cloud, side: int = SIDE) -> bytes:
    """One turn about the vertical."""
    frames = [Image.fromarray(drawn(cloud, side, angle)) for angle in np.linspace(0, 2 * np.pi, TURNS, endpoint=False)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=90, loop=0)
    return out.getvalue()


def drawn(cloud: Cloud, side: int, yaw: float) -> NDArray[np.uint8]:
    """u8 [side, side, 3]: near points over far ones, far ones paler; an empty cloud is an empty page."""
    page = np.full((side, side, 3), _PAPER, np.uint8)
    points = thinned(cloud.points, _MOST).astype(np.float32)
    if not len(points):
        return page
    across, up, away = _seen(points, yaw)
    span = max(float(np.ptp(across)), float(np.ptp(up)), 1e-9)
    scale = 0.86 * side / span
    x = (side / 2 + (across - (across.max() + across.min()) / 2) * scale).astype(np.int32)
    y = (side / 2 - (up - (up.max() + up.min()) / 2) * scale).astype(np.int32)
    order = np.argsort(-away)
    ink = _ink(cloud, away)[order]
    x, y = x[order], y[order]
    radius = int(np.clip(side / max(len(points), 1) ** 0.5, 0, 3))
    offsets = [(right, down) for down in range(-radius, radius + 1) for right in range(-radius, radius + 1)]
    for right, down in offsets:
        page[np.clip(y + down, 0, side - 1), np.clip(x + right, 0, side - 1)] = ink
    return page


def _seen(points: NDArray[np.float32], yaw: float) -> tuple[NDArray[np.float32], ...]:
    """(to the right, up, away from the eye) of an eye in front (positive z), turned and raised."""
    c, s, cd, sd = np.cos(yaw), np.sin(yaw), np.cos(_DOWN), np.sin(_DOWN)
    right = points @ np.array([c, 0, -s], np.float32)
    toward = points @ np.array([s, 0, c], np.float32)
    height = points[:, 1]
    return right, height * cd - toward * sd, -(toward * cd + height * sd)


def _ink(cloud: Cloud, away: NDArray[np.float32]) -> NDArray[np.uint8]:
    """u8 [n, 3]: the points' colours, blended toward the paper by up to 45 % with their distance."""
    colours = np.full((len(away), 3), _PLAIN) if cloud.colours is None else thinned(cloud.colours, _MOST)
    far = (away - away.min()) / max(float(np.ptp(away)), 1e-9) * 0.45
    blended: NDArray[np.uint8] = (colours * (1 - far[:, None]) + _PAPER * far[:, None]).astype(np.uint8)
    return blended
