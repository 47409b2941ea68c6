"""Marks to PDF: vectors on a page of the sheet's size, letters as outlines, as most CAD programs print."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.pdfgen.canvas import FILL_EVEN_ODD, Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from rung.lab.sheets.ink import Mark

POINTS_MM = 72 / 25.4


def pdf_of(marks: Sequence[Mark], paper_mm: tuple[float, float]) -> bytes:
    """One page without a text layer: what stands on it can only be seen."""
    sink = io.BytesIO()
    canvas = Canvas(sink, pagesize=tuple(side * POINTS_MM for side in paper_mm), invariant=True)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    for mark in marks:
        path = _path(canvas, mark)
        if mark.filled:
            canvas.drawPath(path, stroke=0, fill=1, fillMode=FILL_EVEN_ODD)
        else:
            canvas.setLineWidth(mark.width_mm * POINTS_MM)
            canvas.drawPath(path, stroke=1, fill=0)
    canvas.showPage()
    canvas.save()
    return sink.getvalue()


def _path(canvas: Canvas, mark: Mark) -> PDFPathObject:
    path = canvas.beginPath()
    for line in mark.lines:
        (x, y), *rest = (line * POINTS_MM).tolist()
        path.moveTo(x, y)
        for a, b in rest:
            path.lineTo(a, b)
        if mark.filled:
            path.close()
    return path
