"""Crops of texts as a reader gets them: written, cut out a little wrong, with bits of the drawing about, and worn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import cv2
import numpy as np

from rung.lab.lettering import strings
from rung.lab.lettering.faces import Face, Strokes
from rung.lab.lettering.writing import FINER, Hand, Ink, written

BESIDE: Final = 0.16
"""Of dimensions: crops with something at an end that is no sign."""
Crop = Ink
"""uint8 [H, W], 255 is paper."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A crop and what it says."""

    crop: Crop
    text: str
    alphabet: str


def sample(faces: Sequence[Face], draw: Random, worn: float = 0.55, frames: float = 0.3) -> Sample:
    """A crop with its text. worn: the share that is blurred, noisy or compressed. frames: of the second alphabet."""
    alphabet = "frame" if draw.random() < frames else "dimension"
    text = (strings.frame if alphabet == "frame" else strings.dimension)(draw)
    boxed = alphabet == "dimension" and text.startswith("[") and text.endswith("]") and draw.random() < 0.8
    shown = text[1:-1] if boxed else text
    shown = strings.spread(shown, draw)
    hand = _hand(faces, draw, shown)
    ink = _turned(written(shown, hand, draw), draw)
    crop = _cut(ink, hand, draw, framed=alphabet == "frame", boxed=boxed)
    if draw.random() < 0.3:  # Thin letters come out paler than bold ones, and each rasteriser has its own gamma.
        crop = np.asarray(255 * (crop / 255.0) ** draw.uniform(0.6, 1.7), np.uint8)
    crop = 255 - crop
    if draw.random() < worn:
        crop = spoiled(crop, draw)
    elif draw.random() < 0.1:
        crop = np.where(crop > draw.uniform(90, 200), np.uint8(255), np.uint8(0))
    return Sample(crop=crop, text=text, alphabet=alphabet)


def spoiled(crop: Crop, draw: Random) -> Crop:
    """Worn as scans are: blurred, faded, noisy, thresholded, compressed; each now and then."""
    seeded = np.random.default_rng(draw.getrandbits(32))
    if draw.random() < 0.45:
        sigma = draw.uniform(0.3, 1.1)
        crop = cv2.GaussianBlur(crop, (0, 0), sigma)
    paper, ink = draw.uniform(190, 255), draw.uniform(0, 110)
    faded = ink + (crop.astype(np.float32) / 255) * (paper - ink)
    if draw.random() < 0.6:
        faded += seeded.normal(0, draw.uniform(2, 22), crop.shape).astype(np.float32)
    crop = faded.clip(0, 255).astype(np.uint8)
    if draw.random() < 0.08:
        specks = seeded.random(crop.shape) < draw.uniform(0.002, 0.02)
        crop = np.where(specks, np.uint8(draw.choice((0, 255))), crop)
    if draw.random() < 0.15:
        crop = np.where(crop > (paper + ink) / 2 + draw.uniform(-25, 25), np.uint8(255), np.uint8(0))
    if draw.random() < 0.4:
        _, packed = cv2.imencode(".jpg", crop, (cv2.IMWRITE_JPEG_QUALITY, draw.randint(25, 90)))
        crop = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    return crop


def _hand(faces: Sequence[Face], draw: Random, text: str) -> Hand:
    """A font that has the text's letters, a size and a stroke."""
    plain = {sign for sign in text if sign.isascii()}
    while True:
        face = draw.choice(faces)
        if plain <= face.signs:
            break
    height = 9 * (44 / 9) ** draw.random()
    width = draw.uniform(0.05, 0.14) * height
    if isinstance(face, Strokes) and draw.random() < 0.5:
        width = draw.uniform(0.8, 2.5)
    return Hand(
        face=face, height=height, width=max(width, 0.7), tracking=draw.choice((0, 0, draw.uniform(-0.02, 0.15)))
    )


