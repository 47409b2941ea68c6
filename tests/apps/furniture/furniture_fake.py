"""The furniture API in the shape of the real one, with drawn pieces instead of models; run as a script it serves the
console. `POST /fake/hold` leaves jobs running until `POST /fake/release`; `GET /fake/asked` lists what was asked.
"""

from __future__ import annotations

import asyncio
import io
import json
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

sys.path.append(str(Path(__file__).parents[2] / "console"))

from fake_api import Fake
from fake_serving import serve

from rung.apps.furniture.app import APP
from rung.apps.furniture.packing import pack

TRUCK = {"truck": "2.5t", "width_mm": 1900.0, "length_mm": 4300.0, "height_mm": 2000.0, "volume_m3": 16.34}


class FakeFlat(Fake):
    """A sofa at the left of each photograph and a chair at its right; what is pointed out by hand beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, dict[str, Any]] = {}

    async def scene(self, request: Request) -> Response:
        async with request.form() as form:
            images = [json.loads(str(one)) for one in form.getlist("images")]
            boxes, truck = json.loads(str(form.get("boxes", "[]"))), str(form.get("truck", "2.5t"))
        self.asked.append({"operation": "scene", "images": images, "boxes": boxes, "truck": truck})
        name = f"job-{len(self.jobs)}"
        self.jobs[name] = {
            "id": name, "status": "running", "error": None, "warnings": [], "provenance": [], "output": None,
            "progress": {"stage": "1 of 2 pictures looked at, 0 of 2 pieces measured", "fraction": 0.25},
            "asked": (images, boxes, truck),
        }  # fmt: skip
        return JSONResponse(self._told(name), 202)

    async def job(self, request: Request) -> Response:
        job = self.jobs[request.path_params["job"]]
        try:
            await asyncio.wait_for(self.free.wait(), 1)
        except TimeoutError:
            return JSONResponse(self._told(job["id"]))
        if job["status"] == "running" and self.mode == "refuse":
            job |= {"status": "failed", "error": {"code": "no-rung", "detail": "no rung of detect can answer"}}
        elif job["status"] == "running":
            rows = [self._row("detect", "yolo11n-seg", "mock" if self.mode == "mock" else "real")]
            job |= {"status": "succeeded", "output": self._scene(*job["asked"]), "provenance": rows}
            job["warnings"] = ["a piece that stands in several pictures is counted once for each"]
        return JSONResponse(self._told(job["id"]))

    async def cancel(self, request: Request) -> Response:
        job = self.jobs[request.path_params["job"]]
        job["status"] = "canceled"
        return JSONResponse(self._told(job["id"]))

    def _told(self, name: str) -> dict[str, Any]:
        return {key: value for key, value in self.jobs[name].items() if key != "asked"}

    def _scene(self, images: list[dict[str, str]], boxes: list[dict[str, Any]], truck: str) -> dict[str, Any]:
        answers = [self._image(at + 1, ref["file"], boxes) for at, ref in enumerate(images)]
        pieces = [
            {"image": one["id"], "object": piece["id"], "label": piece["label"], "class": piece["class"],
             **{side: piece[side]["value"] for side in ("width_mm", "depth_mm", "height_mm")}, "level": "depth"}
            for one in answers for piece in one["objects"]
        ]  # fmt: skip
        sides = [(one["width_mm"], one["depth_mm"], one["height_mm"]) for one in pieces]
        packed = pack(sides, (TRUCK["width_mm"], TRUCK["length_mm"], TRUCK["height_mm"]), 2)
        load = {**TRUCK, "truck": truck, "trucks_used": 1, "filled_share": 0.37, **packed}
        return {
            "pieces": pieces, "counts": {}, "not_loaded": {"sink": 1}, "box_volume_m3": _measure(3.6, 2.8, 4.9),
            "filled_volume_m3": None, "load": load, "images": answers, "estimate_id": None,
        }  # fmt: skip

    def _image(self, number: int, file: str, boxes: list[dict[str, Any]]) -> dict[str, Any]:
        width, height = Image.open(io.BytesIO(self.files[file][0])).size
        sofa = self._piece("1", "sofa", (0, height // 4, width // 2, height), (2000, 900, 850), width, height)
        chair = self._piece("2", "chair", (width * 3 // 4, 0, width, height), (500, 550, 900), width, height)
        by_hand = [
            self._piece(str(3 + at), one["label"], tuple(one["box"]), (900, 600, 1900), width, height, points=False)
            for at, one in enumerate(boxes)
            if one["image"] == number
        ]
        return {
            "id": number, "width": width, "height": height, "objects": [sofa, chair, *by_hand], "errors": [],
            "unseen_classes": ["wardrobe", "desk"], "focal_px": None, "focal_source": None, "scale": None,
        }  # fmt: skip

    def _piece(
        self, id: str, label: str, box: Any, sides: Any, width: int, height: int, *, points: bool = True
    ) -> dict[str, Any]:
        mask = np.zeros((height, width), np.uint8)
        mask[box[1] : box[3], box[0] : box[2]] = 255
        figures = {
            name: _measure(value, value * 0.8, value * 1.25)
            for name, value in zip(("width_mm", "depth_mm", "height_mm"), sides, strict=True)
        }
        ply = self.keep(ply_of(sides), "model/ply", (0, 0)) if points else None
        return {
            "id": id, "label": label, "class": label, "subtype": None, "movable": True, "origin": "detector",
            "score": 0.8, "box": list(box), "truncated": id == "2", "mask": self._png(mask), "mesh": None,
            "preview": None, "points": ply, "notes": [], "filled_volume_m3": None,
            "box_volume_m3": _measure(np.prod(sides) / 1e9, 0.1, 3), **figures,
        }  # fmt: skip

    def app(self) -> Starlette:
        routes = [
            Route("/v1/furniture/scene", self.scene, methods=["POST"]),
            Route("/v1/jobs/{job}", self.job),
            Route("/v1/jobs/{job}/cancel", self.cancel, methods=["POST"]),
        ]
        return Starlette(routes=[*routes, *super().app().routes])


def _measure(value: float, low: float, high: float) -> dict[str, Any]:
    return {"value": float(value), "low": low, "high": high, "level": "depth", "sources": ["depth map"]}


def ply_of(sides: tuple[float, ...], count: int = 3000) -> bytes:
    """Points on a box of those sides in metres, y up, red below and blue above."""
    random = np.random.default_rng(1)
    points = (random.uniform(-0.5, 0.5, (count, 3)) * np.array([sides[0], sides[2], sides[1]]) / 1000).astype("<f4")
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {count}\n"
    head += "".join(f"property float {axis}\n" for axis in "xyz")
    head += "".join(f"property uchar {name}\n" for name in ("red", "green", "blue")) + "end_header\n"
    rows = b"".join(
        struct.pack("<fffBBB", *point, 220 if point[1] < 0 else 30, 40, 30 if point[1] < 0 else 220) for point in points
    )
    return head.encode() + rows


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(FakeFlat().app(), APP)))
