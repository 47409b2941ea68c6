"""How large a page may be: what is taken at all, what is read of it, and what its work takes of memory."""

from __future__ import annotations

from rung.runtime.spec import MiB

SCAN_PIXELS = 150_000_000
"""Of a scan, at most: an A0 sheet at 300 dpi has 139 million."""
READ_PIXELS = 64_000_000
"""Of a page that is read, at most: an A0 sheet at 200 dpi has 62 million, and reading it takes 1.3 GiB of all processes
at its peak. Larger scans are shrunk to it, PDF and DXF rendered at fewer dots per inch; both are said."""
PER_PIXEL = 12
"""Bytes that work on a grey page takes for each of its pixels, at most: decoded in colour and once more turned, drawn
on and encoded. Measured at 62 million pixels: opening 5, annotating 9."""
FIXED = 60 * MiB


def page_bytes(width: int | None, height: int | None) -> int:
    """Bytes that one step of the work on a page or a scan of that size takes; unknown: of the largest page."""
    return FIXED + PER_PIXEL * (width * height if width and height else READ_PIXELS)
