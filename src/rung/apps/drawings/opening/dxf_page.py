"""DXF to grey pixels, with the texts of its entities as they stand: dimensions, notes, attributes of blocks.

How large a drawing is on paper is not in the file, only how large what it shows is. Its letters say it where the units
cannot be believed, or where the thing is drawn at its own size.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
from ezdxf.document import Drawing
from numpy.typing import NDArray

from rung.apps.drawings.opening.dxf_drawn import Drawn, Heard, drawn
from rung.apps.drawings.opening.dxf_file import document_of, text_of
from rung.apps.drawings.opening.dxf_frames import draw_frames
from rung.apps.drawings.opening.dxf_ink import Points, inked
from rung.apps.drawings.opening.dxf_sheets import Sheet, may_have_papers, sheets
from rung.apps.drawings.opening.dxf_signs import put_signs
from rung.apps.drawings.opening.layer import LayerText, fitting
from rung.runtime.errors import InvalidInput

MM_PER_INCH = 25.4
UNIT_MM = {1: 25.4, 2: 304.8, 4: 1.0, 5: 10.0, 6: 1000.0}
"""$INSUNITS to millimetres; what is not here, or not said, counts as millimetres."""
MARGIN = 0.02
"""Of the longer side, left white round what is drawn."""
LEGIBLE_PX = 20.0
"""Capitals are drawn at least so high, where the pixels allow it: 2.5 mm at 200 dpi."""
MOST_TIMES = 3.0
LETTERS_MM: Final = (1.0, 12.0)
"""Median height of a sheet's letters, as printed. Others are those of a thing drawn at its own size, or of units that
the file has wrong."""
PRINTED_MM: Final = 3.5
"""What such letters are taken to be printed at."""
LEAST_PX: Final = 8.0
"""Letters that would come out lower mean that something lies far off: the page is then cut to where the texts stand."""
MOST_SIDE: Final = 30_000
"""Pixels: 3.8 m of a roll at 200 dpi."""
APART: Final = 100.0
"""Heights of a letter between two texts, at least, with nothing written there: they are of different drawings."""
AROUND: Final = 0.25
"""Of the longer side of where the texts stand, shown round it."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Which part of a layout a page shows, in drawing units."""

    low: Points
    high: Points


def page_count(data: bytes) -> int:
    """How many pages it has. Raises InvalidInput for a damaged file that has papers."""
    return len(sheets(document_of(data).document)) if may_have_papers(text_of(data)) else 1


def render(
    data: bytes, page: int, dpi: float, most_pixels: int, text_layer: bool
) -> tuple[NDArray[np.uint8], float, list[LayerText], list[str]]:
    """(uint8 [H, W], the dpi that it was rendered at, its texts, what is to be said of it). page: from 1.

    Raises InvalidInput for a damaged or empty file.
    """
    loaded = document_of(data)
    document = loaded.document
    put_signs(document)
    draw_frames(document)
    found, which = _drawn(document, page)
    unit, notes = _unit_mm(document, found.heard)
    notes = [*loaded.notes, *which, *notes, *_lacking(loaded.lacking + found.lacking)]
    window = _extents(found)
    used = _fitted(window, found.heard, unit, dpi, most_pixels)
    if _median(found.heard) * unit / MM_PER_INCH * used < LEAST_PX and (near := _near_texts(found.heard)):
        window, out = near
        used = _fitted(window, found.heard, unit, dpi, most_pixels)
        notes.append(_cut(out))
    margin = MARGIN * float((window.high - window.low).max())
    left, top = window.low[0] - margin, window.high[1] + margin
    scale = used * unit / MM_PER_INCH
    shape = tuple(max(round(float(side + 2 * margin) * scale), 1) for side in (window.high - window.low)[::-1])

    def placed(points: Points) -> Points:
        return np.column_stack(((points[:, 0] - left) * scale, (top - points[:, 1]) * scale))

    grey = inked(found.strokes, (shape[0], shape[1]), placed, used / MM_PER_INCH)
    texts = [_layer_text(one, placed(one.corners), scale) for one in found.heard if _inside(one, window)]
    return grey, used, texts if text_layer else [], notes


def _drawn(document: Drawing, page: int) -> tuple[Drawn, list[str]]:
    """What is on that page, and what is to be said of which it is; the first layout with anything on it where none
    says anything. Raises InvalidInput where all are empty."""
    pages = sheets(document)
    mine = pages[min(page, len(pages)) - 1]
    found = drawn(document, mine.layout, windows=mine.windows)
    if found.strokes:
        return found, _which(pages, page)
    lacking = found.lacking
    names = document.layout_names_in_taborder() if len(pages) == 1 else []
    for paper in (document.layout(name) for name in names if name != "Model"):
        found = drawn(document, paper, windows=True)
        if found.strokes:
            return found, []
        lacking += found.lacking
    why = f" ({', '.join(_named(lacking))} cannot be drawn here)" if lacking else ""
    raise InvalidInput(
        f"file: the DXF holds nothing that is drawn: its model space and layouts are empty{why}", field="file"
    )


