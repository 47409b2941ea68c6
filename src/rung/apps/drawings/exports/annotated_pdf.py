"""Writes a drawing's pages with what was read over them, and lists of the readings, as one PDF. Runs in a worker."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from rung.apps.drawings.exports import marks
from rung.apps.drawings.exports.letters import lettered, printable
from rung.runtime.tasks import Picture

POINTS = 72.0
SMALL = 6.5
LIST_SIZE, LINE, EDGE = (595.28, 841.89), 11.0, 40.0
"""A4, in points."""
COLUMNS = (
    ("id", 0.0), ("text", 45.0), ("type", 165.0), ("nominal", 225.0), ("upper", 275.0), ("lower", 315.0),
    ("fit", 355.0), ("confidence", 395.0), ("status", 455.0),
)  # fmt: skip
MOST_SIGNS = 28
Page = Mapping[str, Any]


def annotated_pdf(pictures: Sequence[Picture], pages: Sequence[Page], title: str) -> bytes:
    """Each page at its own size with its marks as lines, then its dimensions as a list."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    canvas.setTitle(title)
    font = lettered()
    for picture, page in zip(pictures, pages, strict=True):
        _sheet(canvas, picture, page, font)
        _list(canvas, page, font)
    canvas.save()
    return out.getvalue()


def _sheet(canvas: Canvas, picture: Picture, page: Page, font: str) -> None:
    scale = POINTS / page["dpi"]
    height = picture.height * scale
    canvas.setPageSize((picture.width * scale, height))
    canvas.drawImage(ImageReader(io.BytesIO(picture.data)), 0, 0, picture.width * scale, height)
    canvas.setLineWidth(0.7)
    for mark in marks.marks_of(page):
        canvas.setStrokeColorRGB(*(one / 255 for one in mark.colour))
        canvas.setFillColorRGB(*(one / 255 for one in mark.colour))
        corners = [(x * scale, height - y * scale) for x, y in mark.polygon]
        path = canvas.beginPath()
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        path.close()
        canvas.drawPath(path)
        canvas.setFont(font, SMALL)
        canvas.drawString(min(x for x, _ in corners), max(y for _, y in corners) + 1.5, printable(mark.label))
    canvas.showPage()


def _list(canvas: Canvas, page: Page, font: str) -> None:
    """The dimensions of a page, on as many sheets as they need."""
    rows = page["dimensions"]
    at_once = int((LIST_SIZE[1] - 2 * EDGE) / LINE) - 3
    for first in range(0, len(rows), at_once):
        canvas.setPageSize(LIST_SIZE)
        canvas.setFont(font, 9)
        y = LIST_SIZE[1] - EDGE
        canvas.drawString(EDGE, y, f"Page {page['page']}: dimensions {first + 1} to {min(first + at_once, len(rows))}")
        canvas.setFont(font, 7.5)
        for number, row in enumerate([{name: name for name, _ in COLUMNS}, *rows[first : first + at_once]]):
            for name, x in COLUMNS:
                canvas.drawString(EDGE + x, y - (number + 1.6) * LINE, shown(row[name]))
        canvas.showPage()


def shown(value: Any) -> str:
    """A value as the list has it: a figure to a hundred-thousandth, so that no size is rounded to another one."""
    if value is None:
        return ""
    return f"{round(value, 5):.12g}" if isinstance(value, float) else printable(str(value)[:MOST_SIGNS])
