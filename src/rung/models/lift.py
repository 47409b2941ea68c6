"""From one picture and a mask to an upright box with its uncertainty, and the points that are seen of it.

What it weighs: the outline of the mask, the frame of the room (its lines), how high people hold a camera, the focal
length, a depth map where a net gives one, and what is usual of such things. `geometry.cuboid` does the weighing; here
it is gathered, and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.geometry.camera import DepthMap, Focal, points
from rung.models.geometry.cloud import Cloud, Floats
from rung.models.geometry.cuboid import (
    EYE,
    SCALE,
    WIDTH,
    Depths,
    Eye,
    Fit,
    Seen,
    Stance,
    Usual,
    crossed,
    fit,
    placed,
)
from rung.models.geometry.least_squares import Vector
from rung.models.geometry.outline import outline
from rung.models.geometry.room import Frame, axes
from rung.runtime.tasks import Extents, Pixels, ReconstructInput, Side, Spread

UP: Final = 1.45
"""Metres from the floor at which people hold a camera before furniture: standing, a little below their eyes."""
UP_SD: Final = 0.1
"""Of its logarithm: nine of ten between 1.23 and 1.71."""
PITCH: Final = float(np.deg2rad(12.0))
PITCH_SD: Final = float(np.deg2rad(8.0))
"""How far they look down, where the room shows no frame."""
FRAME_SD: Final = float(np.deg2rad(0.7))
"""Of the pitch by the frame; of twelve rendered rooms the worst was off by 1.1 degrees."""

ANY_SIDES: Final = np.log([0.9, 0.55, 0.9])
ANY_SD: Final = 0.55
"""Width, depth and height of furniture of which nothing is known, metres."""
SUREST_PRIOR: Final = 0.08
"""Of a logarithm: no table knows a single piece better."""

SHAPE_SD: Final = 0.08
"""Of the logarithm of each side, beside what the fit knows of itself: furniture is no box. With it nine of ten sides
that were seen lie within their 90 % interval (158 sides of 16 rendered rooms)."""
MEASURED: Final = 0.5
"""Share of the prior's variance that must be gone before a side counts as seen."""

ALIGNED_SD: Final = float(np.deg2rad(2.5))
FREE: Final = tuple(np.deg2rad(np.arange(0.0, 180.0, 15.0)).tolist())
FREE_SD: Final = float(np.deg2rad(9.0))
FREE_PENALTY: Final = 3.0
"""What stands along no wall is less common: a likelihood of e^-1.5 against one along a wall."""

ON_TOP: Final = {"tv": 0.6, "television": 0.6, "monitor": 0.6, "microwave": 0.8, "laptop": 0.73, "vase": 0.7}
"""Metres from the floor to the foot of what usually stands on something; its spread is ON_TOP_SD."""
ON_TOP_SD: Final = 0.25

ROUND: Final = frozenset({"potted plant", "plant", "vase", "fan", "stool"})

