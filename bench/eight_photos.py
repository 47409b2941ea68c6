"""Eight photographs through a real server and Furniture's `analyze`: how long until every piece has its sizes.

    python bench/eight_photos.py [--json FILE] [--overlays DIR]

The first request finds no model loaded, the second finds them loaded and other pictures' memos (the photographs are
saved anew, so that nothing of them is known). `--overlays` draws the masks for a person to look at.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
from PIL import Image

from _photographs import photographs
from _report import Figure, report
from rung.runtime.testing.served import Served, served

GOAL_S = 20.0
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--overlays", type=Path)
    given, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    paths = photographs()
    photos = [path.read_bytes() for path in paths]
    with served("--no-console") as server, httpx.Client(base_url=server.url, timeout=300) as http:
        _, first, first_cpu = asked(server, http, photos)
        answer, second, second_cpu = asked(server, http, [anew(photo) for photo in photos])
        if given.overlays:
            drawn(given.overlays, http, paths, answer)
    images = answer["output"]["images"]
    pieces = [piece for image in images for piece in image["objects"]]
    levels = sorted({piece["width_mm"]["level"] for piece in pieces if piece["width_mm"]})
    report(
        "eight_photos",
        [
            Figure(name="8 photographs, models loaded on the way", value=first, unit="s", goal=f"<= {GOAL_S:g}",
                   holds=first <= GOAL_S),
            Figure(name="8 photographs, models loaded", value=second, unit="s", goal=f"<= {GOAL_S:g}",
                   holds=second <= GOAL_S),
            Figure(name="CPU of all processes, models loaded on the way", value=first_cpu, unit="s"),
            Figure(name="CPU of all processes, models loaded", value=second_cpu, unit="s"),
            Figure(name=f"pieces found (sizes by {', '.join(levels)})", value=len(pieces), unit=""),
            Figure(name="steps that failed", value=sum(len(image["errors"]) for image in images), unit="", goal="0",
                   holds=not any(image["errors"] for image in images)),
        ],
        ("pillow", "onnxruntime"),
    )  # fmt: skip


def asked(server: Served, http: httpx.Client, photos: list[bytes]) -> tuple[dict[str, Any], float, float]:
    """(answer, seconds, seconds of CPU)."""
    files = [("images", (f"{number}.jpg", photo)) for number, photo in enumerate(photos)]
    before, began = cpu_s(server), time.perf_counter()
    got = http.post("/v1/furniture/analyze", files=files, headers={"Prefer": "wait=280"})
    seconds = time.perf_counter() - began
    assert got.status_code == 200, got.text
    return got.json(), seconds, cpu_s(server) - before


def cpu_s(server: Served) -> float:
    """Of the server and everything below it, children that have ended included."""
    total = 0
    for pid in server.processes():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15] if pid == server.pid else fields[11:13]))
    return total / TICKS


def anew(photo: bytes) -> bytes:
    """The same picture to the eye, another one to every cache."""
    with Image.open(io.BytesIO(photo)) as image:
        pixels = np.array(image.convert("RGB"))
    pixels[:8, :8] ^= 1
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "JPEG", quality=92)
    return sink.getvalue()


def drawn(folder: Path, http: httpx.Client, paths: list[Path], answer: Mapping[str, Any]) -> None:
    """Each photograph with the masks in colour and the sizes beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, image in zip(paths, answer["output"]["images"], strict=True):
        pixels = np.array(Image.open(path).convert("RGB"))
        for number, piece in enumerate(image["objects"]):
            colour = np.array([(230, 60, 60), (60, 170, 60), (70, 90, 230), (220, 160, 30), (180, 60, 200)][number % 5])
            if piece["mask"]:
                data = http.get(piece["mask"]["url"]).raise_for_status().content
                mask = np.array(Image.open(io.BytesIO(data)).convert("L")) > 0
                pixels[mask] = (0.5 * pixels[mask] + 0.5 * colour).astype(np.uint8)
            sides = [piece[f"{side}_mm"] for side in ("width", "depth", "height")]
            said = " x ".join(f"{side['value'] / 10:.0f}" for side in sides if side)
            place = (int(piece["box"][0]), int(piece["box"][1]) + 20)
            cv2.putText(pixels, f"{piece['label']} {said} cm", place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
        Image.fromarray(pixels).save(folder / f"{path.stem}.png")


if __name__ == "__main__":
    main()
