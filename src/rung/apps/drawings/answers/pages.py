"""One page as each operation answers it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from rung.apps.drawings.answers.frames import Frame
from rung.apps.drawings.answers.parts import Component, Curve, Symbol, View
from rung.apps.drawings.answers.places import PolygonOut
from rung.apps.drawings.answers.tables import Table
from rung.apps.drawings.answers.texts import Dimension, Text, TitleField, Unread
from rung.runtime.app import FileOut


class Step(BaseModel):
    """One step of a page. state: off where it was not asked for; failed: code and message say why.

    engine: the variant that did it. found: how many things.
    """

    step: str
    state: Literal["done", "off", "failed"]
    engine: str = ""
    found: int | None = None
    code: str = ""
    message: str = ""


class Sheet(BaseModel):
    """One page as it was rendered.

    dpi_source: rendered at it, said by the file, given by the caller, or assumed. picture: the page as it was read.
    turned: degrees with the clock by which it was turned upright before; places are those of the turned page.
    """

    page: int
    width: int
    height: int
    dpi: float
    dpi_source: Literal["rendered", "file", "given", "assumed"]
    turned: Literal[0, 90, 180, 270] = 0
    picture: FileOut
    steps: list[Step] = []


class ReadPage(Sheet):
    """The texts of a page."""

    texts: list[Text] = []
    unread: list[Unread] = []


class DetectPage(Sheet):
    """The parts of a page. looked_for: kinds that the model has an eye for; others may stand there unseen."""

    views: list[View] = []
    symbols: list[Symbol] = []
    frames: list[View] = []
    tables: list[View] = []
    title_block: PolygonOut | None = None
    border: PolygonOut | None = None
    looked_for: list[str] = []


class SegmentPage(Sheet):
    """The strokes of a page: how many of each class, and those that hang together."""

    counts: dict[str, int] = {}
    components: list[Component] = []
    strokes: list[Curve] = []
    overlay: FileOut | None = None


class Page(Sheet):
    """Everything that was read on a page. texts: what is none of the other things (notes, labels)."""

    dimensions: list[Dimension] = []
    frames: list[Frame] = []
    title_block: dict[str, TitleField] = {}
    tables: list[Table] = []
    components: list[Component] = []
    views: list[View] = []
    symbols: list[Symbol] = []
    texts: list[Text] = []
    unread: list[Unread] = []
    annotated: FileOut | None = None