SAMPLES: Final = 60
"""Of a depth map, on one thing."""
MOST_POINTS: Final = 20_000
AXES: Final[tuple[Side, Side, Side]] = ("width", "depth", "height")


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """How good a depth net is: grain: relative standard deviation of its depth from place to place on one thing.
    scale: what its metres are multiplied by; scale_sd: of the logarithm of what is left of its error."""

    grain: float
    scale: float
    scale_sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one picture shows of its room, for all its things. frame: None where its lines show none. map and net:
    None where there is no depth net, or it failed."""

    width: int
    height: int
    focal: Focal
    frame: Frame | None
    map: DepthMap | None = None
    net: Net | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """The box of a thing, what is seen of its surface (y up from its foot, x along its width), and what to say."""

    extents: Extents
    completed: tuple[Side, ...]
    cloud: Cloud
    focal: Focal
    notes: tuple[str, ...]


def lifted(asked: ReconstructInput, scene: Scene, pixels: Pixels) -> Lifted:
    """pixels: u8 [h, w, 3], the picture at any size, for the colours of the points."""
    usual = usual_of(asked)
    seen = Seen(
        eye=_eye(scene),
        outline=outline(asked.mask, asked.mask_box, scene.width, scene.height),
        usual=usual,
        depths=_depths(asked, scene),
    )
    found = fit(seen, stances(scene.frame))
    extents, completed = told(found, usual)
    return Lifted(
        extents=extents,
        completed=completed,
        cloud=_surface(asked, scene, seen, found, pixels),
        focal=scene.focal,
        notes=_notes(asked, scene, seen, completed),
    )


def usual_of(asked: ReconstructInput) -> Usual:
    """Of its class where the caller knows it, else of any furniture."""
    base = ON_TOP.get(asked.label.lower())
    sides, spread = ANY_SIDES, np.full(3, ANY_SD)
    if asked.prior_mm is not None:
        means, sds = np.array(asked.prior_mm).T
        sides, spread = np.log(means / 1000), np.maximum(sds / means, SUREST_PRIOR)
    round_ = asked.label.lower() in ROUND
    if base is None:
        return Usual(sides=sides, sides_sd=spread, round=round_)
    return Usual(sides=sides, sides_sd=spread, round=round_, base=base, base_sd=ON_TOP_SD)


def stances(frame: Frame | None) -> tuple[Stance, ...]:
    """Along the walls, one way or the other, or turned freely."""
    free = 0.0 if frame is None else FREE_PENALTY
    ways = [Stance(yaw=yaw, yaw_sd=FREE_SD, penalty=free) for yaw in FREE]
    if frame is not None:
        ways += [Stance(yaw=frame.yaw + turn, yaw_sd=ALIGNED_SD) for turn in (0.0, np.pi / 2)]
    return tuple(ways)


def told(found: Fit, usual: Usual) -> tuple[Extents, tuple[Side, ...]]:
    """The sides, and which of them come from what is usual. A side that was seen is given as the picture alone has it:
    the prior is taken out of the fit again, since the caller weighs it himself."""
    spreads, completed = [], []
    for number, axis in enumerate(AXES):
        at, variance = float(found.at[WIDTH + number]), float(found.cov[WIDTH + number, WIDTH + number])
        prior, spread = float(usual.sides[number]), float(usual.sides_sd[number] ** 2)
        if variance > MEASURED * spread:
            completed.append(axis)
        else:
            alone = 1 / (1 / variance - 1 / spread)
            at, variance = alone * (at / variance - prior / spread), alone
        value = float(np.exp(at))
        spreads.append(Spread(value=value, sd=value * float(np.hypot(np.sqrt(variance), SHAPE_SD))))
    return Extents(width=spreads[0], depth=spreads[1], height=spreads[2]), tuple(completed)


def _eye(scene: Scene) -> Eye:
    frame = scene.frame
    return Eye(
        width=scene.width,
        height=scene.height,
        focal=scene.focal.px,
        focal_sd=scene.focal.doubt,
        pitch=PITCH if frame is None else frame.pitch,
        pitch_sd=PITCH_SD if frame is None else FRAME_SD,
        roll=0.0 if frame is None else frame.roll,
        up=UP,
        up_sd=UP_SD,
    )


def _depths(asked: ReconstructInput, scene: Scene) -> Depths | None:
    """Samples inside the mask, away from its rim, where a map runs from the thing into what is behind it."""
    if scene.map is None or scene.net is None:
        return None
    columns, rows = _inside(asked, SAMPLES)
    depth, valid = _read(scene.map, columns, rows, scene)
    if valid.sum() < max(len(valid) // 5, 1):
        return None
    up = floor_below(scene) if scene.frame is not None else None
    return Depths(
        columns=columns[valid],
        rows=rows[valid],
        depth=depth[valid] * scene.net.scale,
        grain=scene.net.grain,
        scale_sd=scene.net.scale_sd,
        up=None if up is None else up * scene.net.scale,
    )


def _inside(asked: ReconstructInput, most: int) -> tuple[Vector, Vector]:
    """(columns, rows) of at most so many pixels of the mask, in the picture, evenly taken from its inner half."""
    padded = np.pad(np.where(asked.mask > 0, np.uint8(255), np.uint8(0)), 1)
    away = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    lit = away > 0
    rows, columns = np.nonzero(lit & (away >= np.median(away[lit])))
    step = max(-(-len(rows) // most), 1)
    x0, y0 = asked.mask_box[:2]
    return _middles(columns[::step] + x0), _middles(rows[::step] + y0)


def _middles(pixels: NDArray[np.intp]) -> Vector:
    """The coordinates of the middles of pixels."""
    middles: Vector = pixels.astype(np.float64) + 0.5
    return middles


def _read(map: DepthMap, columns: Vector, rows: Vector, scene: Scene) -> tuple[Vector, NDArray[np.bool_]]:
    """(depth, whether it means something) at these pixels of the picture."""
    h, w = map.depth.shape
    x, y = columns * w / scene.width - 0.5, rows * h / scene.height - 0.5
    nearest = np.clip(np.rint(y).astype(int), 0, h - 1), np.clip(np.rint(x).astype(int), 0, w - 1)
    # Between the cells, or a small map would lie about in strips; where a neighbour means nothing its own cell's.
    whole = _between(map.valid.astype(np.float32), x, y) > 0.999
    depth = np.where(whole, _between(map.depth, x, y), map.depth[nearest])
    return depth.astype(np.float64), map.valid[nearest]


def _between(plane: Floats, x: Vector, y: Vector) -> Vector:
    """Linear between the cells' middles; beyond the outermost these."""
    h, w = plane.shape
    x, y = np.clip(x, 0, w - 1), np.clip(y, 0, h - 1)
    left, top = np.minimum(x.astype(int), max(w - 2, 0)), np.minimum(y.astype(int), max(h - 2, 0))
    right, below, along, down = np.minimum(left + 1, w - 1), np.minimum(top + 1, h - 1), x - left, y - top
    upper = plane[top, left] * (1 - along) + plane[top, right] * along
    lower = plane[below, left] * (1 - along) + plane[below, right] * along
    found: Vector = upper * (1 - down) + lower * down
    return found


