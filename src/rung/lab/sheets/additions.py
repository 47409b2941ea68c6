"""What stands on views beside their dimensions: roughness, balloons, section marks, titles."""

from __future__ import annotations

from dataclasses import replace

from rung.lab.sheets.dimensioning import DIMENSIONS
from rung.lab.sheets.notes import Note
from rung.lab.sheets.pen import PANEL, Pen, corners
from rung.lab.sheets.room import Room
from rung.lab.sheets.truth import Point, TrueArea
from rung.lab.sheets.values import Dress, printed, value_of

ROUGHNESS = (0.2, 0.4, 0.8, 1.6, 3.2, 6.3, 12.5, 25.0)


def roughness(pen: Pen, foot: Point, *, down: bool = False) -> None:
    """The sign of a machined surface that stands on the line at foot, its value over it."""
    x, y = foot
    size = pen.text_mm
    dress = Dress(type="roughness", prefix=pen.rng.choice(("Ra", "Ra", "Rz")))
    value = value_of(pen.rng.choice(ROUGHNESS), dress, replace(pen.style, decimals=None))
    note = Note(text=value.text, alphabet="dimension", role="dimension", value=value)
    gap = pen.rng.choice(("", " "))
    shown = printed(value.text[:2] + gap + value.text[2:], pen.style)
    with pen.unit():
        if down:
            pen.line("symbol", (x, y), (x, y - size * 3))
            y -= size * 3 + size * 2.4
            pen.line("symbol", (x, y + size * 2.4), (x, y))
        left, right = (x - size * 0.8, y + size * 1.4), (x + size * 1.6, y + size * 2.8)
        pen.line("symbol", left, (x, y), right)
        pen.line("symbol", left, (x + size * 0.8, y + size * 1.4))
        wide = pen.width_of(shown, size * 0.9)
        pen.line("symbol", right, (right[0] + wide + size * 0.6, right[1]))
        handle = pen.text(note, (right[0] + size * 0.2, right[1] - size * 0.85), size * 0.9, shown=shown)
        box = corners(left[0], y, right[0] + wide, right[1])
        pen.areas.append(
            TrueArea(kind="symbol", label="surface", variant="removal", text=value.text, polygon=box, handle=handle)
        )


def balloon(pen: Pen, tip: Point, at: Point, number: str) -> None:
    """A part's number in a circle."""
    size = pen.text_mm
    away = 1 if at[0] > tip[0] else -1
    with pen.unit():
        pen.space.add_leader(
            [tip, (at[0] - away * size * 1.5, at[1])], dimstyle=DIMENSIONS, dxfattribs={"layer": "symbol"}
        )
        pen.circle("symbol", at, size * 1.5)
        handle = pen.label(number, at, size, align="middle")
        box = corners(at[0] - size * 1.5, at[1] - size * 1.5, at[0] + size * 1.5, at[1] + size * 1.5)
        pen.areas.append(
            TrueArea(kind="symbol", label="balloon", variant="circle", text=number, polygon=box, handle=handle)
        )


def section_marks(pen: Pen, box: Room, letter: str) -> None:
    """Where a section is cut: two thick ends with arrows and letters, at half the height of a view."""
    y = (box.y0 + box.y1) / 2
    for x, side in ((box.x0 - 6, -1), (box.x1 + 6, 1)):
        with pen.unit():
            pen.line("symbol", (x - 2, y), (x + 2, y), wide_mm=pen.style.weights.thick)
            pen.space.add_leader(
                [(x + side * 2, y - 7), (x + side * 2, y)], dimstyle=DIMENSIONS, dxfattribs={"layer": "symbol"}
            )
            pen.label(letter, (x + side * 5, y - 4), pen.text_mm * 1.2, align="middle")


def clutter(pen: Pen, room: Room, box: Room) -> None:
    """What an office that likes to add things adds to a view."""
    rng, much = pen.rng, pen.style.clutter
    if rng.random() < much:
        view_title(pen, room)
    if rng.random() < much:
        section_marks(pen, box, rng.choice("ABC"))
    for number in range(rng.choice((0, 0, 1, 2))):
        if rng.random() < much:
            tip = box.x0 + box.width * rng.uniform(0.2, 0.8), box.y0 + box.height * rng.uniform(0.3, 0.8)
            side = rng.choice((-1, 1))
            at = (box.x1 + 9 if side > 0 else box.x0 - 9), box.y1 + rng.uniform(1, 8)
            balloon(pen, tip, at, str(rng.randint(1, 9) + number))


def view_title(pen: Pen, room: Room) -> None:
    """What a view is, at the lower edge of its room."""
    letter = pen.rng.choice("ABCD")
    words = pen.rng.choice(
        (f"SECTION {letter}-{letter}", f"DETAIL {letter}", f"VIEW {letter}", f"DETAIL {letter} (2:1)")
    )
    if pen.style.language == "ko":
        words = pen.rng.choice((f"단면 {letter}-{letter}", f"상세 {letter}", words))
    with pen.unit():
        pen.label(words, (room.middle[0], room.y0 + 4), pen.text_mm * 1.2, align="middle", lettering=PANEL)
