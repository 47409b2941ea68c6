"""Welding symbols as ISO 2553 draws them: arrow, reference line, dashed identification line, and the joint's sign."""

from __future__ import annotations

import random
from dataclasses import dataclass

from rung.lab.sheets.notes import Note
from rung.lab.sheets.stand import Stand
from rung.lab.sheets.truth import Point

JOINTS = ("fillet", "fillet", "v-butt", "square-butt", "plug")
PROCESSES = ("111", "135", "141", "MAG", "GTAW")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weld:
    """side: of the joint's sign: the arrow's, the other, or both. size: before the sign; length: after it.

    around: a circle at the knee. site: a flag there. process: in the tail, which is left out with it.
    """

    joint: str
    side: str
    size: str
    length: str
    around: bool
    site: bool
    process: str


def weld_of(rng: random.Random) -> Weld:
    """What a designer may ask for."""
    joint = rng.choice(JOINTS)
    thick = rng.choice((3, 4, 5, 6, 8, 10))
    letter = {"fillet": rng.choice("az"), "v-butt": "s", "square-butt": "s", "plug": ""}[joint]
    length = rng.choice(("", "", f"{rng.choice((20, 50, 100))}", f"{rng.randint(2, 9)}×{rng.choice((20, 50))}"))
    return Weld(
        joint=joint,
        side=rng.choice(("arrow", "arrow", "other", "both") if joint != "plug" else ("arrow", "other")),
        size=f"{letter}{thick}" if rng.random() < 0.75 else "",
        length=length,
        around=rng.random() < 0.25,
        site=rng.random() < 0.2,
        process=rng.choice(PROCESSES) if rng.random() < 0.25 else "",
    )


def weld(stand: Stand, asked: Weld, away: int) -> None:
    """With the knee at the stand's point and the reference line running from it to the right, or to the left for
    `away` below zero."""
    pen, marking = stand.pen, stand.pen.style.marking
    tall, size = pen.text_mm * marking.weld, pen.text_mm * 0.9
    before = pen.width_of(asked.size, size) + size * 0.5 if asked.size else size * 0.4
    after = pen.width_of(_shown(asked.length, stand), size) + size * 0.5 if asked.length else size * 0.4
    spare = pen.text_mm * (1.4 if asked.around or asked.site else 0.7)
    long = spare + before + tall * 1.2 + after + pen.text_mm * 0.5
    left = 0.0 if away > 0 else -long
    start = left + (spare if away > 0 else pen.text_mm * 0.5) + before
    stand.line((left, 0), (left + long, 0))
    gap, below = marking.gap * pen.text_mm, marking.dashed == "below"
    base, up = 0.0, 1 if below else -1
    if asked.side == "other":
        base, up = (-gap, -1) if below else (gap, 1)
    if asked.side != "both":
        line = -gap if below else gap
        stand.line((left + pen.text_mm * 0.2, line), (left + long, line), dashed=True)
    for sign in (1, -1) if asked.side == "both" else (up,):
        _joint(stand, asked.joint, (start, base), tall, sign)
    _words(stand, asked, (start, base + up * (tall * 0.5 + 0.2)), tall, size)
    _knee(stand, asked, away)
    if asked.process:
        _tail(stand, asked.process, left + long if away > 0 else left, away)


def _joint(stand: Stand, joint: str, foot: Point, tall: float, up: int) -> None:
    """The sign on its line, from its left edge. up: 1 stands on it, -1 hangs from it."""
    x, y = foot
    high = y + up * tall
    middle = x + tall * 0.6
    match joint:
        case "fillet":
            stand.line((x, y), (x, high), (x + tall, y))
        case "v-butt":
            stand.line((x, high), (middle, y), (x + tall * 1.2, high))
        case "square-butt":
            stand.line((middle - tall * 0.22, y), (middle - tall * 0.22, high))
            stand.line((middle + tall * 0.22, y), (middle + tall * 0.22, high))
        case _:
            low = y + up * tall * 0.75
            stand.line((x, y), (x, low), (x + tall * 1.1, low), (x + tall * 1.1, y))


def _words(stand: Stand, asked: Weld, middle: Point, tall: float, size: float) -> None:
    x, y = middle
    if asked.size:
        stand.text(_note(asked.size), (x - size * 0.3, y), size, right=True)
    if asked.length:
        stand.text(_note(asked.length), (x + tall * 1.2 + size * 0.3, y), size, shown=_shown(asked.length, stand))


def _knee(stand: Stand, asked: Weld, away: int) -> None:
    size = stand.pen.text_mm
    if asked.around:
        stand.circle((0, 0), size * 0.4)
    if asked.site:
        stand.line((0, 0), (0, size * 2.2))
        stand.solid((0, size * 2.2), (0, size * 1.4), (-away * size, size * 1.8))


def _tail(stand: Stand, process: str, end: float, away: int) -> None:
    size = stand.pen.text_mm
    stand.line((end + away * size, size * 0.9), (end, 0), (end + away * size, -size * 0.9))
    stand.text(_note(process), (end + away * size * 0.9, 0), size * 0.8, right=away < 0)


def _note(text: str) -> Note:
    return Note(text=text, alphabet="text", role="label", name="weld")


def _shown(text: str, stand: Stand) -> str:
    return text.replace("×", stand.pen.style.by)
