"""Renders a room as a photograph, and as what is known of it: which piece each pixel shows, and how far away.

Mitsuba 3 (BSD-3) traces the paths. Its LLVM variants abort on some versions of LLVM, so the scalar one is used:
slower, and the same everywhere.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import mitsuba as mi
import numpy as np
from numpy.typing import NDArray

from _room import Room, shell
from _solids import Mesh, Solid, mesh

WIDTH, HEIGHT = 512, 384
DEEPEST = 6
"""Bounces of light; more brightens corners by what nobody sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """pixels [H, W, 3]; pieces [H, W]: index of the room's piece, -1 none; depth [H, W]: metres along the view axis.

    whole: pixels of each piece if nothing stood before it, those outside the picture left out.
    """

    pixels: NDArray[np.uint8]
    pieces: NDArray[np.int16]
    depth: NDArray[np.float32]
    whole: tuple[int, ...]
    focal_px: float


def photograph(room: Room, *, samples: int = 40) -> Photograph:
    """The room as its camera sees it."""
    mi.set_variant("scalar_rgb")
    rng = np.random.default_rng(room.seed + 10_000)
    with tempfile.TemporaryDirectory() as folder:
        looks = _looks(rng)
        parts = [(f"piece{i}", solid) for i, piece in enumerate(room.pieces) for solid in piece.solids]
        parts += [("shell", solid) for solid in shell(room, rng)]
        meshes = _shapes(parts, looks, Path(folder))
        scene = _scene({**_frame(room, samples), **meshes, **_walls(room, looks, rng)})
        light = np.array(mi.render(scene, seed=room.seed, spp=samples))[..., :3]
        pieces, depth = _known(room, scene)
        whole = tuple(_alone(room, i, meshes) for i in range(len(room.pieces)))
    return Photograph(
        pixels=_developed(light, rng), pieces=pieces, depth=depth, whole=whole, focal_px=focal_of(room.camera.fov)
    )


def focal_of(fov: float) -> float:
    """In pixels of our pictures, from the degrees across their width."""
    return float(WIDTH / 2 / np.tan(np.radians(fov) / 2))


# --- the scene -----------------------------------------------------------------------------------


def _scene(parts: dict[str, Any]) -> Any:
    """Unoptimized: else shapes of one material are merged into one, and nobody knows whose a point is."""
    return mi.load_dict({"type": "scene", **parts}, optimize=False)


def _frame(room: Room, samples: int) -> dict[str, Any]:
    camera = room.camera
    return {
        "integrator": {"type": "path", "max_depth": DEEPEST},
        "sensor": {
            "type": "perspective",
            "fov": camera.fov,
            "fov_axis": "x",
            "near_clip": 0.05,
            "to_world": mi.ScalarTransform4f().look_at(origin=camera.eye, target=camera.target, up=camera.axes[1]),
            "film": {
                "type": "hdrfilm",
                "width": WIDTH,
                "height": HEIGHT,
                "pixel_format": "rgb",
                "rfilter": {"type": "gaussian"},
            },
            "sampler": {"type": "independent", "sample_count": samples},
        },
    }


