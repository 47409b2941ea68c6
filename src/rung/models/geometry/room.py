"""The frame of a room as one picture of it shows: which way is up, how the walls run, and how wide the lens is.

Rooms and furniture are full of lines along three directions at right angles, and each such line points at its
direction's vanishing point. The frame whose vanishing points explain the most length of line is taken (the Manhattan
world of Coughlan and Yuille, 1999). It needs no model, and where it holds it knows the camera's tilt to half a degree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.geometry.camera import Focal
from rung.models.geometry.cloud import Floats

Array = NDArray[np.float64]

FEWEST: Final = 15
"""Lines below which there is no frame to be seen."""
CERTAIN: Final = 0.4
"""Share of the length of line within a degree of the frame. The best frame of lines at random explains about a quarter
of them (tests/models/geometry/test_room.py); of twelve rendered rooms 0.54 to 0.75."""

_PITCHES: Final = np.deg2rad(np.arange(-12.0, 49.0, 3.0))
_YAWS: Final = np.deg2rad(np.arange(0.0, 90.0, 3.0))
_ROUGH: Final = np.deg2rad(3.0)
_STEPS: Final = ((2.0, 1.0), (1.5, 0.5), (1.0, 0.25), (1.0, 0.1))
"""(tolerance, step) of the refinement, degrees; a step of a degree goes with 2 % of focal length."""
_SPREAD: Final = 0.2
"""Of the logarithm of a focal length that is only assumed."""
_LEVEL: Final = np.deg2rad(3.0)
"""By how much people tilt a camera sideways."""
_PULL: Final = 0.02
"""Score that one such spread costs: the lines decide unless they are undecided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """pitch: how far the camera looks down; roll: how far it is turned to its left; yaw: 0..pi/2, the turn of the walls
    about the vertical from the camera's own direction. Radians. certainty: share of the length of line explained."""

    pitch: float
    roll: float
    yaw: float
    focal: Focal
    certainty: float


def axes(pitch: float, roll: float, yaw: float) -> Array:
    """f64 [3, 3]: its columns are the room's x, up and z, in the eye's axes."""
    cp, sp, cr, sr, cy, sy = (f(angle) for angle in (pitch, roll, yaw) for f in (np.cos, np.sin))
    tilt = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    lean = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    around = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    turned: Array = lean @ tilt @ around
    return turned


def seen_frame(lines: Floats, focal: Focal, width: int, height: int) -> Frame | None:
    """The frame of a room, or None where the lines show none. lines: f32 [N, 4], x0 y0 x1 y1 in pixels of the picture.
    Where the focal length is only assumed, it is looked for too."""
    if len(lines) < FEWEST:
        return None
    view = _View(lines, width, height)
    best = _refined(view, focal, _coarse(view, focal))
    certainty = view.explained(best, np.deg2rad(1.0))
    if certainty < CERTAIN:
        return None
    pitch, roll, yaw, px = best
    found = replace(focal, px=px, source="estimated") if focal.source == "assumed" else focal
    return Frame(pitch=pitch, roll=roll, yaw=float(yaw % (np.pi / 2)), focal=found, certainty=certainty)


Guess = tuple[float, float, float, float]
"""Pitch, roll, yaw, focal length in pixels."""


class _View:
    """Lines by their middles and directions, x to the right and y up from the picture's middle."""

    def __init__(self, lines: Floats, width: int, height: int) -> None:
        ends = lines.astype(np.float64).reshape(-1, 2, 2)
        run = (ends[:, 1] - ends[:, 0]) * (1, -1)
        self._length = np.hypot(*run.T)
        self._run = run / np.maximum(self._length, 1e-9)[:, None]
        self._middle = (ends.mean(axis=1) - (width / 2, height / 2)) * (1, -1)

    def explained(self, guess: Guess, tolerance: float) -> float:
        """Share of the length that points at one of the three vanishing points, within about `tolerance` radians."""
        pitch, roll, yaw, focal = guess
        toward = axes(pitch, roll, yaw)
        across = focal * toward[0] + self._middle[:, :1] * toward[2]
        up = focal * toward[1] + self._middle[:, 1:] * toward[2]
        off = np.abs(across * self._run[:, 1:] - up * self._run[:, :1]) / np.maximum(np.hypot(across, up), 1e-9)
        near = np.exp(-0.5 * (np.arcsin(np.clip(off, 0, 1)) / tolerance) ** 2).max(axis=1)
        return float((self._length * near).sum() / self._length.sum())


def _coarse(view: _View, focal: Focal) -> Guess:
    spreads = np.linspace(-2, 2, 9) if focal.source == "assumed" else [0.0]
    guesses = [
        (pitch, 0.0, yaw, focal.px * float(np.exp(s * _SPREAD))) for s in spreads for pitch in _PITCHES for yaw in _YAWS
    ]
    return max(guesses, key=lambda guess: view.explained(guess, _ROUGH) - _unlikely(guess, focal))


def _unlikely(guess: Guess, focal: Focal) -> float:
    return float(_PULL * ((np.log(guess[3] / focal.px) / _SPREAD) ** 2 + (guess[1] / _LEVEL) ** 2))


def _refined(view: _View, focal: Focal, guess: Guess) -> Guess:
    """Uphill by single coordinates, in smaller and smaller steps."""
    for tolerance, step in _STEPS:
        for _ in range(4):
            better = _climbed(view, focal, guess, (np.deg2rad(tolerance), float(np.deg2rad(step)), 0.02 * step))
            if better == guess:
                break
            guess = better
    return guess


def _climbed(view: _View, focal: Focal, guess: Guess, steps: tuple[float, float, float]) -> Guess:
    tolerance, turn, zoom = steps
    for number in range(4 if focal.source == "assumed" else 3):
        guess = max(
            (_moved(guess, number, sign, turn, zoom) for sign in (0, -1, 1)),
            key=lambda one: view.explained(one, tolerance) - _unlikely(one, focal),
        )
    return guess


def _moved(guess: Sequence[float], number: int, sign: int, turn: float, zoom: float) -> Guess:
    values = list(guess)
    values[number] = values[number] * float(np.exp(sign * zoom)) if number == 3 else values[number] + sign * turn
    return values[0], values[1], values[2], values[3]
