"""Feature control frames and datum triangles, drawn cell by cell as CAD draws them."""

from __future__ import annotations

import math
import random

from rung.lab.sheets.dimensioning import DIMENSIONS
from rung.lab.sheets.notes import Group, GroupCell, Note
from rung.lab.sheets.pen import SYMBOLS, Pen, corners
from rung.lab.sheets.room import Room
from rung.lab.sheets.truth import Point, TrueArea

Stroke = tuple[Point, ...]


def _round(x: float, y: float, r: float, start: float = 0, end: float = 360) -> Stroke:
    turns = [math.radians(start + (end - start) * step / 32) for step in range(33)]
    return tuple((x + r * math.cos(turn), y + r * math.sin(turn)) for turn in turns)


def _arrow(x: float, y: float) -> tuple[Stroke, ...]:
    """From the lower left up to the right, its head at the end."""
    return ((x, y), (x + 0.7, y + 0.9)), ((x + 0.28, y + 0.62), (x + 0.7, y + 0.9), (x + 0.62, y + 0.4))


SIGNS: dict[str, tuple[Stroke, ...]] = {
    "⏤": (((0.0, 0.5), (1.0, 0.5)),),
    "⏥": (((0.0, 0.2), (0.7, 0.2), (1.0, 0.8), (0.3, 0.8), (0.0, 0.2)),),
    "○": (_round(0.5, 0.5, 0.42),),
    "⌭": (_round(0.5, 0.5, 0.28), ((0.02, 0.1), (0.42, 0.9)), ((0.58, 0.1), (0.98, 0.9))),
    "⌒": (_round(0.5, 0.2, 0.5, 0, 180),),
    "⌓": ((*_round(0.5, 0.2, 0.5, 0, 180), (1.0, 0.2)),),
    "⏊": (((0.0, 0.05), (1.0, 0.05)), ((0.5, 0.05), (0.5, 0.95))),
    "∠": (((0.9, 0.85), (0.0, 0.1), (1.0, 0.1)),),
    "⫽": (((0.15, 0.05), (0.55, 0.95)), ((0.45, 0.05), (0.85, 0.95))),
    "⌯": (((0.0, 0.5), (1.0, 0.5)), ((0.2, 0.75), (0.8, 0.75)), ((0.2, 0.25), (0.8, 0.25))),
    "⌖": (_round(0.5, 0.5, 0.3), ((0.0, 0.5), (1.0, 0.5)), ((0.5, 0.0), (0.5, 1.0))),
    "◎": (_round(0.5, 0.5, 0.45), _round(0.5, 0.5, 0.22)),
    "↗": _arrow(0.15, 0.05),
    "⌰": (*_arrow(0.0, 0.05), *_arrow(0.35, 0.05), ((0.0, 0.05), (0.35, 0.05))),
    "⌀": (_round(0.5, 0.5, 0.36), ((0.12, 0.0), (0.88, 1.0))),
    "Ⓜ": (_round(0.5, 0.5, 0.6), ((0.25, 0.15), (0.25, 0.85), (0.5, 0.4), (0.75, 0.85), (0.75, 0.15))),
    "Ⓛ": (_round(0.5, 0.5, 0.6), ((0.3, 0.85), (0.3, 0.15), (0.75, 0.15))),
    "Ⓟ": (_round(0.5, 0.5, 0.6), ((0.3, 0.1), (0.3, 0.85), (0.6, 0.85), (0.72, 0.65), (0.6, 0.47), (0.3, 0.47))),
    "Ⓕ": (_round(0.5, 0.5, 0.6), ((0.3, 0.1), (0.3, 0.85), (0.75, 0.85)), ((0.3, 0.5), (0.65, 0.5))),
}
"""Characteristics, modifiers and the diameter as strokes in a square of one, y up."""
FORMS, PLACES = ("⏤", "⏥", "○", "⌭"), ("⏊", "∠", "⫽", "⌖", "◎", "⌯", "↗", "⌰")
ROUND_ZONES = ("⌖", "◎", "⏊", "⫽", "⏤")
MODIFIERS = ("Ⓜ", "Ⓛ", "Ⓟ", "Ⓕ")


