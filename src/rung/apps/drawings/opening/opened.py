"""Owns the way from a drawing's bytes to a page as grey pixels, with the texts that the file itself holds.

Runs in a worker. Every fault of a file is an InvalidInput that says what is wrong with it and what would help.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.apps.drawings.opening import dxf_page, pdf_page, raster_page
from rung.apps.drawings.opening.layer import Corner, LayerText
from rung.runtime.errors import RungError
from rung.runtime.tasks import Document

PDF, DXF = "application/pdf", "image/vnd.dxf"
INK = 48
"""Of 255: how much darker than the paper a pixel is that counts as ink."""
LEAST_INK = 40
"""Pixels of ink below which a page is blank: a full stop at 200 dpi has about as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A page. grey: uint8 [H, W], dark lines on light paper. dpi_source: as in the schema. texts: the file's own."""

    grey: NDArray[np.uint8]
    dpi: float
    dpi_source: str
    texts: tuple[LayerText, ...] = ()
    notes: tuple[str, ...] = ()


def survey(document: Document) -> dict[str, Any]:
    """{"pages"}: how many there are. Raises InvalidInput for a file that cannot be opened."""
    match document.media_type:
        case "application/pdf":
            return {"pages": pdf_page.page_count(document.data)}
        case "image/vnd.dxf":
            return {"pages": dxf_page.page_count(document.data)}
        case _:
            return {"pages": raster_page.page_count(document.data)}


def open_page(
    document: Document, page: int, dpi: int | None, most_pixels: int, text_layer: bool, turned: int = 0
) -> dict[str, Any]:
    """One page, from 1: {"png", "key", "width", "height", "dpi", "dpi_source", "texts", "notes", "blank"}.

    dpi: as the caller gave it. most_pixels: a page that would have more is rendered at a lower dpi, or a scan
    shrunk, and a note says so. turned: degrees with the clock, 0, 90, 180 or 270, by which it is turned.
    """
    opened = _turned(_opened(document, page, dpi, most_pixels, text_layer), page, turned)
    grey, notes = opened.grey, list(opened.notes)
    if int(np.median(grey[::4, ::4])) < 128:
        grey = cv2.bitwise_not(grey)
        notes.append(f"page {page} has light lines on a dark ground; it is read with both exchanged")
    done, png = cv2.imencode(".png", grey, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise RungError(f"OpenCV could not encode a page of {grey.shape[1]} x {grey.shape[0]} pixels as PNG")
    return {
        "png": (data := png.tobytes()),
        "key": hashlib.sha256(data).hexdigest(),
        "width": grey.shape[1],
        "height": grey.shape[0],
        "dpi": opened.dpi,
        "dpi_source": opened.dpi_source,
        "texts": [text.plain() for text in opened.texts],
        "notes": notes,
        "blank": blank(grey),
    }


def _turned(opened: Opened, page: int, degrees: int) -> Opened:
    if not degrees:
        return opened
    height, width = opened.grey.shape
    note = (
        f"page {page} does not lie upright: it was turned by {degrees} degrees with the clock to be read, and places"
        " are those of the turned page"
    )
    texts = [replace(text, polygon=_with_clock(text.polygon, width, height, degrees)) for text in opened.texts]
    grey = np.ascontiguousarray(np.rot90(opened.grey, -degrees // 90))
    return replace(opened, grey=grey, texts=tuple(texts), notes=(*opened.notes, note))


def _with_clock(polygon: tuple[Corner, ...], width: int, height: int, degrees: int) -> tuple[Corner, ...]:
    """Where a polygon of a page of that size lies once the page is turned."""
    match degrees:
        case 90:
            return tuple((height - y, x) for x, y in polygon)
        case 180:
            return tuple((width - x, height - y) for x, y in polygon)
        case _:
            return tuple((y, width - x) for x, y in polygon)


def blank(grey: NDArray[np.uint8]) -> bool:
    """Whether nothing is drawn or written on the page."""
    paper = int(np.median(grey[::4, ::4]))
    return int(np.count_nonzero(grey < paper - INK)) < LEAST_INK


def _opened(document: Document, page: int, dpi: int | None, most_pixels: int, text_layer: bool) -> Opened:
    notes: list[str] = []
    match document.media_type:
        case "application/pdf":
            grey, used, texts = pdf_page.render(document.data, page, dpi or RENDERED_DPI, most_pixels, text_layer)
        case "image/vnd.dxf":
            wanted = dpi or RENDERED_DPI
            grey, used, texts, notes = dxf_page.render(document.data, page, wanted, most_pixels, text_layer)
        case _:
            return _scanned(document, page, dpi, most_pixels)
    wanted = dpi or RENDERED_DPI
    if used < wanted - 0.5:
        notes.append(f"page {page} is rendered at {used:.0f} dpi, as {wanted} would be over {most_pixels} pixels")
    return Opened(grey=grey, dpi=used, dpi_source="rendered", texts=tuple(texts), notes=tuple(notes))


def _scanned(document: Document, page: int, dpi: int | None, most_pixels: int) -> Opened:
    grey, said, share = raster_page.decode(document.data, page, most_pixels)
    of_file = float(dpi or said or ASSUMED_DPI)
    notes = []
    if share < 1:
        of_now = f"{of_file * share:.0f} dpi instead of {of_file:.0f}"
        unknown = "" if dpi or said else " (assumed: the file does not say)"
        notes.append(
            f"page {page} is read at {of_now}{unknown}, as it has more than {most_pixels} pixels; positions are in"
            " pixels of the smaller picture"
        )
    return Opened(grey=grey, dpi=of_file * share, dpi_source=_source(dpi, said), notes=tuple(notes))


RENDERED_DPI = 200
ASSUMED_DPI = 200.0


def _source(given: int | None, said: float | None) -> str:
    if given is not None:
        return "given"
    return "assumed" if said is None else "file"
