"""Owns the opening of a drawing: which pages are meant, and each of them as a picture with the file's own texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rung.apps.drawings import schema
from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.opening.selection import page_numbers
from rung.apps.drawings.opening.sizes import FIXED, READ_PIXELS, page_bytes
from rung.runtime.app import File
from rung.runtime.job import Job
from rung.runtime.tasks import Document, Picture

OPENING = "rung.apps.drawings.opening.opened"
DXF = "image/vnd.dxf"
LAYER = {"application/pdf": "pdf-text", DXF: "dxf"}
"""Engine names of texts that the file itself says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSheet:
    """A page that was rendered. picture: grey PNG. lines: what the file itself says. blank: nothing is on it.

    turned: degrees with the clock by which it was turned upright.
    """

    number: int
    picture: Picture
    dpi: float
    dpi_source: str
    lines: tuple[Line, ...]
    blank: bool
    turned: int = 0

    @property
    def known_dpi(self) -> float | None:
        """None where it is only assumed."""
        return None if self.dpi_source == "assumed" else self.dpi

    def shown(self) -> dict[str, Any]:
        """The fields of a page that every answer has."""
        picture = self.picture
        return {
            "page": self.number,
            "width": picture.width,
            "height": picture.height,
            "dpi": round(self.dpi, 2),
            "dpi_source": self.dpi_source,
            "turned": self.turned,
            "picture": File(data=picture.data, media_type="image/png", width=picture.width, height=picture.height),
        }


async def survey(job: Job, document: Document) -> int:
    """How many pages the file has. Raises InvalidInput for one that cannot be opened."""
    working = page_bytes(None, None) if document.media_type == DXF else FIXED
    found = await job.compute(f"{OPENING}:survey", working=working, document=document)
    return int(found["pages"])


async def pages_of(job: Job, request: schema.SheetRequest) -> tuple[int, list[int]]:
    """(how many pages the file has, those that are meant). Raises InvalidInput for a file that cannot be opened."""
    count = await survey(job, request.file)
    return count, page_numbers(request.pages, count, schema.MOST_PAGES)


async def open_sheet(
    job: Job, document: Document, number: int, dpi: int | None, *, text_layer: bool, turned: int = 0
) -> OpenSheet:
    """Page `number`, from 1, turned by so many degrees with the clock. Raises InvalidInput."""
    found = await job.compute(
        f"{OPENING}:open_page",
        working=page_bytes(document.width, document.height),
        document=document,
        page=number,
        dpi=dpi,
        most_pixels=READ_PIXELS,
        text_layer=text_layer,
        turned=turned,
    )
    for note in found["notes"]:
        job.warn(note)
    picture = Picture(
        data=found["png"],
        key=found["key"],
        width=found["width"],
        height=found["height"],
        media_type="image/png",
    )
    engine = LAYER.get(document.media_type, "")
    return OpenSheet(
        number=number,
        picture=picture,
        dpi=found["dpi"],
        dpi_source=found["dpi_source"],
        lines=tuple(_line(text, engine) for text in found["texts"]),
        blank=found["blank"],
        turned=turned,
    )


def _line(text: dict[str, Any], engine: str) -> Line:
    polygon = tuple((float(x), float(y)) for x, y in text["polygon"])
    guess = Guess(text=str(text["text"]), confidence=1.0, engine=engine)
    of = {"framed": text["framed"] and tuple(text["framed"]), "dimension": text["dimension"]}
    return Line(polygon=polygon, guesses=(guess,), **of)
