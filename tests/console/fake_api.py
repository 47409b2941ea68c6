"""A small API in the shape of the real one, with drawn masks instead of models; run as a script it serves the console.

A click selects a disc around it. `POST /fake/hold` makes segment requests wait until `POST /fake/release`;
`GET /fake/asked` lists what operations were asked. `mode` in the query of /fake/mode changes what it answers.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import sys
from typing import Any

import numpy as np
from fake_serving import serve
from PIL import Image, ImageOps
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rung.apps.editor.app import APP
from rung.runtime.server.strictjson import read_json

FILL_NOTE = 'switched off: set mode = "mock" in [task.fill]'


class Fake:
    """Files by id, what was asked, and how it answers."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str]] = {}
        self.asked: list[dict[str, Any]] = []
        self.free = asyncio.Event()
        self.free.set()
        self.mode = ""

    def keep(self, data: bytes, media_type: str, size: tuple[int, int]) -> dict[str, Any]:
        name = hashlib.sha256(data).hexdigest()
        self.files[name] = (data, media_type)
        return {
            "file": name,
            "url": f"/v1/files/{name}",
            "media_type": media_type,
            "bytes": len(data),
            "width": size[0],
            "height": size[1],
        }

    def picture(self, ref: str) -> Image.Image:
        return ImageOps.exif_transpose(Image.open(io.BytesIO(self.files[read_json(ref)["file"]][0])))

    async def upload(self, request: Request) -> Response:
        data = await request.body()
        try:
            picture = Image.open(io.BytesIO(data))
        except OSError:
            detail = "file: the content is not PNG, JPEG or WebP"
            return JSONResponse({"code": "unsupported-media", "detail": detail}, 415)
        size = ImageOps.exif_transpose(picture).size
        return JSONResponse(self.keep(data, Image.MIME[picture.format or ""], size), 201)

    async def file(self, request: Request) -> Response:
        data, media_type = self.files[request.path_params["file"]]
        return Response(data, media_type=media_type)

    async def segment(self, request: Request) -> Response:
        fields = await self._fields(request)
        await self.free.wait()
        if self.mode == "refuse":
            return JSONResponse({"code": "no-rung", "detail": "no rung of segment can answer: pull sam2-tiny"}, 503)
        if self.mode == "broken":
            return JSONResponse({"no": "such answer"})
        picture = self.picture(fields["image"])
        mask = _drawn(picture.size, fields)
        output = {"mask": self._png(mask), "box": [0, 0, 1, 1], "area_px": int((mask > 0).sum()), "score": 0.93}
        return self._reply(output, [self._row("segment", "sam2-tiny")])

    async def remove(self, request: Request) -> Response:
        fields = await self._fields(request)
        pixels = np.array(self.picture(fields["image"]).convert("RGB"))
        mask = np.array(self.picture(fields["mask"]).convert("L")) > 127
        pixels[mask] = (40, 160, 90)
        output = {"image": self._png(pixels), "mask": self._png(np.uint8(mask) * 255), "box": _box(mask)}
        kind = "mock" if self.mode == "mock" else "real"
        return self._reply(output, [self._row("inpaint", "migan", kind)], ["the hole is as large as a person"])

    async def cutout(self, request: Request) -> Response:
        fields = await self._fields(request)
        picture = self.picture(fields["image"]).convert("RGB")
        if "mask" in fields:
            picture.putalpha(self.picture(fields["mask"]).convert("L"))
        return self._reply({"image": self._png(np.array(picture)), "box": [0, 0, 1, 1]}, [])

    async def replace(self, request: Request) -> Response:
        fields = await self._fields(request)
        pixels = np.array(self.picture(fields["image"]).convert("RGB"))
        return self._reply({"image": self._png(pixels[::-1].copy()), "box": [0, 0, 1, 1]}, [])

    async def tasks(self, request: Request) -> Response:
        tasks = [_task("segment", "sam2-tiny"), _task("inpaint", "migan"), _task("matte", "u2netp")]
        off = {"task": "fill", "mode": "off", "note": FILL_NOTE, "ladder": ["mock-fill"], "rungs": [], "rejected": []}
        return JSONResponse({"tasks": [*tasks, off], "budgets": {"cpu": 8 * 2**30}})

    async def models(self, request: Request) -> Response:
        state = {"state": "unloaded", "device": "cpu", "running": 0, "queued": 0, "pinned": False, "reserved": 0}
        row = {"task": "segment", "feasible": True, "device": "cpu", "footprint": {"resident": 2**28}, "state": state}
        return JSONResponse({"models": [{"variant": "sam2-tiny", **row}]})

    async def control(self, request: Request) -> Response:
        match request.path_params["verb"]:
            case "hold":
                self.free.clear()
            case "release":
                self.free.set()
            case "mode":
                self.mode = request.query_params["mode"]
            case "forget":
                self.asked.clear()
        return JSONResponse(self.asked)

    async def _fields(self, request: Request) -> dict[str, str]:
        async with request.form() as form:
            fields = {name: (await v.read()).decode() if hasattr(v, "read") else str(v) for name, v in form.items()}
        operation = request.url.path.rpartition("/")[2]
        self.asked.append({"operation": operation, **fields})
        return fields

    def _png(self, pixels: Any) -> dict[str, Any]:
        file = io.BytesIO()
        picture = Image.fromarray(pixels)
        picture.save(file, "PNG", compress_level=1)
        return self.keep(file.getvalue(), "image/png", picture.size)

    def _row(self, task: str, variant: str, kind: str = "real") -> dict[str, Any]:
        times = {"queue_s": 0.0, "load_s": 0.11, "run_s": 0.05}
        where = {"node": "local", "device": "cpu", "precision": "fp32"}
        return {"task": task, "step": task, "variant": variant, "kind": kind, "reason": "drawn", **where, **times}

    def _reply(self, output: dict[str, Any], rows: list[dict[str, Any]], warnings: list[str] | None = None) -> Response:
        return JSONResponse({"id": "job", "output": output, "provenance": rows, "warnings": warnings or []})

    def app(self) -> Starlette:
        operations = {"segment": self.segment, "remove": self.remove, "cutout": self.cutout, "replace": self.replace}
        return Starlette(
            routes=[
                *(Route(f"/v1/editor/{name}", deed, methods=["POST"]) for name, deed in operations.items()),
                Route("/v1/files", self.upload, methods=["POST"]),
                Route("/v1/files/{file}", self.file),
                Route("/v1/tasks", self.tasks),
                Route("/v1/models", self.models),
                Route("/fake/{verb}", self.control, methods=["GET", "POST"]),
                Route("/healthz", lambda request: JSONResponse({"status": "ok"})),
            ]
        )


def _drawn(size: tuple[int, int], fields: dict[str, str]) -> Any:
    """A disc around each point that adds, less those around points that subtract; or the box."""
    width, height = size
    ys, xs = np.ogrid[:height, :width]
    mask = np.zeros((height, width), np.uint8)
    radius = min(size) // 8
    for x, y, label in read_json(fields.get("points", "[]")):
        mask[(xs - x) ** 2 + (ys - y) ** 2 <= radius**2] = 255 * label
    if "box" in fields:
        x0, y0, x1, y1 = read_json(fields["box"])
        mask[y0:y1, x0:x1] = 255
    return mask


def _box(mask: Any) -> list[int]:
    ys, xs = mask.any(1).nonzero()[0], mask.any(0).nonzero()[0]
    return [int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1]


def _task(task: str, variant: str) -> dict[str, Any]:
    rung = {"variant": variant, "kind": "real", "device": "cpu", "precision": "fp32", "reason": "the highest rung"}
    passed = {"variant": f"large-{task}", "code": "memory", "reason": "needs 7.9 GiB VRAM", "remedy": "add a GPU"}
    return {"task": task, "mode": "real", "note": "", "ladder": [], "rungs": [rung], "rejected": [passed]}


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(Fake().app(), APP)))
