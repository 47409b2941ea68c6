"""The drawings app's models as fakes that see the same things on every picture of a size, and files that it takes.

What they say is chosen to lead into every step: dimensions with fits, deviations and doubts, a frame, a title block, a
parts list, symbols, places without a reading.
"""

from __future__ import annotations

import io
import json
from typing import Any

import ezdxf
import numpy as np
from PIL import Image, ImageDraw
from reportlab.pdfgen import canvas

from rung.models.skin.simulation import assumptions, quantiles, zones_of
from rung.runtime.tasks import (
    ClassifyStrokesOutput,
    DescribeOutput,
    FindTextOutput,
    LayoutOutput,
    Reading,
    ReadInput,
    ReadOutput,
    SheetPart,
    TextBox,
    TextLine,
    ToleranceInput,
    ToleranceOutput,
)
from rung.runtime.tasks.drawings import Cell

Polygon = tuple[tuple[float, float], ...]
SAID = (
    "⌀25H7",
    "80±0.1",
    "4×R5",
    "M8×1.25",
    "45°",
    "A",
    "3",
    "(12)",
    "NO",
    "품명",
    "S45C",
    "⌖",
    "⌀0.1",
    "¬",
    "25 +0.1/-0.2",
)
SURE = (0.99, 0.7, 0.3, None)
"""Of a reading; None where nobody measured it."""
CLASSES = ("contour", "text", "dimension", "other")
DESCRIBED = {
    "information_block": [{"field": "material", "value": "S45C"}],
    "dimensions": ["⌀25H7"],
    "manufacturing_process": [{"process": "turning", "because": "⌀25H7"}],
    "qc_checklist": ["⌀25H7 by a plug gauge"],
}


def answer(task: str, input: Any) -> Any:
    """What a model of that task says. Raises LookupError for a task that is none of a drawing's."""
    match task:
        case "find-text":
            boxes = tuple(TextBox(polygon=one) for one in _places(input.picture.width, input.picture.height))
            size = {"width": input.picture.width, "height": input.picture.height}
            return FindTextOutput(boxes=boxes[:-1], doubtful=boxes[-1:], **size)
        case "read":
            return ReadOutput(lines=_lines(input), alphabets=(input.alphabet,))
        case "layout":
            return _layout(input.picture.width, input.picture.height)
        case "classify-strokes":
            return _strokes(input.picture.width, input.picture.height)
        case "predict-tolerance":
            return _tolerance(input)
        case "describe":
            return DescribeOutput(text=json.dumps(DESCRIBED), prompt_tokens=10, completion_tokens=5)
    raise LookupError(task)


def _box(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _places(width: int, height: int) -> list[Polygon]:
    """A grid of sixteen over the page, so that some stand in the table, the frame and the title block."""
    w, h = width / 4, height / 4
    return [_box(x * w, y * h, x * w + 0.8 * w, y * h + 0.6 * h) for y in range(4) for x in range(4)]


def _lines(input: ReadInput) -> tuple[TextLine, ...]:
    return tuple(_line(place, box) for place, box in enumerate(input.boxes))


def _line(place: int, box: TextBox) -> TextLine:
    if place % 7 == 6:
        return TextLine(box=place, polygon=box.polygon, readings=(), reason="no letters in it")
    said = [SAID[(place + more) % len(SAID)] for more in range(1 + place % 3)]
    readings = tuple(Reading(text=text, confidence=SURE[place % len(SURE)]) for text in said)
    return TextLine(box=place, polygon=box.polygon, readings=readings)


def _cells(x0: float, y0: float, x1: float, y1: float) -> tuple[Cell, ...]:
    """Two rows of two."""
    w, h = (x1 - x0) / 2, (y1 - y0) / 2
    corners = [(row, column, x0 + column * w, y0 + row * h) for row in range(2) for column in range(2)]
    return tuple(
        Cell(box=(x, y, x + w, y + h), row=row, column=column, content=_box(x, y, x + w, y + h) if row else ())
        for row, column, x, y in corners
    )


def _layout(width: int, height: int) -> LayoutOutput:
    w, h = float(width), float(height)
    table, title, frame = (0.0, 0.0, w / 2, h / 4), (w / 2, 3 * h / 4, w, h), (0.0, h / 2, w / 2, 3 * h / 4)
    parts = [
        SheetPart(kind="border", polygon=_box(0, 0, w, h)),
        SheetPart(kind="view", polygon=_box(0, h / 4, w, 3 * h / 4), label="front", score=0.9),
        SheetPart(kind="table", polygon=_box(*table), cells=_cells(*table)),
        SheetPart(kind="title-block", polygon=_box(*title), cells=_cells(*title)),
        SheetPart(kind="frame", polygon=_box(*frame), cells=_cells(*frame)),
    ]
    for number, label in enumerate(("surface", "balloon", "weld", "datum", "boxed")):
        x = number * w / 5
        parts.append(SheetPart(kind="symbol", polygon=_box(x, h / 3, x + w / 10, h / 2), label=label, score=0.8))
    kinds = ("border", "view", "table", "title-block", "frame", "symbol")
    return LayoutOutput(parts=tuple(parts), kinds=kinds, width=width, height=height)


def _strokes(width: int, height: int) -> ClassifyStrokesOutput:
    ends = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    controls = np.stack([np.linspace(ends[n], ends[(n + 1) % 4], 4) for n in range(4)]).astype(np.float32)
    shares = np.full((4, len(CLASSES)), 0.1, np.float32) + 0.6 * np.eye(4, dtype=np.float32)
    links = np.array([[0, 1], [1, 2]], np.int32)
    labels = np.arange(4, dtype=np.uint8)
    return ClassifyStrokesOutput(
        controls=controls, labels=labels, shares=shares, links=links, classes=CLASSES, width=width, height=height
    )


def _tolerance(input: ToleranceInput) -> ToleranceOutput:
    """The real simulation, of few samples: a fuzzed request would else take minutes."""
    zones = {name: quantiles(widths) for name, widths in zones_of(input, 0).items()}
    return ToleranceOutput(zones=zones, how="simulation", samples=input.samples, assumptions=assumptions(input))


def scan(size: tuple[int, int], format: str) -> bytes:
    """A light page with a frame and a cross: one that is blank is refused before anything is asked."""
    made, out = Image.new("L", size, 235), io.BytesIO()
    pen = ImageDraw.Draw(made)
    pen.rectangle((size[0] // 8, size[1] // 8, 7 * size[0] // 8, 7 * size[1] // 8), outline=20, width=2)
    pen.line((0, 0, *size), fill=20, width=2)
    made.save(out, format)
    return out.getvalue()


def dxf() -> bytes:
    """A plate with one dimension and one text."""
    made = ezdxf.new("R2010", setup=True)
    space = made.modelspace()
    space.add_lwpolyline([(0, 0), (80, 0), (80, 40), (0, 40)], close=True)
    space.add_linear_dim(base=(0, -10), p1=(0, 0), p2=(80, 0)).render()
    space.add_text("NOTE 1", dxfattribs={"height": 3.5}).set_placement((10, 10))
    out = io.StringIO()
    made.write(out)
    return out.getvalue().encode()


def pdf() -> bytes:
    """Two small pages, the second one blank."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=(200, 150), invariant=True)
    sheet.line(20, 20, 150, 20)
    sheet.drawString(40, 60, "80 +0.1")
    sheet.showPage()
    sheet.showPage()
    sheet.save()
    return out.getvalue()