def _turned(ink: Ink, draw: Random) -> Ink:
    """Leaned, turned up to 3 degrees, made wider or narrower, and brought to its own size."""
    rows, columns = ink.shape
    lean = draw.choice((0, 0, 0, draw.uniform(-0.08, 0.3)))
    turn = np.tan(np.radians(draw.choice((0, 0, draw.gauss(0, 0.8), draw.uniform(-3, 3)))))
    if lean or turn:
        x, y = columns / 2, rows * 0.6
        matrix = np.array([[1, -lean, lean * y], [turn, 1, -turn * x]], np.float64)
        ink = cv2.warpAffine(ink, matrix, (columns, rows), flags=cv2.INTER_LINEAR)
    wider = draw.choice((1, 1, draw.uniform(0.7, 1.25)))
    size = (max(round(columns * wider / FINER), 1), max(round(rows / FINER), 1))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cut(ink: Ink, hand: Hand, draw: Random, framed: bool, boxed: bool) -> Ink:
    """Cut out about the ink, too tight or too wide, with what stands about it in a drawing."""
    x0, y0, x1, y1 = _bounds(ink, hand.height)
    tall = y1 - y0
    if boxed:
        gap = draw.uniform(0.15, 0.5) * tall
        corners = [(round(x), round(y)) for x, y in ((x0 - gap, y0 - gap), (x1 + gap, y1 + gap))]
        ink = _padded(ink, round(tall))
        shift = round(tall)
        (left, top), (right, bottom) = ((x + shift, y + shift) for x, y in corners)
        cv2.rectangle(ink, (left, top), (right, bottom), 255, max(round(hand.width), 1))
        x0, y0, x1, y1 = left, top, right + 1, bottom + 1
    above, below = (_margin(draw, framed) * tall for _ in range(2))
    before, after = (max(_margin(draw, framed), -0.05) * tall for _ in range(2))
    if draw.random() < 0.06:  # A short row of a stack is cut out as wide as the longer one.
        before, after = draw.choice(
            ((before + draw.uniform(0, 3) * tall, after), (before, after + draw.uniform(0, 3) * tall))
        )
    beside = 0 if boxed or framed or draw.random() > BESIDE else round(draw.uniform(0.3, 1.3) * tall)
    left_hand = draw.random() < 0.7
    before, after = before + beside * left_hand, after + beside * (not left_hand)
    if boxed:
        above, below, before, after = (max(side, 1) for side in (above, below, before, after))
    shift = round(tall * 1.5 + max(before, after))
    ink = _padded(ink, shift)
    left, right = round(x0 - before) + shift, round(x1 + after) + shift
    top, bottom = round(y0 - above) + shift, round(y1 + below) + shift
    crop = np.ascontiguousarray(ink[max(top, 0) : max(bottom, top + 3), max(left, 0) : max(right, left + 3)])
    if beside:
        _neighbour(crop[:, :beside] if left_hand else crop[:, -beside:], hand, draw)
    if framed and draw.random() < 0.45:
        _borders(crop, hand, draw)
    elif draw.random() < 0.4:
        _clutter(crop, hand, draw, round(above), round(below), round(before), round(after))
    return crop