def _shapes(parts: list[tuple[str, Solid]], looks: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """One mesh per owner and material."""
    groups: dict[tuple[str, str], list[Mesh]] = {}
    for owner, solid in parts:
        groups.setdefault((owner, solid.material), []).append(mesh(solid))
    found: dict[str, Any] = {}
    for number, ((owner, material), meshes) in enumerate(groups.items()):
        path = folder / f"{number}.ply"
        path.write_bytes(_ply(meshes))
        found[f"{owner}_{material}"] = {"type": "ply", "filename": str(path), "bsdf": looks[material]}
    return found


def _ply(meshes: list[Mesh]) -> bytes:
    kind = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz", "u", "v")]
    columns = np.concatenate([np.concatenate([m.vertices, m.normals, m.uv], axis=1) for m in meshes]).astype("<f4")
    begins = np.cumsum([0, *(len(m.vertices) for m in meshes)])
    corners = np.concatenate([m.faces + begin for m, begin in zip(meshes, begins, strict=False)])
    faces = np.empty(len(corners), [("n", "u1"), ("of", "<i4", 3)])
    faces["n"], faces["of"] = 3, corners
    head = ["ply", "format binary_little_endian 1.0", f"element vertex {len(columns)}"]
    head += [f"property float {name}" for name, _ in kind]
    head += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header\n"]
    return "\n".join(head).encode() + columns.tobytes() + faces.tobytes()


def _walls(room: Room, looks: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Floor, ceiling, walls; a window that shines in; another one behind the camera; the lamp."""
    w, d, h = room.width, room.depth, room.height
    found = {
        "floor": _rectangle((w / 2, 0, d / 2), (w / 2, d / 2), (0, 1, 0), looks["floor"], tiles=(w, d)),
        "ceiling": _rectangle((w / 2, h, d / 2), (w / 2, d / 2), (0, -1, 0), looks["ceiling"]),
        "back": _rectangle((w / 2, h / 2, 0), (w / 2, h / 2), (0, 0, 1), looks["wall"]),
        "front": _rectangle((w / 2, h / 2, d), (w / 2, h / 2), (0, 0, -1), looks["wall"]),
        "left": _rectangle((0, h / 2, d / 2), (d / 2, h / 2), (1, 0, 0), looks["wall"]),
        "right": _rectangle((w, h / 2, d / 2), (d / 2, h / 2), (-1, 0, 0), looks["wall2"]),
    }
    sky = rng.uniform(3.5, 6.0) * np.array([0.92, 0.98, 1.08])
    x, inward = (0.02, (1, 0, 0)) if room.window == "left" else (w - 0.02, (-1, 0, 0))
    found["window"] = _lit((x, 1.5, d * rng.uniform(0.35, 0.6)), (rng.uniform(0.5, 0.75), 0.65), inward, sky)
    found["behind"] = _lit((w / 2, 1.6, d - 0.02), (w * 0.38, 0.7), (0, 0, -1), sky * rng.uniform(0.25, 0.5))
    if room.lamp:
        warm = rng.uniform(8, 14) * np.array([1.0, 0.82, 0.6])
        found["lamp"] = _lit((w / 2, h - 0.02, d * 0.45), (0.22, 0.22), (0, -1, 0), warm)
    return found


def _rectangle(
    at: tuple[float, ...],
    half: tuple[float, float],
    towards: tuple[int, ...],
    look: Any,
    tiles: tuple[float, float] = (1, 1),
) -> dict[str, Any]:
    bsdf = look(*tiles) if callable(look) else look
    return {"type": "rectangle", "to_world": _facing(at, half, towards), "bsdf": bsdf}


def _lit(
    at: tuple[float, ...], half: tuple[float, float], towards: tuple[int, ...], radiance: NDArray[np.float64]
) -> dict[str, Any]:
    emitter = {"type": "area", "radiance": {"type": "rgb", "value": [float(v) for v in radiance]}}
    return {"type": "rectangle", "to_world": _facing(at, half, towards), "emitter": emitter}


def _facing(at: tuple[float, ...], half: tuple[float, float], towards: tuple[int, ...]) -> Any:
    up = [0, 0, 1] if towards[1] else [0, 1, 0]
    target = [at[i] + towards[i] for i in range(3)]
    look = mi.ScalarTransform4f().look_at(origin=list(at), target=target, up=up)
    return look @ mi.ScalarTransform4f().scale([half[0], half[1], 1])


# --- materials -----------------------------------------------------------------------------------

WOODS = (
    (0.62, 0.44, 0.27),
    (0.42, 0.27, 0.16),
    (0.78, 0.64, 0.46),
    (0.25, 0.16, 0.11),
    (0.85, 0.84, 0.81),
    (0.72, 0.7, 0.66),
)
FABRICS = (
    (0.36, 0.4, 0.45),
    (0.55, 0.5, 0.44),
    (0.2, 0.28, 0.38),
    (0.5, 0.3, 0.24),
    (0.3, 0.38, 0.3),
    (0.68, 0.66, 0.62),
)
WALLS = ((0.86, 0.84, 0.8), (0.8, 0.83, 0.85), (0.84, 0.8, 0.72), (0.74, 0.79, 0.74), (0.88, 0.87, 0.86))
BOOKS = ((0.6, 0.2, 0.16), (0.16, 0.27, 0.42), (0.75, 0.7, 0.6), (0.22, 0.36, 0.26), (0.5, 0.42, 0.2))


def _looks(rng: np.random.Generator) -> dict[str, Any]:
    """Every material of one room by name. Albedos are linear, 0..1."""
    wood, wood2, floor = (WOODS[i] for i in rng.choice(len(WOODS), 3, replace=False))
    if rng.random() < 0.5:
        wood2 = tuple(v * 0.9 for v in wood)
    fabric = FABRICS[int(rng.integers(len(FABRICS)))]
    wall = WALLS[int(rng.integers(len(WALLS)))]
    found = {
        "wood": _glossy(_grain(wood, rng)),
        "wood2": _glossy(_grain(wood2, rng)),
        "fabric": _matt(_weave(fabric, rng)),
        "accent": _matt(_weave(FABRICS[int(rng.integers(len(FABRICS)))], rng)),
        "linen": _matt(_weave((0.82, 0.81, 0.78), rng)),
        "rug": _matt(_weave(tuple(rng.uniform(0.2, 0.6, 3)), rng, 0.4)),
        "white": _plastic((0.78, 0.78, 0.77), 0.15),
        "black": _plastic((0.02, 0.02, 0.022), 0.1),
        "screen": _plastic((0.008, 0.008, 0.01), 0.03),
        "metal": {"type": "roughconductor", "material": "Al", "alpha": 0.2},
        "clay": _matt(_flat((0.5, 0.28, 0.18))),
        "trim": _plastic((0.8, 0.8, 0.78), 0.25),
        "painting": _matt(_painting(rng)),
        "wall": _matt(_flat(wall)),
        "wall2": _matt(_flat(wall)),
        "ceiling": _matt(_flat((0.88, 0.88, 0.87))),
        "floor": _floor(floor, rng),
    }
    found |= {f"book{i}": _matt(_flat(colour)) for i, colour in enumerate(BOOKS)}
    found |= {f"leaf{i}": _both(_flat((0.06 + 0.04 * i, 0.2 + 0.07 * i, 0.05))) for i in range(3)}
    return found


def _matt(texture: Any) -> dict[str, Any]:
    return {"type": "diffuse", "reflectance": texture}


def _both(texture: Any) -> dict[str, Any]:
    return {"type": "twosided", "bsdf": _matt(texture)}


def _plastic(colour: tuple[float, ...], roughness: float) -> dict[str, Any]:
    return {"type": "roughplastic", "diffuse_reflectance": _flat(colour), "alpha": roughness}


def _glossy(texture: Any) -> dict[str, Any]:
    return {"type": "roughplastic", "diffuse_reflectance": texture, "alpha": 0.22}


def _flat(colour: tuple[float, ...]) -> dict[str, Any]:
    return {"type": "rgb", "value": [float(v) for v in colour]}


def _bitmap(pixels: NDArray[np.float64], scale: tuple[float, float] = (1.0, 1.0)) -> dict[str, Any]:
    """pixels [H, W, 3] linear. scale: repeats per unit of uv."""
    return {
        "type": "bitmap",
        "bitmap": mi.Bitmap(np.clip(pixels, 0.005, 0.95).astype(np.float32)),
        "raw": True,
        "to_uv": mi.ScalarTransform3f().scale(list(scale)),
    }


def _streaks(rng: np.random.Generator, size: int, along: int, across: int) -> NDArray[np.float64]:
    """Smoothed noise of variance 1 that can be laid side by side without a seam."""
    noise, edge = rng.normal(0, 1, (size, size)), size // 2
    round_ = cv2.GaussianBlur(np.pad(noise, edge, mode="wrap"), (0, 0), sigmaX=across, sigmaY=along)
    found = round_[edge:-edge, edge:-edge]
    return found / found.std()


def _grain(colour: tuple[float, ...], rng: np.random.Generator) -> dict[str, Any]:
    """Wood: fine streaks along v, broad ones beside them."""
    grain = 0.06 * _streaks(rng, 256, 40, 1) + 0.05 * _streaks(rng, 256, 60, 6)
    return _bitmap(np.array(colour) * (1 + grain[..., None]), (1.2, 1.2))


def _weave(colour: tuple[float, ...], rng: np.random.Generator, strength: float = 0.12) -> dict[str, Any]:
    y, x = np.mgrid[0:256, 0:256]
    weave = 0.5 * np.sin(x * np.pi / 2) * np.sin(y * np.pi / 2) + 0.5 * rng.normal(0, 1, (256, 256))
    blotch = 0.35 * _streaks(rng, 256, 20, 20)
    return _bitmap(np.array(colour) * (1 + strength * (weave + blotch)[..., None]), (2.5, 2.5))


def _painting(rng: np.random.Generator) -> dict[str, Any]:
    """A few broad strokes of colour."""
    canvas = np.ones((128, 128, 3)) * rng.uniform(0.4, 0.8, 3)
    for _ in range(9):
        ends = [tuple(int(v) for v in rng.integers(0, 128, 2)) for _ in range(2)]
        cv2.line(canvas, ends[0], ends[1], tuple(float(v) for v in rng.uniform(0.05, 0.9, 3)), int(rng.integers(6, 30)))
    return _bitmap(cv2.GaussianBlur(canvas, (0, 0), 2.0), (1.3, 1.3))


def _floor(colour: tuple[float, ...], rng: np.random.Generator) -> Any:
    """Planks 14 cm wide, of the length of the floor in metres (the look is made where that is known)."""
    tints = rng.uniform(0.86, 1.1, (64, 8))
    grain = 0.05 * _streaks(rng, 1024, 60, 2)
    shifts = rng.integers(0, 200, 64)

    def look(width: float, depth: float) -> dict[str, Any]:
        y, x = np.mgrid[0:1024, 0:1024]
        plank = (x / 1024 * width / 0.14).astype(int) % 64
        row = ((y / 1024 * depth / 1.4) + shifts[plank] / 200).astype(int) % 8
        across = (x / 1024 * width / 0.14) % 1
        seam = np.where((across < 0.025) | (across > 0.975), 0.55, 1.0)
        shade = tints[plank, row] * (1 + grain) * seam
        return _glossy(_bitmap(np.array(colour) * shade[..., None]))

    return look


# --- what is known of it --------------------------------------------------------------------------


def _known(room: Room, scene: Any) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """What the middle of each pixel shows: the piece, and the depth along the view axis."""
    pieces, depth = np.full((HEIGHT, WIDTH), -1, np.int16), np.zeros((HEIGHT, WIDTH), np.float32)
    eye, ahead = np.array(room.camera.eye), room.camera.axes[2]
    sensor = scene.sensors()[0]
    for y in range(HEIGHT):
        for x in range(WIDTH):
            hit = _hit(scene, sensor, x, y)
            if hit is None:
                continue
            point, name = hit
            depth[y, x] = (point - eye) @ ahead
            if name.startswith("piece"):
                pieces[y, x] = int(name.removeprefix("piece").partition("_")[0])
    return pieces, depth


def _hit(scene: Any, sensor: Any, x: int, y: int) -> tuple[NDArray[np.float64], str] | None:
    ray, _ = sensor.sample_ray(0.0, 0.5, [(x + 0.5) / WIDTH, (y + 0.5) / HEIGHT], [0.5, 0.5])
    found = scene.ray_intersect(ray)
    return (np.array(found.p, np.float64), found.shape.id()) if found.is_valid() else None


def _alone(room: Room, index: int, meshes: Mapping[str, Any]) -> int:
    """Pixels of one piece with nothing else in the room; every third pixel of every third row is looked at."""
    own = {name: shape for name, shape in meshes.items() if name.startswith(f"piece{index}_")}
    scene = _scene({**_frame(room, 1), **own})
    sensor = scene.sensors()[0]
    return 9 * sum(_hit(scene, sensor, x, y) is not None for y in range(1, HEIGHT, 3) for x in range(1, WIDTH, 3))


def _developed(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Exposed as a telephone would: bright windows burn out, shadows are lifted, the paths' grain is taken off."""
    middle = np.median(light[light.max(axis=2) < np.percentile(light, 97)])
    exposed = light * (0.42 * rng.uniform(0.85, 1.15) / max(float(middle), 1e-4))
    toned = exposed**1.15 * (1 + exposed / 5) / (1 + exposed)
    encoded = np.where(toned <= 0.0031308, toned * 12.92, 1.055 * np.maximum(toned, 1e-8) ** (1 / 2.4) - 0.055)
    pixels = np.clip(encoded * 255 + 0.5, 0, 255).astype(np.uint8)
    return cv2.fastNlMeansDenoisingColored(pixels, None, 3, 5, 5, 15)
