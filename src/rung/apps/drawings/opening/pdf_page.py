"""PDF to grey pixels by PDFium, with the texts of its text layer.

PDFium is not made for threads: one at a time is in it (`_ALONE`), as its own documentation asks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from rung.apps.drawings.opening.layer import LayerText, fitting
from rung.apps.drawings.opening.pdf_text import layer_of
from rung.runtime.errors import InvalidInput

POINTS = 72.0
PASSWORD, SECURITY = 4, 5
"""PDFium's own error codes (fpdfview.h)."""
_ALONE = threading.Lock()


def page_count(data: bytes) -> int:
    """Raises InvalidInput for a file that cannot be opened: encrypted, damaged, without pages."""
    with _document(data) as document:
        return len(document)


def render(
    data: bytes, page: int, dpi: float, most_pixels: int, text_layer: bool
) -> tuple[NDArray[np.uint8], float, list[LayerText]]:
    """Page from 1: (uint8 [H, W], the dpi that it was rendered at, its texts). Raises InvalidInput."""
    with _document(data) as document:
        try:
            found = document[page - 1]
            width, height = found.get_size()
            used = fitting(width / POINTS, height / POINTS, dpi, most_pixels)
            bitmap = found.render(scale=used / POINTS, grayscale=True)
            grey = np.array(bitmap.to_numpy(), dtype=np.uint8).reshape(bitmap.height, bitmap.width, -1)[:, :, 0]
            texts = layer_of(found, grey.shape[1], grey.shape[0]) if text_layer else []
        except pypdfium2.PdfiumError as error:
            raise InvalidInput(
                f"file: page {page} of the PDF cannot be rendered ({error}); print it to a new PDF", field="file"
            ) from error
        return np.ascontiguousarray(grey), used, texts


def in_colour(data: bytes, page: int, width: int) -> NDArray[np.uint8]:
    """Page from 1 in colour, uint8 [H, W, 3], about half as wide as `width`: enough to tell a ground's colour."""
    with _document(data) as document:
        found = document[page - 1]
        bitmap = found.render(scale=width / 2 / found.get_size()[0], rev_byteorder=True)
        return np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8)


@contextmanager
def _document(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    with _ALONE:
        document = _opened(data)
        try:
            yield document
        finally:
            document.close()


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (PASSWORD, SECURITY):
            raise InvalidInput(
                "file: the PDF is encrypted and wants a password; save it without one and send that",
                field="file",
                encrypted=True,
            ) from error
        raise InvalidInput(
            f"file: the PDF cannot be opened ({error}); print it to a new PDF, or send a picture of it", field="file"
        ) from error
    if len(document) == 0:
        document.close()
        raise InvalidInput("file: the PDF has no pages", field="file")
    return document