def _which(pages: list[Sheet], page: int) -> list[str]:
    """Which layout a page is, where there are several."""
    if len(pages) == 1 or not pages[page - 1].is_paper:
        return []
    said = f"page {page} is the layout {pages[page - 1].layout.name!r} of the DXF"
    elsewhere = "; what its windows show of the model space is on page 1"
    return [said if pages[page - 1].windows else said + elsewhere]


# --- what is to be said of it ------------------------------------------------------------------------------


def _named(lacking: Counter[str]) -> list[str]:
    return [f"{count} {name}" for name, count in sorted(lacking.items())]


def _lacking(lacking: Counter[str]) -> list[str]:
    if not lacking:
        return []
    return [f"entities of the DXF that cannot be drawn here are left out: {', '.join(_named(lacking))}"]


def _cut(out: list[Heard]) -> str:
    said = "what lies far off the texts of the DXF is left out, as the page could not be read otherwise"
    texts = ", ".join(repr(one.text) for one in out[:3])
    return f"{said}; texts among it ({len(out)}): {texts}" if out else said


# --- how large -----------------------------------------------------------------------------------------------


def _unit_mm(document: Drawing, heard: list[Heard]) -> tuple[float, list[str]]:
    """Millimetres of paper for a drawing unit, and what is to be said of that."""
    unit = UNIT_MM.get(int(document.header.get("$INSUNITS", 0)), 1.0)
    letters = _median(heard) * unit
    if not letters or LETTERS_MM[0] <= letters <= LETTERS_MM[1]:
        return unit, []
    note = f"the letters of the DXF are {letters:.3g} mm high by its units; they are taken to be printed {PRINTED_MM:g}"
    return unit * PRINTED_MM / letters, [f"{note} mm high, and the resolution is that of such a print"]


def _median(heard: list[Heard]) -> float:
    """Height of the letters in drawing units; 0: there are none."""
    heights = [one.height for one in heard if one.height > 0]
    return float(np.median(heights)) if heights else 0.0


def _extents(found: Drawn) -> _Window:
    spots = np.concatenate([line for stroke in found.strokes for line in stroke.lines])
    return _Window(spots.min(axis=0), spots.max(axis=0))


def _fitted(window: _Window, heard: list[Heard], unit: float, dpi: float, most_pixels: int) -> float:
    """The dpi that such a page is rendered at: what is asked for, more where its letters are small, less where it
    would have too many pixels."""
    width, height = (float(side) * unit / MM_PER_INCH for side in window.high - window.low)
    margin = 2 * MARGIN * max(width, height)
    letters = _median(heard) * unit / MM_PER_INCH
    legible = min(max(dpi, LEGIBLE_PX / letters), MOST_TIMES * dpi) if letters else dpi
    used = fitting(width + margin, height + margin, legible, most_pixels)
    return min(used, MOST_SIDE / max(width + margin, height + margin, 1e-9))


def _near_texts(heard: list[Heard]) -> tuple[_Window, list[Heard]] | None:
    """Where most of the texts stand together, and those that stand elsewhere. None: there are no texts."""
    kept = [one for one in heard if one.height > 0]
    if not kept:
        return None
    apart = APART * _median(heard)
    for axis in (0, 1, 0):
        kept = _together(kept, axis, apart)
    spots = np.concatenate([one.corners for one in kept])
    low, high = spots.min(axis=0), spots.max(axis=0)
    room = max(AROUND * float((high - low).max()), apart / 4)
    window = _Window(low - room, high + room)
    return window, [one for one in heard if not _inside(one, window)]


def _together(heard: list[Heard], axis: int, apart: float) -> list[Heard]:
    """Of the groups with a gap between them along that axis the one of most texts."""
    ordered = sorted(heard, key=lambda one: float(one.corners[:, axis].min()))
    groups, end = [[ordered[0]]], float(ordered[0].corners[:, axis].max())
    for one in ordered[1:]:
        if float(one.corners[:, axis].min()) - end > apart:
            groups.append([])
        groups[-1].append(one)
        end = max(end, float(one.corners[:, axis].max()))
    return max(groups, key=len)


def _inside(one: Heard, window: _Window) -> bool:
    middle = one.corners.mean(axis=0)
    return bool(((middle >= window.low) & (middle <= window.high)).all())


def _layer_text(heard: Heard, corners: Points, scale: float) -> LayerText:
    polygon = tuple((float(x), float(y)) for x, y in corners)
    return LayerText(
        text=heard.text,
        polygon=polygon,
        height=heard.height * scale,
        framed=heard.framed,
        dimension=heard.dimension,
    )
