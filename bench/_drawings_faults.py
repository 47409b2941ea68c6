"""What is answered where nothing can be read: an error with a code and a remedy, or a page that says it is blank."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pypdfium2
from PIL import Image

from _report import Figure
from rung.runtime.testing.served import served

MANY_PAGES = 500
WIDE = 30_000


def faults() -> list[Figure]:
    """Each kind once, on a server of its own, and one on a server that has no weights and cannot fetch any."""
    told: dict[str, str] = {}
    with served("--no-console") as server:
        for name, (data, fields) in _files().items():
            told[name] = _told(server.url, data, fields)
    with served("--no-console", env={"RUNG_OFFLINE": "1", "RUNG_CACHE_DIR": str(_empty())}) as server:
        told["weights that are not there"] = _told(server.url, _png(np.full((400, 600), 255, np.uint8), ink=True), {})
    return [
        Figure(name=f"{name}: {said}", value=float(clear(said)), unit="", goal="1 (a clear answer)", holds=clear(said))
        for name, said in told.items()
    ]


def clear(said: str) -> bool:
    """Whether it is an error with a code that is the caller's to act on, or a success that says what it is."""
    status, _, rest = said.partition(" ")
    if status == "200":
        return rest.startswith("with ")
    return status.startswith("4") or (status == "503" and bool(rest))


def _empty() -> Path:
    folder = Path("build/no-weights")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _told(url: str, data: bytes, fields: Mapping[str, str]) -> str:
    """Status, code and what was said, short."""
    answer = httpx.post(f"{url}/v1/drawings/analyze", files={"file": ("sheet", data)}, data=dict(fields), timeout=300)
    body: dict[str, Any] = answer.json()
    if answer.status_code == 200:
        page = body["output"]["pages"][0]
        found = sum(len(page[one]) for one in ("dimensions", "frames", "texts", "tables", "views"))
        return f"200 with {found} things" if found else f"200 {'with ' if body['warnings'] else ''}{body['warnings']}"
    return f"{answer.status_code} {body.get('code', '')}: {body.get('detail', body.get('message', ''))[:110]}"


def _files() -> dict[str, tuple[bytes, dict[str, str]]]:
    blank = np.full((1169, 1654), 255, np.uint8)
    return {
        "a wrong file": (b"PK\x03\x04 this is no drawing", {}),
        "a damaged PDF": (b"%PDF-1.7\n%broken", {}),
        "a PDF under a password": (_encrypted(), {}),
        f"a PDF of {MANY_PAGES} pages": (_pages(MANY_PAGES), {}),
        f"a scan of {WIDE} x {WIDE} pixels": (_wide(), {}),
        "an empty sheet": (_png(blank), {}),
        "a DXF with nothing drawn": (b"0\nSECTION\n2\nENTITIES\n0\nENDSEC\n0\nEOF\n", {}),
    }


def _png(pixels: np.ndarray, *, ink: bool = False) -> bytes:
    if ink:
        pixels[100:103, 100:500] = 0
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, "PNG")
    return sink.getvalue()


def _pages(count: int) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(count):
        document.new_page(842, 595)
    sink = io.BytesIO()
    document.save(sink)
    return sink.getvalue()


def _encrypted() -> bytes:
    """One page under a password, as reportlab writes it."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    sink = io.BytesIO()
    canvas = Canvas(sink, encrypt=StandardEncryption("secret", ownerPassword="owner"))
    canvas.drawString(100, 100, "25")
    canvas.save()
    return sink.getvalue()


def _wide() -> bytes:
    """A grey PNG of that size; packed, it is less than a megabyte."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    line = b"\x00" + b"\xff" * WIDE
    packed = b"".join(packer.compress(line) for _ in range(WIDE)) + packer.flush()
    head = struct.pack(">IIBBBBB", WIDE, WIDE, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
