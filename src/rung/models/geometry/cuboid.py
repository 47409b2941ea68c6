"""Fits an upright box to what a picture shows of a thing: its outline, depths where there is a map, what is usual.

A box that stands on the floor has seven unknowns (three sides, a turn, where it stands, how high), and its outline
alone shows up to six corners. So the outline says how large it is in heights of the eye above the floor, and the eye's
height, or a depth map, turns that into metres. All is weighed by its standard deviation, as a sum of squares.

The room's axes: y up from the floor, the eye above the origin looking along -z. The box's own: width along x, depth
along z.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from rung.models.geometry.camera import rays
from rung.models.geometry.least_squares import Matrix, Minimum, Vector, minimum
from rung.models.geometry.outline import DIRECTIONS, TOWARD, Outline
from rung.models.geometry.room import axes

YAW, WIDTH, DEPTH, HEIGHT, RIGHT, AWAY, PITCH, ZOOM, BASE, EYE, SCALE = range(11)
"""What is looked for. Sides, eye and scale as logarithms (of metres), right and away in heights of the eye, away and
zoom as logarithms, angles in radians, base in metres."""

SHORT: Final = 0.008
"""Standard deviation, as a share of the outline's size, of a box that ends inside of the outline: it never should."""
LONG: Final = 0.015
"""Of one that stands out of it. More than this is often right (the front of a chair is open above its seat, something
stands before it), so such distances count by Cauchy's rule: ever less."""
FINEST: Final = 1.5
"""Pixels; no outline is surer."""
INDEPENDENT: Final = 12.0
"""What the 32 directions are worth: neighbours see the same corner."""
INDEPENDENT_DEPTHS: Final = 6.0
"""What all samples of a depth map on one thing are worth together: a net's errors are smooth."""
WITHIN: Final = 0.5
"""Spread of the logarithm of how far behind the front of its box a thing's surface may lie."""