def floor_below(scene: Scene) -> float | None:
    """How far the floor of the depth map lies below the eye, in the map's metres: the level at which most of what it
    shows below half a metre lies; None where no level has a tenth of the picture."""
    if scene.map is None or scene.frame is None or not scene.map.valid.any():
        return None
    upright = axes(scene.frame.pitch, scene.frame.roll, 0.0)
    seen = points(replace(scene.map, focal=scene.focal), scene.width, scene.height)
    heights = seen[scene.map.valid] @ upright[:, 1]
    below = np.log(-heights[heights < -0.5])
    if len(below) < 0.1 * scene.map.depth.size:
        return None
    counts, edges = np.histogram(below, bins=np.arange(np.log(0.5), np.log(4.0), 0.02))
    wide = np.convolve(counts, np.ones(5), mode="same")
    top = int(wide.argmax())
    if wide[top] < 0.1 * scene.map.depth.size:
        return None
    near = below[np.abs(below - (edges[top] + 0.01)) < 0.06]
    return float(np.exp(np.median(near)))


def _surface(asked: ReconstructInput, scene: Scene, seen: Seen, found: Fit, pixels: Pixels) -> Cloud:
    """What is seen of it, within its box: as the map has it, or on the box's front."""
    rows, columns = np.nonzero(asked.mask)
    step = max(-(-len(rows) // MOST_POINTS), 1)
    across, down = _middles(columns[::step] + asked.mask_box[0]), _middles(rows[::step] + asked.mask_box[1])
    into, out = crossed(found.at, seen, across, down)
    hit = np.isfinite(into)
    across, down, depth, out = across[hit], down[hit], into[hit], out[hit]
    eye_up = float(np.exp(found.at[EYE]))
    if scene.map is not None and seen.depths is not None and scene.net is not None:
        measured, valid = _read(scene.map, across, down, scene)
        measured *= scene.net.scale * float(np.exp(found.at[SCALE])) / eye_up
        depth = np.where(valid, np.clip(measured, depth, out), depth)
    where = placed(found.at, seen, across, down, depth)
    h, w = pixels.shape[:2]
    seen_at = (
        (down * h / scene.height).astype(int).clip(0, h - 1),
        (across * w / scene.width).astype(int).clip(0, w - 1),
    )
    return Cloud(points=where.astype(np.float32), colours=np.ascontiguousarray(pixels[seen_at]))


def _notes(asked: ReconstructInput, scene: Scene, seen: Seen, completed: Sequence[Side]) -> tuple[str, ...]:
    by_map = "" if seen.depths is None else " and the depth map"
    notes = [f"metres by the height of {UP:g} m at which cameras are usually held{by_map}"]
    if scene.frame is None:
        notes.append("the picture shows no lines of a room: which way is up was assumed, and counts for little")
    if scene.net is not None and seen.depths is None:
        why = "the depth net failed on this picture" if scene.map is None else "the depth map says nothing here"
        notes.append(f"{why}: the outline alone was measured")
    if bool(seen.outline.cut.any()):
        notes.append("it goes on beyond the edge of the picture")
    if seen.usual.base > 0:
        notes.append(f"a {asked.label} usually stands on something: how high was assumed")
    if completed:
        source = "its class" if asked.prior_mm is not None else "any furniture"
        notes.append(f"{' and '.join(completed)}: not seen well enough, completed by what is usual of {source}")
    return tuple(notes)
