"""decode: every kind of picture comes out as upright RGB, or says why not."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from rung.models.catalog.runtimes import RUNTIMES
from rung.models.pictures import decode, fitted
from rung.runtime.errors import InvalidInput, UnsupportedMedia
from rung.runtime.tasks import Picture


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> Picture:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return Picture(
        data=buffer.getvalue(), key="k", width=image.width, height=image.height, media_type=f"image/{form.lower()}"
    )


def quadrants(width: int = 40, height: int = 24) -> Image.Image:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (250, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 250, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 250)
    return Image.fromarray(pixels)


def test_rgb_passes_unchanged_and_belongs_to_the_caller() -> None:
    image = quadrants()
    pixels = decode(encoded(image))
    assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous and pixels.flags.writeable
    assert np.array_equal(pixels, np.asarray(image))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_every_exif_orientation_comes_out_upright(orientation: int, form: str) -> None:
    upright = np.asarray(quadrants())
    # What a camera stores so that `orientation` sets it upright: the inverse turn.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x112] = orientation
    picture = encoded(Image.fromarray(np.ascontiguousarray(stored)), form, exif=exif, quality=95)
    pixels = decode(picture).astype(int)
    assert pixels.shape == upright.shape
    assert np.abs(pixels[4:-4:4, 4:-4:4] - upright[4:-4:4, 4:-4:4]).mean() < 12


def test_greyscale_is_repeated_in_three_channels() -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert np.array_equal(decode(encoded(Image.fromarray(grey))), np.repeat(grey[..., None], 3, axis=2))


def test_sixteen_bit_grey_keeps_its_high_byte() -> None:
    deep = np.array([[0, 255, 256, 65535, 32768, 300]], np.uint16)
    assert decode(encoded(Image.fromarray(deep)))[0, :, 0].tolist() == [0, 0, 1, 255, 128, 1]


def test_sixteen_bit_grey_with_a_transparent_value_lies_on_white() -> None:
    deep = np.array([[0, 1000, 65535]], np.uint16)
    assert decode(encoded(Image.fromarray(deep), transparency=1000))[0, :, 0].tolist() == [0, 255, 255]


def test_cmyk_jpeg_becomes_rgb() -> None:
    picture = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    red = decode(picture)[8, 8]
    assert red[0] > 200 and red[1] < 60 and red[2] < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_composited_on_white(mode: str) -> None:
    image = Image.new("RGBA", (4, 1), (0, 0, 0, 255))
    image.putpixel((0, 0), (10, 10, 10, 0))
    pixels = decode(encoded(image.convert(mode), "PNG"))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[0, 3].tolist() == [0, 0, 0]


def test_half_transparent_red_on_white_is_pink() -> None:
    assert decode(encoded(Image.new("RGBA", (1, 1), (255, 0, 0, 128))))[0, 0].tolist() == [255, 127, 127]


def test_palette_with_a_transparent_index_shows_white_there() -> None:
    image = Image.new("P", (3, 1), 0)
    image.putpalette([9, 9, 9, 200, 0, 0])
    image.putpixel((1, 0), 1)
    pixels = decode(encoded(image, transparency=0))
    assert pixels[0].tolist() == [[255, 255, 255], [200, 0, 0], [255, 255, 255]]


def test_one_bit_pictures_are_black_and_white() -> None:
    pixels = decode(encoded(Image.fromarray(np.array([[True, False]]))))
    assert pixels[0].tolist() == [[255, 255, 255], [0, 0, 0]]


def test_of_an_animation_the_first_frame_is_read() -> None:
    frames = [Image.new("RGB", (8, 8), c) for c in ((255, 0, 0), (0, 255, 0))]
    picture = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert decode(picture)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_max_side_shrinks_the_longer_side_and_keeps_the_content(form: str) -> None:
    pixels = decode(encoded(quadrants(1001, 600), form, quality=95), max_side=200).astype(int)
    assert pixels.shape == (120, 200, 3)
    assert np.abs(pixels[30, 50] - (250, 0, 0)).max() < 12 and np.abs(pixels[90, 50] - (0, 0, 250)).max() < 12


def test_max_side_never_enlarges() -> None:
    assert decode(encoded(quadrants(40, 24)), max_side=200).shape == (24, 40, 3)


def test_a_jpeg_is_drafted_when_it_is_to_shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []
    resize = Image.Image.resize
    monkeypatch.setattr(
        Image.Image, "resize", lambda self, *a, **k: (sizes.append(self.size), resize(self, *a, **k))[1]
    )
    decode(encoded(quadrants(2000, 1000), "JPEG"), max_side=240)
    assert sizes == [(250, 125)]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(1500, 1000, (1024, 683)), (1000, 1500, (683, 1024)), (512, 512, (1024, 1024)), (5000, 1, (1024, 1))],
)
def test_fitted_follows_the_reference_rounding(width: int, height: int, expected: tuple[int, int]) -> None:
    assert fitted(width, height, 1024) == expected


def test_other_bytes_are_an_unsupported_media_error() -> None:
    with pytest.raises(UnsupportedMedia, match="PNG, JPEG or WebP"):
        decode(Picture(data=b"GIF89a nothing", key="k", width=1, height=1, media_type="image/png"))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_picture_is_an_input_error(form: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(noise), form)
    broken = Picture(data=whole.data[: len(whole.data) // 2], key="k", width=64, height=64, media_type=whole.media_type)
    with pytest.raises(InvalidInput, match="damaged"):
        decode(broken)


def test_a_gif_is_refused_although_pillow_could_read_it() -> None:
    with pytest.raises(UnsupportedMedia):
        decode(encoded(quadrants(), "GIF"))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_what_a_template_imports_is_all_that_decoding_needs(form: str) -> None:
    """What a worker imports at its first picture is its own memory, and its first caller's time."""
    picture = encoded(quadrants(), form)
    code = f"""
import importlib, sys
for name in {[*RUNTIMES["pictures"].modules, "rung.runtime.workers.child"]}:
    importlib.import_module(name)
from rung.models.pictures import decode
before = set(sys.modules)
decode({picture!r})
print(sorted(set(sys.modules) - before))
"""
    code = f"from rung.runtime.tasks import Picture\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"
