"""The peak of each variant on the largest picture that the editor takes, beside what the plan reserves for it."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
from PIL import Image

from _report import Figure, report
from rung.runtime.spec import LARGEST_PIXELS
from rung.runtime.testing.served import served

HEIGHT = 4330
WIDTH = LARGEST_PIXELS // HEIGHT
MIDDLE = [[WIDTH // 2, HEIGHT // 2]]
HOLE = [WIDTH // 2 - 200, HEIGHT // 2 - 200, WIDTH // 2 + 200, HEIGHT // 2 + 200]
ASKED: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("mobile-sam", "segment", {"points": MIDDLE}),
    ("sam2-tiny", "segment", {"points": MIDDLE}),
    ("grabcut", "segment", {"points": MIDDLE}),
    ("migan", "remove", {"box": [100, 100, WIDTH - 100, HEIGHT - 100]}),
    ("telea", "remove", {"box": HOLE}),
    ("navier-stokes", "remove", {"box": HOLE}),
    ("u2net", "cutout", {}),
    ("u2netp", "cutout", {}),
)


def picture() -> bytes:
    """A disc on a ground, with transparency: the form that takes most memory."""
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    pixels = np.full((HEIGHT, WIDTH, 4), (70, 130, 70, 255), np.uint8)
    pixels[(x - WIDTH // 2) ** 2 + (y - HEIGHT // 2) ** 2 <= 900**2, :3] = (220, 40, 40)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


class Peaks:
    """Asks, and keeps the largest peak that any worker reported."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.data = picture()
        self.bytes: dict[str, int] = defaultdict(int)

    def ask(self, operation: str, fields: dict[str, object], variant: str = "") -> None:
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
        form["options"] = json.dumps({"variant": variant} if variant else {})
        answer = self.http.post(f"/v1/editor/{operation}", files={"image": self.data}, data=form)
        if answer.status_code != 200:
            raise RuntimeError(f"{operation} {variant}: {answer.status_code} {answer.text[:300]}")
        for row in answer.json()["provenance"]:
            self.bytes[row["variant"]] = max(self.bytes[row["variant"]], row["peak_bytes"] or 0)


def main() -> None:
    with served("--no-console") as server, httpx.Client(base_url=server.url, timeout=400) as http:
        peaks = Peaks(http)
        for variant, operation, fields in ASKED:
            peaks.ask(operation, fields, variant)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: peaks.ask("replace", {"points": MIDDLE, "colour": "#ffffff"}), range(4)))
        tasks = http.get("/v1/tasks").json()["tasks"]
    reserved = {
        rung["variant"]: rung["footprint"]["resident"]
        + rung["footprint"]["working"]
        + rung["footprint"]["working_per_pixel"] * LARGEST_PIXELS
        for task in tasks
        for rung in task["rungs"]
    }
    figures = [
        Figure(
            name=f"{name}: peak",
            value=taken / 2**20,
            unit="MiB",
            goal=f"<= {reserved[name] / 2**20:.0f} reserved",
            holds=taken <= reserved[name],
        )
        for name, taken in peaks.bytes.items()
    ]
    report("memory", figures, ["onnxruntime", "opencv-python-headless", "pillow"])


if __name__ == "__main__":
    main()
