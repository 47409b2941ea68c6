"""What the editor refuses: each with its status, its code, and a sentence that names the thing."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from editor_tools import Editor, png
from PIL import Image

pytestmark = pytest.mark.weights

PICTURE = png(np.full((60, 80, 3), 128, np.uint8))
POINT = [[10, 10]]


def bomb() -> bytes:
    """13000 x 13000 black pixels in half a megabyte."""
    packed = zlib.compressobj(9)
    rows = b"".join(packed.compress(b"\0" * (13000 * 3 + 1)) for _ in range(13000)) + packed.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    head = struct.pack("!IIBBBBB", 13000, 13000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (10, 10)).save(out, "GIF")
    return out.getvalue()


CASES: dict[str, tuple[str, bytes, dict[str, object], int, str, str]] = {
    "nothing selected": ("remove", PICTURE, {}, 422, "invalid-input", "nothing is selected"),
    "a point outside": ("segment", PICTURE, {"points": [[80, 10]]}, 422, "invalid-input", "80 x 60"),
    "a negative coordinate": ("segment", PICTURE, {"points": [[-1, 10]]}, 422, "invalid-input", "points[0]"),
    "a label of 2": ("segment", PICTURE, {"points": [[1, 1, 2]]}, 422, "invalid-input", "points"),
    "only subtracting points": ("segment", PICTURE, {"points": [[1, 1, 0]]}, 422, "invalid-input", "at least one"),
    "points that are no list": ("segment", PICTURE, {"points": "middle"}, 422, "invalid-input", "points"),
    "too many points": ("segment", PICTURE, {"points": POINT * 65}, 422, "invalid-input", "points"),
    "a box the wrong way round": ("segment", PICTURE, {"box": [50, 5, 10, 20]}, 422, "invalid-input", "box"),
    "a box beyond the picture": ("segment", PICTURE, {"box": [0, 0, 81, 20]}, 422, "invalid-input", "box"),
    "a dilation of 201": ("remove", PICTURE, {"points": POINT, "dilate": 201}, 422, "invalid-input", "dilate"),
    "a misspelt field": ("remove", PICTURE, {"points": POINT, "dilat": 3}, 422, "invalid-input", "dilate"),
    "an unknown option": (
        "segment", PICTURE, {"points": POINT, "options": {"varient": "x"}}, 422, "invalid-input", "variant"
    ),
    "an unknown variant": (
        "segment", PICTURE, {"points": POINT, "options": {"variant": "sam3"}}, 422, "invalid-input", "sam3"
    ),
    "two backgrounds": (
        "replace", PICTURE, {"points": POINT, "colour": "#ffffff", "blur": 3}, 422, "invalid-input", "exactly one"
    ),
    "a colour by name": ("replace", PICTURE, {"points": POINT, "colour": "red"}, 422, "invalid-input", "colour"),
    "an empty prompt": ("fill", PICTURE, {"points": POINT, "prompt": ""}, 422, "invalid-input", "prompt"),
    "a mask of another size": (
        "remove", PICTURE, {"mask": png(np.zeros((10, 10), np.uint8))}, 422, "invalid-input", "10"
    ),
    "an empty mask": ("remove", PICTURE, {"mask": png(np.zeros((60, 80), np.uint8))}, 422, "invalid-input", "mask"),
    "mask and points": ("remove", PICTURE, {"points": POINT, "mask": PICTURE}, 422, "invalid-input", "both"),
    "a text file": ("segment", b"hello, this is no picture", {"points": POINT}, 415, "unsupported-media", "image"),
    "a gif": ("segment", gif(), {"points": POINT}, 415, "unsupported-media", "GIF"),
    "an empty file": ("segment", b"", {"points": POINT}, 422, "invalid-input", "empty"),
    "a truncated picture": ("segment", PICTURE[: len(PICTURE) - 30], {"points": POINT}, 422, "invalid-input", ""),
    "a decompression bomb": ("segment", bomb(), {"points": POINT}, 413, "too-large", "13000"),
    "too many bytes": ("segment", PICTURE + b"\0" * 34_000_000, {"points": POINT}, 413, "too-large", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_bad_request_is_refused_with_its_status_its_code_and_a_reason(editor: Editor, name: str) -> None:
    operation, image, fields, status, code, says = CASES[name]

    answer = editor.post(operation, image, **fields)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says.lower() in answer.json()["detail"].lower()


def test_a_one_pixel_picture_is_answered_or_refused_and_never_an_internal_error(editor: Editor) -> None:
    dot = png(np.full((1, 1, 3), 77, np.uint8))

    for operation in ("segment", "remove", "cutout"):
        answer = editor.post(operation, dot, points=[[0, 0]])
        assert answer.status_code in (200, 422), answer.text


def test_the_server_is_alive_and_ready_after_all_that(editor: Editor) -> None:
    assert editor.http.get("/readyz").status_code == 200
