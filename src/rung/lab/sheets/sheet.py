"""A whole sheet: which parts stand where, its border, title block and tables, and the page it becomes."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from ezdxf.document import Drawing
from numpy.typing import NDArray

from rung.lab.sheets import chains
from rung.lab.sheets.additions import clutter
from rung.lab.sheets.flat import bracket, plate, steps, wedge
from rung.lab.sheets.frames import tolerate
from rung.lab.sheets.gather import gathered
from rung.lab.sheets.ink import Mark, inked
from rung.lab.sheets.panels import dress_sheet
from rung.lab.sheets.paper import pdf_of
from rung.lab.sheets.pen import Pen, corners, label_of, pen_of
from rung.lab.sheets.raster import labels_of, paper_view, picture_of, to_pixels
from rung.lab.sheets.room import Room
from rung.lab.sheets.signs import signed
from rung.lab.sheets.style import Style
from rung.lab.sheets.tidy import struck
from rung.lab.sheets.truth import SheetTruth, TrueArea, placed
from rung.lab.sheets.turned import bush, cone, flange, shaft
from rung.lab.sheets.typefaces import ready

Part = Callable[[Pen, Room], Room]
"""Draws into a room, and gives the box that the part itself takes, without its dimensions."""
PARTS: tuple[Part, ...] = (shaft, flange, bush, cone, plate, wedge, bracket, steps)
ROOMS_MM = (125, 105), (115, 95), (150, 120)
"""Least paper of a part, width and height."""
CLOSE_MM = 0.25
"""Paper that figures of a chain keep around themselves."""
PAPERS = {
    "A4": (297.0, 210.0),
    "A4 upright": (210.0, 297.0),
    "A3": (420.0, 297.0),
    "A2": (594.0, 420.0),
    "A1": (841.0, 594.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One sheet as a picture, u8 [H, W], 0 ink. truth: in its pixels.

    labels: u8 [H, W], 0 paper, else 1 + the place in LAYERS.
    """

    picture: NDArray[np.uint8]
    truth: SheetTruth
    labels: NDArray[np.uint8]
    dpi: float


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A drawn sheet. truth: in millimetres of paper. paper_mm: width, height. document: the DXF itself."""

    name: str
    paper_mm: tuple[float, float]
    document: Drawing
    marks: list[Mark]
    truth: SheetTruth

    def dxf(self) -> bytes:
        """The drawing as a DXF file, as its users would send it."""
        sink = io.StringIO()
        self.document.write(sink)
        return sink.getvalue().encode()

    def pdf(self) -> bytes:
        """As a PDF of vectors, without a text layer."""
        return pdf_of(self.marks, self.paper_mm)

    def page(self, dpi: float = 200.0) -> Page:
        """As a picture without any wear."""
        view = paper_view(self.paper_mm, dpi)
        return Page(
            picture=picture_of(self.marks, view),
            truth=placed(self.truth, lambda polygon: to_pixels(polygon, view), dpi),
            labels=labels_of(self.marks, view, label_of),
            dpi=dpi,
        )


def sheet_of(style: Style, seed: int, name: str, parts: Sequence[Part] = ()) -> Sheet:
    """The sheet of that seed. The same style and seed give the same sheet; parts: in
    place of those that such an office draws. Raises InvalidInput for a missing font."""
    ready(style.lettering)
    rng = random.Random(seed)
    paper = PAPERS[rng.choice(style.papers)]
    pen = pen_of(style, rng)
    free = dress_sheet(pen, paper)
    machines = style.draws == "machines"
    for room in _rooms(rng, free, ROOMS_MM if machines else chains.ROOMS_MM):
        part = rng.choice(parts or (PARTS if machines else chains.PARTS))
        box = part(pen, room)
        if machines:
            clutter(pen, room, box)
        pen.areas.append(TrueArea(kind="view", label=part.__name__, polygon=corners(box.x0, box.y0, box.x1, box.y1)))
        if machines:
            tolerate(pen, box)
    if machines:
        signed(pen, seed)
    marks = inked(pen.document)
    if machines:
        gone = struck(marks, pen.units, pen.kept, paper)
    else:
        # Architects leave a figure that lines run through, but none that another figure runs through.
        gone = struck([mark for mark in marks if mark.angle is not None], pen.units, {}, paper, CLOSE_MM)
    pen.drop(gone)
    marks = [mark for mark in marks if mark.handle not in gone]
    truth = gathered(name, marks, pen.notes, pen.groups, pen.areas)
    return Sheet(name=name, paper_mm=paper, document=pen.document, marks=marks, truth=truth)


def _rooms(rng: random.Random, free: Room, sizes: Sequence[tuple[int, int]]) -> list[Room]:
    """The free paper in columns and rows; some offices put more on a sheet than others."""
    wide, tall = rng.choice(sizes)
    columns = max(1, int(free.width // wide))
    rows = max(1, int(free.height // tall))
    across, down = free.width / columns, free.height / rows
    return [
        Room(
            free.x0 + across * column, free.y0 + down * row, free.x0 + across * (column + 1), free.y0 + down * (row + 1)
        )
        for row in range(rows)
        for column in range(columns)
    ]
