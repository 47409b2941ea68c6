"""Pictures whose masks are known, for bench/segment_quality.py: real photographs, nothing of them kept here.

coins: 24 old coins, each found by the watershed of scikit-image's own tutorial on these very pixels.
photographs: a dahlia before dark leaves, told apart by colour, and two people outlined by hand (about 3 % of their
area is uncertain).
pasted: the dahlia and some coins, by their masks, on other photographs: true by construction.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]

CAMERAMAN = "0,255 20,228 30,212 50,178 62,155 80,138 105,128 130,124 150,107 161,106 168,92 182,75 198,66 215,66 235,72 250,86 262,98 270,112 270,128 256,132 251,148 254,165 252,172 245,174 246,182 241,187 243,206 248,246 262,215 275,208 283,212 288,243 290,262 303,255 304,273 290,287 270,305 247,312 230,307 206,295 195,312 170,345 141,383 148,420 150,475 150,511 140,511 99,447 91,511 0,511"  # noqa: E501
ASTRONAUT = "155,95 153,80 160,62 175,48 192,40 205,25 225,17 250,18 275,30 290,45 298,70 301,90 297,112 288,128 275,135 268,138 262,155 257,173 275,185 295,205 303,225 303,240 320,250 340,262 350,280 357,305 363,345 345,352 330,365 308,385 290,410 280,440 277,470 279,511 55,511 40,495 28,470 22,440 20,400 22,370 25,335 35,310 42,280 52,258 70,235 95,218 113,207 115,195 118,187 128,165 145,152 165,149 186,150 184,138 178,128 165,112"  # noqa: E501


@dataclass(frozen=True, slots=True)
class Case:
    """pixels [H, W, 3], truth [H, W] 0 or 255, and the click: the point deepest inside the object."""

    group: str
    name: str
    pixels: Bytes
    truth: Bytes

    @property
    def click(self) -> tuple[float, float]:
        depth = cv2.distanceTransform(np.pad(self.truth, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        return float(x), float(y)


def folders(given: str | None) -> list[Path]:
    """Where pictures are looked for: the folder given, and the data of scikit-image and scikit-learn."""
    found = [Path(given)] if given else []
    for package, inside in (("skimage", "data"), ("sklearn", "datasets/images")):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin:
            found.append(Path(spec.origin).parent / inside)
    return found


def load(places: list[Path], name: str) -> Bytes:
    for place in places:
        for path in place.rglob(name):
            return np.array(Image.open(path).convert("RGB"))
    raise SystemExit(f"{name} is in none of {[str(p) for p in places]}: pip install scikit-image scikit-learn")


def cases(places: list[Path]) -> Iterator[Case]:
    coins, flower = load(places, "coins.png"), load(places, "flower.jpg")
    pieces = coin_masks(coins)
    for i, truth in enumerate(pieces):
        yield Case("coins", f"coin-{i}", coins, truth)
    dahlia = flower_mask(flower)
    yield Case("photographs", "dahlia", flower, dahlia)
    for name, outline in (("camera.png", CAMERAMAN), ("astronaut.png", ASTRONAUT)):
        pixels = load(places, name)
        yield Case("photographs", name.partition(".")[0], pixels, polygon(outline, pixels))
    grounds = [(n, load(places, n)) for n in ("china.jpg", "coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg")]
    rng = np.random.default_rng(7)
    for name, ground in grounds:
        for scale in (0.6, 0.3):
            yield pasted(f"dahlia-{scale}-{name}", ground, flower, dahlia, scale, rng)
        for piece in (0, 5):
            yield pasted(f"coin{piece}-{name}", ground, coins, pieces[piece], 2.0, rng)


def coin_masks(pixels: Bytes) -> list[Bytes]:
    """Watershed on the gradient from sure background (< 30) and sure coin (> 150), holes filled, top left first."""
    grey = pixels[..., 0]
    edges = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    shown = np.repeat(np.clip(edges / edges.max() * 255, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    markers = np.zeros(grey.shape, np.int32)
    markers[grey < 30], markers[grey > 150] = 1, 2
    coin = (cv2.watershed(shown, markers) == 2).astype(np.uint8)
    outlines, _ = cv2.findContours(coin, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    masks = [cv2.drawContours(np.zeros_like(coin), [o], -1, 255, -1) for o in outlines if cv2.contourArea(o) > 500]
    return sorted(masks, key=lambda m: int(np.flatnonzero(m)[0]))


def flower_mask(pixels: Bytes) -> Bytes:
    """The largest piece that is redder than blue, cut loose from the buds under it, without holes."""
    warm = (pixels[..., 0].astype(int) > pixels[..., 2].astype(int) + 25).astype(np.uint8)
    warm = cv2.morphologyEx(warm, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (61, 61)))
    outlines, _ = cv2.findContours(warm, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros_like(warm), [max(outlines, key=cv2.contourArea)], -1, 255, -1)


def polygon(outline: str, pixels: Bytes) -> Bytes:
    corners = np.array([[int(v) for v in corner.split(",")] for corner in outline.split()], np.int32)
    return cv2.fillPoly(np.zeros(pixels.shape[:2], np.uint8), [corners], 255)


def pasted(name: str, ground: Bytes, source: Bytes, mask: Bytes, scale: float, rng: np.random.Generator) -> Case:
    """The object, scaled, somewhere on another photograph, with a one-pixel soft edge; truth is alpha over half."""
    x, y, w, h = cv2.boundingRect(mask)
    cut, alpha = source[y : y + h, x : x + w], mask[y : y + h, x : x + w]
    size = (int(w * scale), int(h * scale))
    cut = cv2.resize(cut, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    alpha = cv2.GaussianBlur(cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR), (3, 3), 0)
    top, left = (int(rng.integers(0, ground.shape[i] - size[1 - i])) for i in (0, 1))
    out, truth = ground.copy(), np.zeros(ground.shape[:2], np.uint8)
    here = (slice(top, top + size[1]), slice(left, left + size[0]))
    share = alpha[..., None] / 255.0
    out[here] = np.rint(out[here] * (1 - share) + cut * share).astype(np.uint8)
    truth[here] = np.where(alpha > 127, 255, 0)
    return Case("pasted", name, out, truth)


def encoded(pixels: Bytes) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
