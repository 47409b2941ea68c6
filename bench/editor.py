"""The editor over HTTP, as a person uses it: first click, further clicks, remove; at 1 and at 12 megapixels.

The picture is sent once to /v1/files and then named by its id, as the web page does; "whole upload" sends it with
every click. Beside the second click stands the part of it that the model itself took, as its worker measured it:
what is left is HTTP, the job, two hops to workers and the PNG of the mask.
"""

from __future__ import annotations

import io
import json
import statistics
import time
from importlib.resources import files

import httpx
from PIL import Image

from _report import Figure, report
from rung.runtime.testing.served import Served, served

CLICKS = 15
SIZES = {"1 MP": (1152, 864), "12 MP": (4000, 3000)}


FOLDER = files("rung.apps.editor").joinpath("samples")
SAMPLE = json.loads(FOLDER.joinpath("samples.json").read_text())[0]


def photograph() -> Image.Image:
    """The first sample."""
    return Image.open(io.BytesIO(FOLDER.joinpath(SAMPLE["file"]).read_bytes())).convert("RGB")


def stored(size: tuple[int, int]) -> bytes:
    """The photograph at that size, as a camera would store it."""
    out = io.BytesIO()
    photograph().resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=90)
    return out.getvalue()


def click_point(size: tuple[int, int]) -> list[float]:
    """Where the object is at that size."""
    width, height = photograph().size
    return [SAMPLE["point"][0] * size[0] / width, SAMPLE["point"][1] * size[1] / height]


class Session:
    """One picture in one server."""

    def __init__(self, server: Served, size: tuple[int, int]) -> None:
        self.http = httpx.Client(base_url=server.url, timeout=300)
        self.data = stored(size)
        self.size = size
        self.point = click_point(size)
        self.id = self._ok(self.http.post("/v1/files", files={"file": ("p.jpg", self.data, "image/jpeg")})).json()[
            "file"
        ]

    def _ok(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code not in (200, 201):
            raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
        return answer

    def timed(self, operation: str, **fields: object) -> tuple[float, dict[str, object]]:
        began = time.perf_counter()
        answer = self._ok(self.http.post(f"/v1/editor/{operation}", json={"image": {"file": self.id}, **fields}))
        return time.perf_counter() - began, answer.json()

    def click(self, shift: float = 0.0) -> tuple[float, float]:
        """Seconds in all, and in the model."""
        x, y = self.point
        seconds, answer = self.timed("segment", points=[[x + shift, y, 1]])
        return seconds, float(answer["provenance"][0]["run_s"])  # type: ignore[index]

    def whole_upload(self, shift: float) -> float:
        x, y = self.point
        began = time.perf_counter()
        self._ok(
            self.http.post(
                "/v1/editor/segment",
                files={"image": ("p.jpg", self.data, "image/jpeg")},
                data={"points": f"[[{x + shift},{y},1]]"},
            )
        )
        return time.perf_counter() - began


def warm(server: Served) -> None:
    """Load every worker with a small picture: loading has its own figure."""
    small = Session(server, (320, 240))
    small.timed("remove", points=[small.point])


def measure(server: Served, name: str, size: tuple[int, int]) -> list[Figure]:
    session = Session(server, size)
    first, _ = session.click()
    clicks = [session.click(shift=0.25 * (i + 1)) for i in range(CLICKS)]
    further, model = [seconds for seconds, _ in clicks], [seconds for _, seconds in clicks]
    uploads = [session.whole_upload(0.25 * (i + 1)) for i in range(CLICKS)]
    removals = [session.timed("remove", points=[session.point]) for _ in range(5)]
    remove = statistics.median(seconds for seconds, _ in removals)
    steps = {str(p["step"]): float(p["run_s"]) for p in removals[-1][1]["provenance"]}  # type: ignore[index,union-attr]
    second, small = statistics.median(further), name == "1 MP"
    return [
        Figure(name=f"{name}: first click", value=first, unit="s"),
        Figure(
            name=f"{name}: second click",
            value=second * 1e3,
            unit="ms",
            goal="< 150" if small else "",
            holds=second < 0.15 if small else None,
        ),
        Figure(name=f"{name}: second click, whole upload", value=statistics.median(uploads) * 1e3, unit="ms"),
        Figure(name=f"{name}: second click, of it the model", value=statistics.median(model) * 1e3, unit="ms"),
        Figure(
            name=f"{name}: remove, embedding cached",
            value=remove,
            unit="s",
            goal="< 2" if small else "",
            holds=remove < 2 if small else None,
        ),
        Figure(name=f"{name}: remove from the first click (sum)", value=first + remove, unit="s"),
        *(Figure(name=f"{name}: remove, {step}", value=s * 1e3, unit="ms") for step, s in steps.items()),
    ]


def main() -> None:
    figures: list[Figure] = []
    with served("--no-console") as server:
        began = time.perf_counter()
        warm(server)
        figures.append(
            Figure(name="first removal of all, workers and models loaded", value=time.perf_counter() - began, unit="s")
        )
        for name, size in SIZES.items():
            figures += measure(server, name, size)
    report("editor", figures, ["onnxruntime", "opencv-python-headless", "pillow"])


if __name__ == "__main__":
    main()
