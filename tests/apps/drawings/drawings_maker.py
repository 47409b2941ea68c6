"""Drawings for tests, made in memory, and a caller that sees on them what it is told to. Holds no tests."""

from __future__ import annotations

import hashlib
import importlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import ezdxf
import numpy as np
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

from rung.runtime.caller import Ask
from rung.runtime.errors import RungError
from rung.runtime.job import Job
from rung.runtime.spec import Answer, Cost, Provenance
from rung.runtime.tasks import (
    Document,
    FindTextOutput,
    LayoutOutput,
    Reading,
    ReadOutput,
    SheetPart,
    TextBox,
    TextLine,
)

PROVENANCE = Provenance(
    task="read", variant="v", kind="real", node="local", device="cpu", precision="fp32", seed=None, queue_s=0.0,
    load_s=0.0, run_s=0.0, peak_bytes=None, cost=Cost(amount=0.0, currency=""), degraded_from=None, reason="",
)  # fmt: skip
Polygon = tuple[tuple[float, float], ...]


def document(data: bytes, media_type: str, width: int | None = None, height: int | None = None) -> Document:
    key = hashlib.sha256(data).hexdigest()
    return Document(data=data, key=key, media_type=media_type, width=width, height=height)


def pdf(*pages: Callable[[canvas.Canvas], None], password: str | None = None) -> Document:
    """A4 pages in points, y up."""
    out = io.BytesIO()
    encrypt = StandardEncryption(password, "owner") if password is not None else None
    sheet = canvas.Canvas(out, encrypt=encrypt, invariant=True)
    for page in pages:
        page(sheet)
        sheet.showPage()
    sheet.save()
    return document(out.getvalue(), "application/pdf")


def ruled(sheet: canvas.Canvas) -> None:
    """A page with lines and without text."""
    for at in range(100, 500, 50):
        sheet.line(100, at, 400, at)


def dxf(draw: Callable[[Any], None]) -> Document:
    made = ezdxf.new("R2010", setup=True)
    made.units = ezdxf.units.MM
    style = made.dimstyles.get("EZDXF")
    style.dxf.dimtxt, style.dxf.dimlfac, style.dxf.dimasz, style.dxf.dimscale = 3.5, 1.0, 3.0, 1.0
    draw(made.modelspace())
    out = io.StringIO()
    made.write(out)
    return document(out.getvalue().encode(), "image/vnd.dxf")


def scan(width: int = 600, height: int = 400, ink: int = 30, kind: str = "PNG", **save: Any) -> Document:
    """A light page with a dark square of `ink` pixels a side."""
    pixels = np.full((height, width), 240, np.uint8)
    pixels[50 : 50 + ink, 60 : 60 + ink] = 20
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **save)
    return document(out.getvalue(), f"image/{kind.lower()}", width, height)


def box(x: float, y: float, width: float = 60, height: float = 20) -> Polygon:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def upwards(x: float, y: float, width: float = 60, height: float = 20) -> Polygon:
    """A text that runs up from (x, y), its bottom left corner to the right of it."""
    return ((x, y), (x, y - width), (x + height, y - width), (x + height, y))


Said = str | Sequence[tuple[str, float | None]]


@dataclass
class Reader:
    """Finds `texts` at their polygons and reads them; by alphabet where `read` says it, failing where `fails` does."""

    texts: Mapping[Polygon, Said] = field(default_factory=dict)
    by_alphabet: Mapping[str, Mapping[Polygon, Said]] = field(default_factory=dict)
    parts: Sequence[SheetPart] = ()
    fails: Mapping[str, RungError] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def job(self, **more: Any) -> Job:
        return Job(id="j", caller=self, **more)

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        self.asked.append((task, input))
        variant = {"find-text": "finder", "read": f"reader-{getattr(input, 'alphabet', '')}"}.get(task, task)
        if error := self.fails.get(variant) or self.fails.get(task):
            raise error
        made = replace(PROVENANCE, task=task, step=ask.step or task, variant=variant)
        return Answer(output=self._output(task, input), provenance=made)

    def _output(self, task: str, input: Any) -> Any:
        match task:
            case "compute":
                module, _, name = input.function.partition(":")
                return _Value(getattr(importlib.import_module(module), name)(**input.arguments))
            case "find-text":
                boxes = tuple(TextBox(polygon=polygon) for polygon in self.texts)
                return FindTextOutput(boxes=boxes, width=input.picture.width, height=input.picture.height)
            case "read":
                said = self.by_alphabet.get(input.alphabet, self.texts)
                lines = tuple(_line(number, one, said) for number, one in enumerate(input.boxes))
                return ReadOutput(lines=lines, alphabets=(input.alphabet,))
            case "layout":
                size = {"width": input.picture.width, "height": input.picture.height}
                return LayoutOutput(parts=tuple(self.parts), kinds=("view", "table", "title-block"), **size)
        raise AssertionError(task)


@dataclass
class _Value:
    value: Any


def _line(number: int, one: TextBox, said: Mapping[Polygon, Said]) -> TextLine:
    found = said.get(one.polygon, ())
    readings = ((found, 0.9),) if isinstance(found, str) else found
    made = tuple(Reading(text=text, confidence=sure) for text, sure in readings if text)
    return TextLine(box=number, polygon=one.polygon, readings=made, reason="" if made else "no letters in it")
