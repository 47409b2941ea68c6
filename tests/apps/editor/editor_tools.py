"""What the editor's tests speak with: a plain HTTP client, the sample, pictures made on the spot."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import httpx
import numpy as np
from PIL import Image

from rung.runtime.testing.served import Served

SAMPLES = files("rung.apps.editor").joinpath("samples")


@dataclass(frozen=True)
class Sample:
    data: bytes
    point: list[float]
    dilate: int

    @property
    def pixels(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.data)).convert("RGB"))


@dataclass(frozen=True)
class Editor:
    """The editor's API, as any HTTP client sees it."""

    http: httpx.Client
    server: Served

    def post(self, operation: str, image: bytes, **fields: Any) -> httpx.Response:
        data = {k: v if isinstance(v, str) else json.dumps(v) for k, v in fields.items() if not isinstance(v, bytes)}
        parts = {k: (k, v) for k, v in fields.items() if isinstance(v, bytes)}
        patient = {"Prefer": "wait=230"}  # on a busy machine a removal may take longer than a server waits unasked
        files = {"image": ("p", image), **parts}
        return self.http.post(f"/v1/editor/{operation}", files=files, data=data, headers=patient)

    def ask(self, operation: str, image: bytes, **fields: Any) -> dict[str, Any]:
        answer = self.post(operation, image, **fields)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def picture(self, link: dict[str, Any]) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.http.get(link["url"]).raise_for_status().content)))


def png(pixels: np.ndarray, mode: str | None = None, format: str = "PNG", **more: Any) -> bytes:
    image = Image.fromarray(pixels)
    out = io.BytesIO()
    (image.convert(mode) if mode else image).save(out, format, **more)
    return out.getvalue()