def _neighbour(room: Ink, hand: Hand, draw: Random) -> None:
    """What a finder takes for a sign of the text beside it: a surface symbol's limb, an arrow, a leader's end."""
    rows, columns = room.shape
    width = max(round(draw.uniform(0.6, 1.3) * hand.width), 1)
    end = max(columns - draw.randint(0, columns // 3), 1)
    middle, half = draw.randint(rows // 4, rows), draw.uniform(0.1, 0.3) * rows
    match draw.choice(("tick", "tick", "limb", "head", "head", "landing", "arc", "post", "post", "post")):
        case "tick":
            low = draw.uniform(0.7, 1.0) * rows
            points = [(0, low - draw.uniform(0.2, 0.5) * rows), (end * 0.4, low), (end, -draw.uniform(0, 0.5) * rows)]
            cv2.polylines(room, [np.array(points, np.int32)], False, 255, width, cv2.LINE_AA)
        case "limb":
            top, bottom = draw.choice(((0, rows), (rows, 0)))
            cv2.line(room, (draw.randint(0, columns // 2), top), (end, bottom), 255, width, cv2.LINE_AA)
        case "head":
            tip, base = draw.choice(((0, end), (end, 0)))
            sides = [(tip, middle), (base, round(middle - half)), (base, round(middle + half))]
            cv2.fillConvexPoly(room, np.array(sides, np.int32), 255, cv2.LINE_AA)
            cv2.line(room, (0, middle), (end, middle), 255, width)
        case "post":  # An extension or centre line: unlike a 1 it goes on above and below the letters.
            foot, lean = draw.randint(0, end), draw.uniform(-0.1, 0.1) * rows
            cv2.line(room, (foot, -1), (round(foot + lean), rows), 255, width, cv2.LINE_AA)
        case "landing":
            cv2.line(room, (0, draw.randint(0, rows)), (end // 2, middle), 255, width, cv2.LINE_AA)
            cv2.line(room, (end // 2, middle), (end, middle), 255, width, cv2.LINE_AA)
        case _:
            cv2.circle(room, (draw.randint(-columns, 0), middle), max(end, 2), 255, width, cv2.LINE_AA)


def _margin(draw: Random, framed: bool) -> float:
    """Of the text's height; most often what our own cutting leaves."""
    if draw.random() < 0.4:
        return draw.uniform(0.1, 0.2)
    if framed:
        return draw.choice((draw.uniform(0, 0.25), draw.uniform(0.1, 0.6)))
    return draw.choice((draw.uniform(-0.05, 0.1), draw.uniform(0.05, 0.35), draw.uniform(0.1, 0.45)))


def _padded(ink: Ink, by: int) -> Ink:
    return np.asarray(cv2.copyMakeBorder(ink, by, by, by, by, cv2.BORDER_CONSTANT, value=0), np.uint8)


def _bounds(ink: Ink, height: float) -> tuple[float, float, float, float]:
    """Where the ink is; a text that is less than its letters are high (a minus, a dot) is given their height."""
    faint = float(ink.max()) / 4
    rows, columns = np.flatnonzero(ink.max(axis=1) > faint), np.flatnonzero(ink.max(axis=0) > faint)
    if not len(rows):
        return 0, 0, ink.shape[1], ink.shape[0]
    y0, y1 = float(rows[0]), float(rows[-1] + 1)
    lacking = max(height * 0.9 - (y1 - y0), 0) / 2
    return float(columns[0]), y0 - lacking, float(columns[-1] + 1), y1 + lacking


def _borders(crop: Ink, hand: Hand, draw: Random) -> None:
    """Bits of a cell's own lines along the sides."""
    rows, columns = crop.shape
    width = max(round(hand.width), 1)
    for side in draw.sample(("left", "right", "top", "bottom"), draw.randint(1, 4)):
        at = draw.randint(-1, 1)
        match side:
            case "left":
                crop[:, max(at, 0) : max(at + width, 0)] = 255
            case "right":
                crop[:, columns - width - max(at, 0) : columns - max(at, 0)] = 255
            case "top":
                crop[max(at, 0) : max(at + width, 0)] = 255
            case _:
                crop[rows - width - max(at, 0) : rows - max(at, 0)] = 255


def _clutter(crop: Ink, hand: Hand, draw: Random, above: int, below: int, before: int, after: int) -> None:
    """Lines of the drawing in the margins: a dimension line, an extension line, an arrowhead, a leader."""
    rows, columns = crop.shape
    width = max(round(draw.uniform(0.6, 1.2) * hand.width), 1)
    for _ in range(draw.choice((1, 1, 2))):
        match draw.choice(("below", "below", "above", "left", "right", "arrow", "leader")):
            case "below":
                y = rows - 1 - draw.randint(0, max(below - width - 1, 0))
                cv2.line(crop, (draw.choice((0, columns // 3)), y), (columns, y), 255, width)
            case "above":
                y = draw.randint(0, max(above - width - 1, 0))
                cv2.line(crop, (0, y), (columns, y), 255, width)
            case "left":
                x = draw.randint(0, max(before - width - 1, 0))
                cv2.line(crop, (x, 0), (x, rows), 255, width)
            case "right":
                x = columns - 1 - draw.randint(0, max(after - width - 1, 0))
                cv2.line(crop, (x, 0), (x, rows), 255, width)
            case "arrow":
                _arrowhead(crop, draw, before, after)
            case _:
                x = draw.choice((draw.randint(0, max(before // 2, 1)), columns - draw.randint(0, max(after // 2, 1))))
                reach = draw.randint(0, max(min(before, after), 2))
                cv2.line(crop, (x, draw.choice((0, rows))), (x + draw.choice((-reach, reach)), rows // 2), 255, width)


def _arrowhead(crop: Ink, draw: Random, before: int, after: int) -> None:
    rows, columns = crop.shape
    y, half = draw.randint(0, rows), draw.uniform(1.5, 4)
    if draw.random() < 0.5:
        tip, end = max(before - 2, 1), 0
    else:
        tip, end = columns - max(after - 2, 1), columns
    if draw.random() < 0.5:
        tip, end = end, tip
    cv2.fillConvexPoly(crop, np.array([(tip, y), (end, round(y - half)), (end, round(y + half))], np.int32), 255)
