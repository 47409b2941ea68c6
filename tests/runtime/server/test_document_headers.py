import io
import struct

import ezdxf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import BaseModel
from toy_app import encoded

from rung.runtime.app import App, FileIn, Limits, Operation
from rung.runtime.errors import InvalidInput, TooLarge, UnsupportedMedia
from rung.runtime.runner.stored import decode, encode
from rung.runtime.server.documents import read_document
from rung.runtime.server.inputs import endpoint, validated
from rung.runtime.settings import Settings
from rung.runtime.tasks import Document

LIMITS = Limits(pixels=1_000_000)


def tiff(*sizes: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    first, *others = [Image.new("1", size) for size in sizes]
    first.save(out, "TIFF", save_all=True, append_images=others, compression="group4")
    return out.getvalue()


def dxf() -> bytes:
    out = io.StringIO()
    ezdxf.new().write(out)
    return out.getvalue().encode()


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (b"\n\n%PDF-1.7 and more", "application/pdf", (None, None)),
        (dxf(), "image/vnd.dxf", (None, None)),
        (b"999\r\nmade by hand\r\n" + dxf().replace(b"\n", b"\r\n"), "image/vnd.dxf", (None, None)),
        (b"AutoCAD Binary DXF\r\n\x1a\0", "image/vnd.dxf", (None, None)),
        (tiff((40, 30), (400, 300), (50, 50)), "image/tiff", (400, 300)),
        (encoded(40, 30, "PNG"), "image/png", (40, 30)),
        (encoded(40, 30, "JPEG"), "image/jpeg", (40, 30)),
    ],
)
async def test_a_document_is_known_by_its_content(data: bytes, kind: str, size: tuple[int, int]) -> None:
    found = await read_document(data, "file", LIMITS)

    assert (found.media_type, (found.width, found.height)) == (kind, size)
    assert found.data == data and len(found.key) == 64


@pytest.mark.parametrize("data", [tiff((2000, 2000)), encoded(2000, 2000, "PNG")], ids=["tiff", "png"])
async def test_pixels_are_counted_before_anything_is_decoded(data: bytes) -> None:
    with pytest.raises(TooLarge, match=r"2000 x 2000 pixels is over the limit of 1000000"):
        await read_document(data, "file", LIMITS)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"AC1032\0\0\0\0", "a DWG .save it as DXF or PDF"),
        (b"PK\x03\x04rest", "a ZIP archive, or an Office file"),
        (b"hello", "this file is not read here; send application/pdf, image/vnd.dxf, image/tiff, image/png"),
    ],
)
async def test_what_is_none_of_them_is_told_so(data: bytes, said: str) -> None:
    with pytest.raises(UnsupportedMedia, match=said):
        await read_document(data, "file", LIMITS)


async def test_a_tiff_whose_directories_go_round_is_refused() -> None:
    ring = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 0) + struct.pack("<I", 8)

    with pytest.raises(InvalidInput, match="in a ring"):
        await read_document(ring, "file", LIMITS)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=100), at=st.integers(0, 200), cut=st.integers(0, 300))
async def test_no_bytes_whatever_raise_anything_but_our_own_of_documents(data: bytes, at: int, cut: int) -> None:
    whole = tiff((40, 30))

    for broken in (whole[:cut], whole[:at] + data + whole[at + len(data) :], whole[:8] + data):
        try:
            await read_document(broken, "file", LIMITS)
        except InvalidInput as error:
            assert error.message.startswith("file:")


class Sheet(BaseModel):
    file: FileIn
    more: list[FileIn] = []


async def test_an_operation_that_takes_documents_gets_one_and_a_kept_job_finds_it_again() -> None:
    app = App(name="toy", title="", summary="", operations=())
    operation = Operation(name="open", summary="", input=Sheet, output=Sheet, pipeline=None, tasks=())  # type: ignore[arg-type]
    at = endpoint(app, operation, Settings(data_dir="d", cache_dir="c"))
    document = await read_document(b"%PDF-1.7", "file", LIMITS)
    made = validated(at, {"file": document, "more": [document]})

    async def read(key: str) -> bytes:
        return {document.key: document.data}[key]

    assert (at.one, at.many, at.documents) == ({"file"}, {"more"}, {"file", "more"})
    assert await decode(encode(made), Sheet, read) == made
    assert isinstance(made, Sheet) and isinstance(made.file, Document)
