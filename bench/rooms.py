"""Photographs of rooms in which every size is known: pictures, masks, depths and the cases that `rung tune` reads.

    python bench/rooms.py --out DIR [--rooms 12] [--seed 1] [--samples 40]

Each seed is one room; the same seed gives the same room on every machine, and the same picture with the same version
of Mitsuba. What is written: NAME.jpg (half of them with the focal length in their EXIF data), NAME.PIECE.png (the
piece's mask), NAME.depth.png (16 bits, millimetres along the view axis), cases.json (docs/tuning.md).
"""

from __future__ import annotations

import argparse
import io
import json
import math
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ExifTags import IFD, Base

from _render import HEIGHT, WIDTH, Photograph, photograph
from _room import Piece, Room, room

LEAST_PIXELS = 500
"""A piece of which fewer are seen is not among the truth: nobody could measure it."""
WHOLE = 0.7, 0.95
"""A piece can be measured alone where so much of it is seen, and lies inside the picture."""
FULL_FRAME_MM = 36.0, 24.0
"""The 35 mm equivalent of a focal length compares diagonals (CIPA DCG-001), as telephones write it."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rooms", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=40, help="paths per pixel")
    given = parser.parse_args()
    written(given.out, range(given.seed, given.seed + given.rooms), given.samples)


def written(out: Path, seeds: range, samples: int) -> Path:
    """The folder with the rooms of those seeds in it, and its cases.json. Rooms that are there already are kept."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "cases.json"
    cases: list[dict[str, Any]] = json.loads(path.read_text())["cases"] if path.exists() else []
    for seed in seeds:
        if any(case["id"] == _name(seed) for case in cases):
            continue
        began = time.perf_counter()
        here = room(seed)
        cases += saved(out, here, photograph(here, samples=samples))
        path.write_text(json.dumps({"version": 1, "cases": cases}, indent=1) + "\n")
        print(f"room {seed}: {here.set}, {len(here.pieces)} pieces, {time.perf_counter() - began:.1f} s", flush=True)
    return out


def _name(seed: int) -> str:
    return f"room-{seed:03d}"


def saved(out: Path, here: Room, seen: Photograph) -> list[dict[str, Any]]:
    """Write one room's files; its cases."""
    name = _name(here.seed)
    exif = here.seed % 2 == 0
    (out / f"{name}.jpg").write_bytes(jpeg(seen, exif))
    Image.fromarray(np.clip(seen.depth * 1000, 0, 65535).astype(np.uint16)).save(out / f"{name}.depth.png")
    objects = []
    for index, piece in enumerate(here.pieces):
        mask = np.where(seen.pieces == index, np.uint8(255), np.uint8(0))
        if (mask > 0).sum() < LEAST_PIXELS:
            continue
        file = f"{name}.{piece.id}.png"
        Image.fromarray(mask).save(out / file)
        objects.append(truth_of(piece, mask, seen.whole[index], _inside(here, piece, seen.focal_px), file))
    whole = [one for one in objects if one["visible"] >= WHOLE[0] and one["inside"] >= WHOLE[1]]
    return [
        _analyze(name, objects, seen, exif),
        *(_segment(name, one) for one in objects),
        *(_reconstruct(name, one) for one in whole),
    ]


def jpeg(seen: Photograph, exif: bool) -> bytes:
    buffer = io.BytesIO()
    told = Image.Exif()
    if exif:
        told.get_ifd(IFD.Exif)[Base.FocalLengthIn35mmFilm] = round(
            seen.focal_px * math.hypot(*FULL_FRAME_MM) / math.hypot(WIDTH, HEIGHT)
        )
    Image.fromarray(seen.pixels).save(buffer, "JPEG", quality=92, exif=told)
    return buffer.getvalue()


def truth_of(piece: Piece, mask: NDArray[np.uint8], whole: int, inside: float, file: str) -> dict[str, Any]:
    """What is known of a piece. visible: the share of it, inside the picture, that nothing stands before."""
    x, y, w, h = cv2.boundingRect(mask)
    return {
        "id": piece.id,
        "class": piece.kind.name,
        "label": piece.kind.label,
        "box": [x, y, x + w, y + h],
        "mask": {"file": file},
        "point": _deepest(mask),
        "visible": round(min(1.0, float((mask > 0).sum()) / max(whole, 1)), 3),
        "inside": round(inside, 3),
        "width_mm": round(piece.width * 1000, 1),
        "depth_mm": round(piece.depth * 1000, 1),
        "height_mm": round(piece.height * 1000, 1),
        "box_volume_m3": round(piece.box_volume, 5),
        "filled_volume_m3": round(piece.filled, 5),
    }


def _deepest(mask: NDArray[np.uint8]) -> list[int]:
    """The point of the mask that is farthest from its edge."""
    away = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(away.argmax()), away.shape)
    return [int(x), int(y)]


def _inside(here: Room, piece: Piece, focal_px: float) -> float:
    """The share of the piece's corners that lie within the picture."""
    points = np.concatenate([solid.points for solid in piece.solids])
    eye = np.array(here.camera.eye)
    right, up, ahead = here.camera.axes
    seen = points - eye
    away = np.maximum(seen @ ahead, 1e-6)
    x, y = seen @ right / away * focal_px + WIDTH / 2, HEIGHT / 2 - seen @ up / away * focal_px
    within = (seen @ ahead > 0.05) & (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    return float(within.mean())


def _analyze(name: str, objects: list[dict[str, Any]], seen: Photograph, exif: bool) -> dict[str, Any]:
    return {
        "id": name,
        "operation": "furniture.analyze",
        "inputs": {"images": [f"{name}.jpg"]},
        "truth": {
            "objects": objects,
            "focal_px": round(seen.focal_px, 2),
            "exif": exif,
            "depth": {"file": f"{name}.depth.png"},
        },
    }


def _segment(name: str, one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{name}/{one['id']}",
        "operation": "editor.segment",
        "inputs": {"image": f"{name}.jpg", "points": [one["point"]]},
        "truth": {"mask": one["mask"]},
    }


def _reconstruct(name: str, one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{name}/{one['id']}",
        "operation": "furniture.reconstruct",
        "inputs": {"image": f"{name}.jpg", "mask": one["mask"]["file"], "label": one["class"].replace("_", " ")},
        "truth": {"objects": [one]},
    }


if __name__ == "__main__":
    main()
