"""One click at the object's middle: which rung finds the object, how well, how fast, in how much memory.

    python bench/segment_quality.py [--json FILE] [--pictures DIR] [--overlays DIR] [--variants a,b]

Pictures come from installed packages (pip install scikit-image scikit-learn) or from DIR; weights from the cache
(rung weights pull). Each variant runs alone in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from _report import Figure, report
from rung.models.catalog import VARIANTS
from rung.models.catalog.segment import LADDER
from rung.runtime.config import load_settings
from rung.runtime.model import Context, Error, Result
from rung.runtime.tasks import Picture, Point, SegmentInput, SegmentOutput
from rung.runtime.weights.store import open_store
from segment_truth import Bytes, Case, cases, encoded, folders

GROUPS = ("coins", "photographs", "pasted")


@dataclass
class Call:
    """A call outside the runtime: it is never cancelled, and its memo lasts as long as `kept`."""

    input: SegmentInput
    kept: dict[str, Any] = field(default_factory=dict)
    id: str = "bench"
    seed: int | None = None

    def check(self) -> None:
        pass

    def memo(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def empty(self, shape: Any, dtype: Any = np.uint8) -> np.ndarray:
        return np.empty(shape, dtype)

    def warn(self, sentence: str) -> None:
        """Not shown: GrabCut says at every click that it works on a small copy."""


def load(name: str, threads: int) -> Any:
    variant = VARIANTS[name]
    store = open_store(load_settings(), VARIANTS.values())
    module, _, kind = variant.loader.partition(":")
    model = getattr(import_module(module), kind)()
    place = variant.places[0]
    paths = {weight: Path(path) for weight, path in store.paths([variant]).items()}
    missing = [w.name for w in variant.weights if w.name not in paths]
    if missing:
        raise SystemExit(f"{name}: {', '.join(missing)} not in the cache: rung weights pull {name}")
    model.load(
        Context(
            variant=name,
            task="segment",
            device="cpu",
            precision=place.precision,
            threads=threads,
            weights=paths,
            caps=place.caps,
            options=variant.options,
        )
    )
    return model


def click(model: Any, picture: Picture, at: tuple[float, float], kept: dict[str, Any]) -> tuple[SegmentOutput, float]:
    call = Call(SegmentInput(picture=picture, points=(Point(x=at[0], y=at[1]),)), kept)
    start = time.perf_counter()
    ((_, outcome),) = list(model.run([call]))
    took = time.perf_counter() - start
    if isinstance(outcome, Error):
        raise outcome.error
    assert isinstance(outcome, Result)
    return outcome.output, took


def picture_of(data: bytes) -> Picture:
    with Image.open(io.BytesIO(data)) as image:
        size, kind = image.size, Image.MIME[image.format or ""]
    return Picture(data=data, key=hashlib.sha256(data).hexdigest(), width=size[0], height=size[1], media_type=kind)


def whole(output: SegmentOutput) -> Bytes:
    mask = np.zeros((output.height, output.width), np.uint8)
    x0, y0, x1, y1 = output.box
    mask[y0:y1, x0:x1] = output.mask
    return mask


def overlap(mask: Bytes, truth: Bytes) -> float:
    union = np.logical_or(mask, truth).sum()
    return float(np.logical_and(mask, truth).sum() / union) if union else 0.0


def memory(field: str) -> int:
    """VmRSS (now) or VmHWM (peak) of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def drawn(case: Case, mask: Bytes) -> Image.Image:
    shown = case.pixels.copy()
    shown[mask > 0] = (shown[mask > 0] * 0.5 + np.array([255, 0, 200]) * 0.5).astype(np.uint8)
    edges, _ = cv2.findContours(case.truth, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(shown, edges, -1, (255, 255, 0), 1)
    cv2.circle(shown, (int(case.click[0]), int(case.click[1])), 4, (0, 255, 0), -1)
    return Image.fromarray(shown)


def quality(model: Any, places: list[Path], overlays: Path | None) -> dict[str, list[float]]:
    scores: dict[str, list[float]] = {group: [] for group in GROUPS}
    kept: dict[str, Any] = {}
    for case in cases(places):
        output, _ = click(model, picture_of(encoded(case.pixels)), case.click, kept)
        mask = whole(output)
        scores[case.group].append(overlap(mask, case.truth))
        if overlays is not None:
            drawn(case, mask).save(overlays / f"{case.group}-{case.name}-{scores[case.group][-1]:.2f}.png")
    return scores


def speed(model: Any, places: list[Path]) -> dict[str, float]:
    """Seconds of the first and of further clicks, on the dahlia as a JPEG of 1 and of 12 megapixels."""
    flower = next(case for case in cases(places) if case.name == "dahlia")
    found: dict[str, float] = {}
    for label, width, height in (("1 MP", 1225, 817), ("12 MP", 4242, 2830)):
        buffer = io.BytesIO()
        Image.fromarray(flower.pixels).resize((width, height), Image.Resampling.BICUBIC).save(
            buffer, "JPEG", quality=92
        )
        picture = picture_of(buffer.getvalue())
        at = (flower.click[0] * width / flower.pixels.shape[1], flower.click[1] * height / flower.pixels.shape[0])
        firsts, seconds = [], []
        for _ in range(3):
            kept: dict[str, Any] = {}
            firsts.append(click(model, picture, at, kept)[1])
            seconds += [click(model, picture, (at[0] + i, at[1]), kept)[1] for i in range(1, 6)]
        found[f"first click, {label}"] = float(np.median(firsts))
        found[f"second click, {label}"] = float(np.median(seconds))
    return found


def one(name: str, places: list[Path], overlays: Path | None) -> dict[str, Any]:
    """Everything about one variant. Memory: resident when it waits after a call, and the peak of 12 megapixels."""
    before = memory("VmRSS")
    start = time.perf_counter()
    model = load(name, threads=min(len(os.sched_getaffinity(0)), 4))
    loading = time.perf_counter() - start
    times = speed(model, places)
    found = {"load": loading, **times, "bare": before, "resident": memory("VmRSS"), "peak": memory("VmHWM")}
    return {**found, "iou": quality(model, places, overlays)}


def figures(name: str, found: dict[str, Any]) -> list[Figure]:
    every = [value for group in GROUPS for value in found["iou"][group]]
    rows = [Figure(name=f"{name}: IoU, mean of groups", value=mean_of_groups(found), unit="")]
    rows += [
        Figure(name=f"{name}: IoU, {g} ({len(found['iou'][g])})", value=float(np.mean(found["iou"][g])), unit="")
        for g in GROUPS
    ]
    rows.append(Figure(name=f"{name}: found (IoU over 0.5)", value=float(np.mean(np.array(every) > 0.5)), unit=""))
    rows += [
        Figure(name=f"{name}: {key}", value=found[key], unit="s") for key in found if "click" in key or key == "load"
    ]
    rows += [
        Figure(name=f"{name}: {key} memory", value=found[key] / 2**20, unit="MiB")
        for key in ("bare", "resident", "peak")
    ]
    return rows


def mean_of_groups(found: dict[str, Any]) -> float:
    """Each group counts the same, so that 24 coins do not outvote everything else."""
    return float(np.mean([np.mean(found["iou"][group]) for group in GROUPS]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--pictures")
    parser.add_argument("--overlays")
    parser.add_argument("--variants", default=",".join(v.name for v in LADDER if v.verified == "ran"))
    parser.add_argument("--one", default="")
    known, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    return known


def main() -> None:
    given = arguments()
    places = folders(given.pictures)
    if given.one:
        overlays = Path(given.overlays) / given.one if given.overlays else None
        if overlays:
            overlays.mkdir(parents=True, exist_ok=True)
        print(json.dumps(one(given.one, places, overlays)))
        return
    rows: list[Figure] = []
    for name in given.variants.split(","):
        more = [
            part
            for key in ("pictures", "overlays")
            if getattr(given, key)
            for part in (f"--{key}", getattr(given, key))
        ]
        done = subprocess.run([sys.executable, __file__, "--one", name, *more], stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{name} could not be measured")
        rows += figures(name, json.loads(done.stdout))
    report("segment_quality", rows, ["numpy", "opencv-python-headless", "pillow", "onnxruntime"])


if __name__ == "__main__":
    main()
