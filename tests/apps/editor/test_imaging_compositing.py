"""compositing: what is not meant to change stays bit for bit, whatever kind of picture it is."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imaging_makers import ellipse, encoded, opened, random_pixels, rgb
from PIL import Image, ImageCms

from rung.apps.editor import compositing, masks
from rung.models.pictures import decode
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import Box, Picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def prepared(picture: Picture, box: Box, dilate: int = 0, margin: float = 1.0) -> dict[str, Any]:
    mask = ellipse(box[2] - box[0], box[3] - box[1])
    return compositing.prepare_hole(picture, mask, box, dilate, margin)


def removed(picture: Picture, hole: dict[str, Any], feather: int = 0, form: str = "png") -> bytes:
    """As if an inpainter had painted everything it was given magenta."""
    filled = np.full_like(hole["pixels"], (255, 0, 255))
    return compositing.finish_removal(picture, filled, hole["box"], hole["mask"], feather, form)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_outside_the_hole_a_removal_is_the_original_bit_for_bit(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(2, 400), "width"), data.draw(st.integers(2, 300), "height")
    x0, y0 = data.draw(st.integers(0, width - 1), "x0"), data.draw(st.integers(0, height - 1), "y0")
    x1, y1 = data.draw(st.integers(x0 + 1, width), "x1"), data.draw(st.integers(y0 + 1, height), "y1")
    pixels = random_pixels(width, height)
    picture = encoded(Image.fromarray(pixels))
    try:
        hole = prepared(picture, (x0, y0, x1, y1), data.draw(st.integers(0, 20), "dilate"))
    except InvalidInput as error:
        assert "covers the whole picture" in error.message
        return
    feather = data.draw(st.integers(0, 10), "feather")
    after = rgb(removed(picture, hole, feather))
    full = masks.placed(hole["mask"], hole["box"], width, height)
    assert np.array_equal(after[full == 0], pixels[full == 0])
    inner = masks.softened(full, feather) == 1
    assert (after[inner] == (255, 0, 255)).all()


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "RGB", "1", "I;16"])
def test_every_colour_mode_comes_back_as_rgb_and_untouched_outside(mode: str) -> None:
    source = Image.fromarray(random_pixels(90, 70))
    image = Image.fromarray(random_pixels(90, 70, 1).astype(np.uint16)[..., 0] * 257) if mode == "I;16" else source
    picture = encoded(image.convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    hole = prepared(picture, (0, 0, 30, 30), 4)
    after = opened(removed(picture, hole))
    full = masks.placed(hole["mask"], hole["box"], 90, 70)
    assert after.mode == "RGB"
    assert np.array_equal(np.asarray(after)[full == 0], decode(picture)[full == 0])


def test_the_profile_is_kept_and_the_orientation_is_applied_and_dropped() -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    picture = encoded(Image.fromarray(random_pixels(80, 50)), exif=exif, icc_profile=SRGB)
    after = opened(removed(picture, prepared(picture, (10, 10, 30, 40))))
    assert after.size == (50, 80) and after.info["icc_profile"] == SRGB
    assert after.getexif().get(0x112) is None
    assert np.array_equal(np.asarray(after)[60:], decode(picture)[60:])


@pytest.mark.parametrize(("form", "mode"), [("png", "RGBA"), ("webp", "RGBA"), ("jpeg", "RGB")])
def test_transparency_stays_and_the_hole_becomes_as_transparent_as_its_surroundings(form: str, mode: str) -> None:
    rgba = random_pixels(120, 90, 4)
    rgba[..., 3] = 0
    rgba[30:60, 40:80, 3] = 255
    picture = encoded(Image.fromarray(rgba))
    hole = compositing.prepare_hole(picture, np.full((34, 44), 255, np.uint8), (38, 28, 82, 62), 0, 1.0)
    after = opened(removed(picture, hole, form=form))
    assert after.mode == mode
    if mode == "RGBA":
        assert np.asarray(after)[..., 3].max() == 0
    else:
        assert np.asarray(after)[45, 60].min() > 240, "nothing there any more: white"


def test_colours_under_transparency_are_the_stored_ones() -> None:
    rgba = random_pixels(60, 40, 4)
    picture = encoded(Image.fromarray(rgba))
    after = np.asarray(opened(removed(picture, prepared(picture, (0, 0, 12, 12)))))
    assert np.array_equal(after[20:], rgba[20:])


def test_the_hole_comes_with_its_surroundings_at_full_resolution() -> None:
    pixels = random_pixels(2000, 1500)
    hole = prepared(encoded(Image.fromarray(pixels)), (900, 700, 1100, 800), 10)
    assert hole["hole_box"] == (890, 690, 1110, 810)
    assert hole["box"] == (670, 470, 1330, 1030)
    x0, y0, x1, y1 = hole["box"]
    assert np.array_equal(hole["pixels"], pixels[y0:y1, x0:x1])
    assert hole["hole_share"] == pytest.approx((hole["mask"] > 0).mean())


def test_an_empty_selection_and_one_that_leaves_nothing_are_refused() -> None:
    picture = encoded(Image.fromarray(random_pixels(30, 20)))
    with pytest.raises(InvalidInput, match="selection is empty"):
        compositing.prepare_hole(picture, np.zeros((0, 0), np.uint8), (0, 0, 0, 0), 5, 1.0)
    with pytest.raises(InvalidInput, match="grown by 40 pixels covers the whole"):
        prepared(picture, (5, 5, 9, 9), dilate=40)
    with pytest.raises(InvalidInput, match="covers the whole"):
        compositing.prepare_surroundings(picture, np.full((20, 30), 255, np.uint8), (0, 0, 30, 20))


def test_a_picture_of_one_pixel_has_nothing_to_fill_from_but_can_be_cut_out() -> None:
    picture = encoded(Image.new("RGB", (1, 1), (9, 8, 7)))
    one = np.full((1, 1), 255, np.uint8)
    with pytest.raises(InvalidInput, match="covers the whole"):
        compositing.prepare_hole(picture, one, (0, 0, 1, 1), 0, 1.0)
    cut = compositing.cutout(picture, one, (0, 0, 1, 1), 2, True)
    assert np.asarray(opened(cut["data"])).tolist() == [[[9, 8, 7, 255]]]


@pytest.mark.parametrize("ground", ["colour", "blur", "picture", "pixels"])
def test_the_object_before_another_background_keeps_its_pixels(ground: str) -> None:
    pixels = random_pixels(200, 150)
    picture = encoded(Image.fromarray(pixels))
    behind: dict[str, Any] = {
        "colour": {"colour": "#102030"},
        "blur": {"blur": 12},
        "picture": {"background": encoded(Image.fromarray(random_pixels(50, 300, seed=1)))},
        "pixels": {"pixels": random_pixels(200, 150, seed=2)},
    }[ground]
    mask = ellipse(80, 60)
    data = compositing.replace_background(picture, mask, (0, 40, 80, 100), 3, "png", **behind)
    after, full = rgb(data), masks.placed(mask, (0, 40, 80, 100), 200, 150)
    inner = masks.softened(full, 3) == 1
    assert inner.any() and np.array_equal(after[inner], pixels[inner])
    assert not np.array_equal(after[full == 0], pixels[full == 0])
    if ground == "colour":
        assert (after[full == 0] == (0x10, 0x20, 0x30)).all()


def test_a_blurred_background_holds_nothing_of_the_object() -> None:
    pixels = np.full((120, 160, 3), 60, np.uint8)
    pixels[40:80, 50:110] = 255
    picture = encoded(Image.fromarray(pixels))
    mask = np.full((44, 64), 255, np.uint8)
    after = rgb(compositing.replace_background(picture, mask, (48, 38, 112, 82), 0, "png", blur=20))
    outside = masks.placed(mask, (48, 38, 112, 82), 160, 120) == 0
    assert after[outside].max() <= 61


def test_a_cutout_is_the_object_and_nothing_of_its_background() -> None:
    pixels = random_pixels(100, 80)
    mask = ellipse(40, 30)
    cut = compositing.cutout(encoded(Image.fromarray(pixels)), mask, (20, 10, 60, 40), 0, False)
    after = np.asarray(opened(cut["data"]))
    full = masks.placed(mask, (20, 10, 60, 40), 100, 80)
    assert (cut["width"], cut["height"], cut["box"]) == (100, 80, (20, 10, 60, 40))
    assert np.array_equal(after[..., 3], full)
    assert np.array_equal(after[full > 0, :3], pixels[full > 0])
    assert not after[full == 0].any()


def test_a_trimmed_cutout_is_as_large_as_the_object() -> None:
    cut = compositing.cutout(
        encoded(Image.fromarray(random_pixels(100, 80))), ellipse(40, 30), (20, 10, 60, 40), 0, True
    )
    assert opened(cut["data"]).size == (40, 30) == (cut["width"], cut["height"])
    assert cut["box"] == (20, 10, 60, 40)


def test_a_matte_is_stretched_over_the_picture_and_an_empty_one_refused() -> None:
    picture = encoded(Image.fromarray(random_pixels(640, 160)))
    alpha = np.zeros((320, 320), np.uint8)
    alpha[:, 160:] = 255
    cut = compositing.cutout(picture, alpha, (0, 0, 640, 160), 1, False, soft=True)
    found = np.asarray(opened(cut["data"]))[..., 3]
    assert (found[:, :318] == 0).all() and (found[:, 322:] == 255).all()
    with pytest.raises(InvalidInput, match="no object stands out"):
        compositing.cutout(picture, np.zeros((320, 320), np.uint8), (0, 0, 640, 160), 1, False, soft=True)


def test_the_edge_before_a_new_background_is_soft_on_every_side_of_the_object() -> None:
    picture = encoded(Image.new("RGB", (40, 40), (255, 255, 255)))
    whole = np.full((20, 20), 255, np.uint8)
    data = compositing.replace_background(picture, whole, (10, 10, 30, 30), 3, "png", colour="#000000")
    row = rgb(data)[20, :, 0]
    assert row[9:15].tolist() == row[30:24:-1].tolist() == [0, 64, 128, 191, 255, 255]


def test_a_transparent_picture_is_set_upright_with_its_transparency() -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    rgba = random_pixels(50, 30, 4)
    picture = encoded(Image.fromarray(rgba), exif=exif)
    after = np.asarray(opened(removed(picture, prepared(picture, (0, 0, 8, 8)))))
    assert np.array_equal(after[12:], np.rot90(rgba, -1)[12:])
