import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from toy_app import encoded

from rung.runtime.app import Limits
from rung.runtime.errors import InvalidInput, TooLarge, UnsupportedMedia
from rung.runtime.server.pictures import read_header, read_picture

FORMATS = [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("WEBP", {"lossless": True})]


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("format", "save"), FORMATS)
def test_the_upright_size_is_what_pillow_sees_after_turning(
    format: str, save: dict[str, bool], orientation: int
) -> None:
    from PIL import ImageOps

    data = encoded(31, 17, format, exif=exif(orientation), **save)

    header = read_header(data)

    assert header.upright == ImageOps.exif_transpose(Image.open(io.BytesIO(data))).size
    assert header.orientation == orientation


@settings(max_examples=60, deadline=None)
@given(width=st.integers(1, 700), height=st.integers(1, 700), which=st.sampled_from(FORMATS))
def test_every_size_is_read_as_it_was_written(width: int, height: int, which: tuple[str, dict[str, bool]]) -> None:
    header = read_header(encoded(width, height, which[0], **which[1]))

    assert header.upright == (width, height)
    assert header.media_type == f"image/{which[0].lower()}"


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200), which=st.sampled_from(FORMATS), cut=st.integers(0, 400), at=st.integers(0, 400))
def test_no_bytes_whatever_raise_anything_but_our_own(
    data: bytes, which: tuple[str, dict[str, bool]], cut: int, at: int
) -> None:
    whole = encoded(20, 20, which[0], exif=exif(6), **which[1])

    for broken in (whole[:cut], whole[:at] + data + whole[at + len(data) :], whole[:12] + data):
        try:
            read_header(broken)
        except (InvalidInput, UnsupportedMedia) as error:
            assert error.message


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_an_animated_picture_is_refused(format: str) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(out, format, save_all=True, append_images=frames[1:])

    with pytest.raises(UnsupportedMedia, match="animated"):
        read_header(out.getvalue())


async def test_the_pixel_limit_looks_at_the_upright_header_only() -> None:
    header = struct.pack(">IIBBBBB", 70_000, 2, 8, 0, 0, 0, 0)
    long = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + bytes(4) + bytes(4) + b"IEND" + bytes(4)

    with pytest.raises(TooLarge, match="70000 x 2"):
        await read_picture(long, "image", Limits())
    with pytest.raises(TooLarge, match="limit of 11 pixels"):
        await read_picture(encoded(4, 3), "image", Limits(pixels=11))
    assert (await read_picture(encoded(4, 3), "image", Limits(pixels=12))).width == 4