def tolerate(pen: Pen, box: Room) -> None:
    """One frame or two above a view, with a leader down to it, and its datums."""
    for place in range(pen.rng.choice((0, 1, 1, 2))):
        cells = contents(pen.rng)
        x = box.x0 + box.width * (0.12 + 0.5 * place) + pen.rng.uniform(-4, 4)
        y = box.y1 + 6.5
        with pen.unit(first=True):
            frame(pen, (x, y), cells)
            pen.space.add_leader([(x + 3, box.y1), (x + 3, y)], dimstyle=DIMENSIONS, dxfattribs={"layer": "dimension"})
    if pen.rng.random() < 0.6:
        with pen.unit():
            datum(pen, (box.x0 + box.width * pen.rng.uniform(0.6, 0.9), box.y0), pen.rng.choice("ABCD"))


def contents(rng: random.Random) -> list[str]:
    """Cells in canonical form: characteristic, zone with modifier, datums."""
    lonely = rng.random() < 0.3
    sign = rng.choice(FORMS + (("⌒", "⌓") if lonely else ())) if lonely else rng.choice((*PLACES, "⌓"))
    size = rng.choice(("0.01", "0.02", "0.03", "0.05", "0.08", "0.1", "0.15", "0.2", "0.25", "0.3", "0.5", "0.005"))
    zone = "⌀" if sign in ROUND_ZONES and rng.random() < 0.55 else ""
    kept = rng.choice(MODIFIERS) if sign in ("⌖", "⏊", "◎", "∠") and rng.random() < 0.4 else ""
    datums = [] if lonely else list("ABCD"[: rng.choice((1, 1, 2, 3))])
    if datums and rng.random() < 0.15:
        datums[0] = f"{datums[0]}-B" if datums[0] != "B" else "A-B"
    if len(datums) > 1 and rng.random() < 0.2:
        datums[-1] += "Ⓜ"
    return [sign, zone + size + kept, *datums]


def frame(pen: Pen, at: Point, cells: list[str]) -> None:
    """at: the lower left corner."""
    tall = pen.text_mm * 2
    x, y = at
    found, left = [], x
    for column, words in enumerate(cells):
        handles, wide = _cell(pen, words, left, y, tall)
        pen.box("table", left, y, left + wide, y + tall)
        found.append(GroupCell(box=corners(left, y, left + wide, y + tall), handles=handles, column=column))
        left += wide
    pen.groups.append(Group(kind="frame", box=corners(x, y, left, y + tall), cells=tuple(found)))


def _cell(pen: Pen, words: str, left: float, y: float, tall: float) -> tuple[tuple[str, ...], float]:
    """Its texts from left to right, and how wide it comes to be."""
    pad = tall * 0.2
    x, handles = left + pad, []
    for run in runs(words):
        handle, wide = _run(pen, run, x, y + tall / 2)
        handles.append(handle)
        x += wide + pen.text_mm * 0.15
    return tuple(handles), max(x + pad - pen.text_mm * 0.15 - left, tall)


def runs(words: str) -> list[str]:
    """Signs that are drawn one by one, and what is lettered between them."""
    found: list[str] = []
    plain = False
    for sign in words:
        if sign in SIGNS:
            found.append(sign)
            plain = False
        elif plain:
            found[-1] += sign
        else:
            found.append(sign)
            plain = True
    return found


def _run(pen: Pen, run: str, x: float, y: float) -> tuple[str, float]:
    """y: of its middle. Gives the handle of what is written, and its width."""
    size = pen.text_mm
    note = Note(text=run, alphabet="frame", role="frame")
    if run in SIGNS and (pen.style.symbols == "strokes" or run in MODIFIERS):
        return pen.sign(note, SIGNS[run], (x, y - size * 0.6), size * 1.2), size * 1.2
    if run in SIGNS:
        font = pen.style.symbol_font
        return pen.text(note, (x, y), size, lettering=SYMBOLS), pen.width_of(run, size, font)
    handle = pen.text(note, (x, y), size)
    return handle, pen.width_of(run, size)


def datum(pen: Pen, foot: Point, letter: str) -> None:
    """A triangle on the line and the letter in its box below."""
    x, y = foot
    size = pen.text_mm * 1.9
    pen.solid("symbol", (x - 1.6, y), (x + 1.6, y), (x, y - 2.6))
    pen.line("symbol", (x, y - 2.6), (x, y - 6))
    pen.box("symbol", x - size / 2, y - 6 - size, x + size / 2, y - 6)
    note = Note(text=letter, alphabet="frame", role="label", name="datum")
    handle = pen.text(note, (x, y - 6 - size / 2), pen.text_mm, align="middle")
    box = corners(x - size / 2, y - 6 - size, x + size / 2, y)
    pen.areas.append(TrueArea(kind="symbol", label="datum", text=letter, polygon=box, handle=handle))
