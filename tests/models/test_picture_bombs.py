"""Pictures that are small as files and huge as pixels, or that say two things: what a worker opens them into."""

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from rung.models.pictures import decode
from rung.runtime.app import Limits
from rung.runtime.errors import InvalidInput, RungError, TooLarge, UnsupportedMedia
from rung.runtime.server.pictures import read_header, read_picture
from rung.runtime.tasks import Picture

MiB = 2**20


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def black(width: int, height: int) -> bytes:
    """The pixel rows of a black RGB picture, compressed a thousandfold without ever being whole."""
    packer, row = zlib.compressobj(9), bytes(3 * width + 1)
    return b"".join(packer.compress(row) for _ in range(height)) + packer.flush()


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def as_picture(data: bytes, width: int, height: int) -> Picture:
    return Picture(data=data, key="k", width=width, height=height, media_type="image/png")


async def test_a_bomb_of_13000_by_13000_is_refused_by_its_header() -> None:
    bomb = png(header(13_000, 13_000), chunk(b"IDAT", black(13_000, 13_000)))
    assert len(bomb) < MiB

    with pytest.raises(TooLarge, match="13000 x 13000"):
        await read_picture(bomb, "image", Limits())


def test_a_png_with_a_second_header_is_refused_at_the_door() -> None:
    """Pillow goes by the last header; going by the first one let any size pass."""
    lie = png(header(4, 4), header(3000, 3000), chunk(b"IDAT", black(3000, 3000)))
    assert Image.open(io.BytesIO(lie)).size == (3000, 3000)

    with pytest.raises(InvalidInput, match="two headers"):
        read_header(lie)


CHILD = """
import json, resource, sys
from pathlib import Path
from rung.models.pictures import decode
from rung.runtime.errors import RungError
from rung.runtime.tasks import Picture
data = Path(sys.argv[1]).read_bytes()
width, height = int(sys.argv[2]), int(sys.argv[3])
from PIL import Image, PngImagePlugin, JpegImagePlugin, WebPImagePlugin
def peak():
    return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) * 1024
before = peak()
try:
    said = list(decode(Picture(data=data, key="k", width=width, height=height, media_type="image/png")).shape)
except RungError as error:
    said = error.code
print(json.dumps([said, peak() - before]))
"""


def opened(tmp_path: Path, data: bytes, width: int, height: int) -> tuple[object, int]:
    """What decoding came to in a process of its own, and what it cost at the worst moment, in bytes."""
    path = tmp_path / "picture"
    path.write_bytes(data)
    command = [sys.executable, "-c", CHILD, str(path), str(width), str(height)]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True, text=True)
    said, cost = json.loads(done.stdout)
    return said, cost


def test_what_was_let_in_as_small_does_not_open_into_something_large(tmp_path: Path) -> None:
    lie = png(header(4, 4), header(5000, 5000), chunk(b"IDAT", black(5000, 5000)))

    said, cost = opened(tmp_path, lie, 4, 4)

    assert said == "invalid-input"
    assert cost < 16 * MiB


def test_more_pixel_data_than_the_header_says_is_not_unpacked(tmp_path: Path) -> None:
    said, cost = opened(tmp_path, png(header(64, 64), chunk(b"IDAT", black(64, 400_000))), 64, 64)

    assert said in ([64, 64, 3], "invalid-input")
    assert cost < 32 * MiB


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt", b"iTXt"])
def test_a_bomb_in_a_side_chunk_is_not_unpacked(tmp_path: Path, kind: bytes) -> None:
    packed = zlib.compress(bytes(100 * MiB), 9)
    heads = {b"iCCP": b"a\0\0", b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0"}
    data = png(header(4, 4), chunk(kind, heads[kind] + packed), chunk(b"IDAT", black(4, 4)))
    assert read_header(data).width == 4

    said, cost = opened(tmp_path, data, 4, 4)

    assert said in ([4, 4, 3], "invalid-input")
    assert cost < 32 * MiB


def frames(form: str, count: int) -> bytes:
    out = io.BytesIO()
    pictures = [Image.new("RGB", (8, 8), (n * 97 % 256, n * 53 % 256, 0)) for n in range(count)]
    pictures[0].save(out, form, save_all=True, append_images=pictures[1:])
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("count", [2, 500])
def test_an_animation_is_refused_at_the_door_however_many_frames_it_has(form: str, count: int) -> None:
    with pytest.raises(UnsupportedMedia):
        read_header(frames(form, count))


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>",
        b"\xef\xbb\xbf  <svg/>", b"\n\n<SVG/>", b"%!PS-Adobe", b"%PDF-1.7", b"push graphic-context",
    ],
)  # fmt: skip
def test_what_is_a_program_and_no_picture_is_refused_at_the_door_and_in_the_worker(data: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        read_header(data)
    with pytest.raises(RungError):
        decode(as_picture(data, 4, 4))