_CORNERS: Final = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (0.0, 1.0) for z in (-0.5, 0.5)])
_RIM: Final = np.linspace(0, 2 * np.pi, 12, endpoint=False)
_RINGS: Final = np.array([[np.cos(a) / 2, y, np.sin(a) / 2] for a in _RIM for y in (0.0, 1.0)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Eye:
    """The camera: its picture's size in pixels, focal length in pixels with its relative standard deviation, pitch and
    roll in radians with the pitch's, and how high it is held: metres, and the standard deviation of the logarithm."""

    width: int
    height: int
    focal: float
    focal_sd: float
    pitch: float
    pitch_sd: float
    roll: float
    up: float
    up_sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Depths:
    """Samples of a depth map on the thing. columns, rows: f64 [n], pixels; depth: f64 [n], along the optical axis;
    grain: relative standard deviation of a sample; scale_sd: of the logarithm of the factor that all share.
    up: the eye's height above the floor as the same map has it; None where it shows no floor."""

    columns: Vector
    rows: Vector
    depth: Vector
    grain: float
    scale_sd: float
    up: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What is usual of such a thing. sides: f64 [3], logarithms of width, depth and height in metres, with their
    standard deviations; base: metres from the floor to its foot, with its own. round: seen from above it is a disc, so
    that the corners of its box are empty."""

    sides: Vector
    sides_sd: Vector
    round: bool = False
    base: float = 0.0
    base_sd: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """One way in which it may be turned. penalty: added to the cost where it is less likely than others."""

    yaw: float
    yaw_sd: float
    penalty: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """at: what was found (see YAW...); cov: f64 [11, 11]; cost: minus twice the logarithm of the likelihood, up to a
    constant."""

    at: Vector
    cov: Matrix
    cost: float

    @property
    def sides(self) -> Vector:
        """Width, depth, height in metres."""
        sides: Vector = np.exp(self.at[WIDTH : HEIGHT + 1])
        return sides


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All the evidence of one thing."""

    eye: Eye
    outline: Outline
    usual: Usual
    depths: Depths | None = None
    upright: Matrix = field(init=False)
    """f64 [3, 3]: from the room's axes to the eye's."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "upright", axes(self.eye.pitch, self.eye.roll, 0.0))


def fit(seen: Seen, stances: tuple[Stance, ...]) -> Fit:
    """The likeliest box of all stances."""
    best: tuple[float, Minimum] | None = None
    for stance in sorted(stances, key=lambda one: one.penalty):
        if best is not None and best[0] < stance.penalty:
            break  # no cost is below 0
        # First with every distance at its full weight: where it begins too large, Cauchy's rule would let it be so.
        rough = _Problem(seen, stance, forgiving=False)
        found = minimum(_Problem(seen, stance, forgiving=True), minimum(rough, rough.start()).at)
        if best is None or found.cost + stance.penalty < best[0]:
            best = found.cost + stance.penalty, found
    if best is None:
        raise ValueError("a box is fitted in one stance at least")
    return Fit(at=best[1].at, cov=best[1].cov, cost=best[0])


def corners(at: Vector, *, round: bool = False) -> Matrix:
    """f64 [8, 3] in the room's axes, in heights of the eye; of what is round points of both rims, f64 [24, 3]."""
    own = (_RINGS if round else _CORNERS) * np.exp(at[[WIDTH, HEIGHT, DEPTH]] - at[EYE]) + (
        0,
        at[BASE] * np.exp(-at[EYE]),
        0,
    )
    there: Matrix = own @ _turned(at[YAW]) + (at[RIGHT], 0, -np.exp(at[AWAY]))
    return there


def crossed(at: Vector, seen: Seen, columns: Vector, rows: Vector) -> tuple[Vector, Vector]:
    """(depth where the rays through these pixels enter the box, where they leave it), f64 [n] in heights of the eye
    along the optical axis; inf and -inf where a ray passes by."""
    eye = seen.eye
    toward = rays(columns, rows, eye.focal * np.exp(at[ZOOM]), eye.width, eye.height).astype(np.float64)
    turned = toward @ _tipped(at[PITCH]).T @ seen.upright @ _turned(at[YAW]).T
    start = (np.array([0, 1, 0]) - (at[RIGHT], 0, -np.exp(at[AWAY]))) @ _turned(at[YAW]).T
    sides = np.exp(at[[WIDTH, HEIGHT, DEPTH]] - at[EYE])
    low = np.array([-0.5, 0, -0.5]) * sides + (0, at[BASE] * np.exp(-at[EYE]), 0)
    steep = np.where(np.abs(turned) < 1e-9, 1e-9, turned)
    one, other = (low - start) / steep, (low + sides - start) / steep
    into, out = np.minimum(one, other).max(axis=1), np.maximum(one, other).min(axis=1)
    hit = (out > into) & (out > 0)
    return np.where(hit, np.maximum(into, 1e-3), np.inf), np.where(hit, out, -np.inf)


def placed(at: Vector, seen: Seen, columns: Vector, rows: Vector, depth: Vector) -> Matrix:
    """f64 [n, 3]: these pixels, so deep (heights of the eye, along the optical axis), in the box's own axes from the
    middle of its foot, in metres."""
    eye = seen.eye
    toward = rays(columns, rows, eye.focal * np.exp(at[ZOOM]), eye.width, eye.height).astype(np.float64)
    there = (toward * depth[:, None]) @ _tipped(at[PITCH]).T @ seen.upright + (0, 1, 0)
    own = (there - (at[RIGHT], 0, -np.exp(at[AWAY]))) @ _turned(at[YAW]).T
    where: Matrix = own * np.exp(at[EYE]) - (0, at[BASE], 0)
    return where


def _turned(yaw: float) -> Matrix:
    """`own @ _turned` are points of the box's axes in the room's, `room @ _turned.T` the other way."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def _tipped(pitch: float) -> Matrix:
    """The eye's axes as the correction of the pitch turns them: `_tipped @ eye`'s inverse is its transpose."""
    c, s = np.cos(pitch), np.sin(pitch)
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]])


class _Problem:
    """The residuals of one stance, each in standard deviations."""

    def __init__(self, seen: Seen, stance: Stance, *, forgiving: bool) -> None:
        self._seen, self._stance = seen, stance
        self._outward = _cauchy if forgiving else _huber
        self._short = max(FINEST, SHORT * seen.outline.size)
        self._long = max(FINEST, LONG * seen.outline.size)

    def __call__(self, at: Vector) -> Vector:
        parts = [self._of_outline(at), self._of_usual(at)]
        if self._seen.depths is not None:
            parts.append(self._of_depths(at, self._seen.depths))
        return np.concatenate(parts)

    def start(self) -> Vector:
        """The usual thing, where the ray under the middle of the outline's foot meets the floor."""
        seen, eye = self._seen, self._seen.eye
        reach = seen.outline.reach
        middle = (reach[0] - reach[DIRECTIONS // 2]) / 2
        foot = rays(np.array(middle), np.array(reach[DIRECTIONS // 4]), eye.focal, eye.width, eye.height)
        toward = seen.upright.T @ foot.astype(np.float64)
        down = 1 - seen.usual.base / eye.up
        far = float(np.clip(-down / toward[1], 0.5, 6.0)) if toward[1] < -0.03 else 4.0
        away = -toward[2] * far + np.exp(seen.usual.sides[1]) / 2 / eye.up
        at = np.zeros(SCALE + 1)
        at[YAW], at[WIDTH : HEIGHT + 1], at[RIGHT] = self._stance.yaw, seen.usual.sides, toward[0] * far
        at[AWAY], at[BASE], at[EYE] = np.log(np.clip(away, 0.3, 8.0)), seen.usual.base, np.log(eye.up)
        return at

    def _of_outline(self, at: Vector) -> Vector:
        eye = self._seen.eye
        there = (corners(at, round=self._seen.usual.round) - (0, 1, 0)) @ self._seen.upright.T @ _tipped(at[PITCH])
        away = np.maximum(-there[:, 2], 0.05)
        px = eye.focal * np.exp(at[ZOOM]) / away
        points = np.stack([eye.width / 2 + px * there[:, 0], eye.height / 2 - px * there[:, 1]], axis=1)
        out = (points @ TOWARD).max(axis=0) - self._seen.outline.reach
        inward, outward = _huber(np.minimum(out, 0) / self._short), self._outward(np.maximum(out, 0) / self._long)
        apart = inward + np.where(self._seen.outline.cut, 0, outward)
        weighed: Vector = apart * np.sqrt(INDEPENDENT / DIRECTIONS)
        return weighed

    def _of_usual(self, at: Vector) -> Vector:
        eye, usual, stance = self._seen.eye, self._seen.usual, self._stance
        sides = (at[WIDTH : HEIGHT + 1] - usual.sides) / usual.sides_sd
        turn = (at[YAW] - stance.yaw + np.pi) % (2 * np.pi) - np.pi
        others = [
            turn / stance.yaw_sd,
            at[PITCH] / eye.pitch_sd,
            at[ZOOM] / eye.focal_sd,
            (at[BASE] - usual.base) / usual.base_sd,
            (at[EYE] - np.log(eye.up)) / eye.up_sd,
            at[SCALE] / (self._seen.depths.scale_sd if self._seen.depths else 1.0),
        ]
        return np.concatenate([sides, others])

    def _of_depths(self, at: Vector, depths: Depths) -> Vector:
        """A surface may lie behind the front of its box, softly, and not before it nor behind its back."""
        into, out = crossed(at, self._seen, depths.columns, depths.rows)
        behind = np.log(depths.depth) + at[SCALE] - at[EYE] - np.where(np.isfinite(into), np.log(into), 0)
        thick = np.where(np.isfinite(into), np.log(np.maximum(out, 1e-3) / np.where(np.isfinite(into), into, 1)), 0)
        off = np.minimum(behind, 0) / depths.grain + np.maximum(behind - thick, 0) / depths.grain
        soft = np.clip(behind, 0, None) / WITHIN
        each = np.where(np.isfinite(into), _huber(off) + soft, 0) * np.sqrt(INDEPENDENT_DEPTHS / len(depths.depth))
        floor = 0.0 if depths.up is None else (np.log(depths.up) + at[SCALE] - at[EYE]) / depths.grain
        return np.append(each, floor)


def _huber(r: Vector) -> Vector:
    """Squares up to 2, straight beyond."""
    far = np.abs(r)
    return np.sign(r) * np.where(far < 2, far, np.sqrt(np.maximum(4 * far - 4, 0)))


def _cauchy(r: Vector) -> Vector:
    return np.sign(r) * np.sqrt(np.log1p(r**2))
