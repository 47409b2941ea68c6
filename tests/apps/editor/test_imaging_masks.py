"""masks: what is uploaded, grown, softened and written comes out as it was meant."""

import numpy as np
import pytest
from imaging_makers import ellipse, encoded, opened
from PIL import Image

from rung.apps.editor import masks
from rung.runtime.errors import InvalidInput

BOX = (3, 5, 33, 25)


def uploaded(mode: str) -> Image.Image:
    """An ellipse over BOX of a 60 x 40 picture, selected in the ways that people paint masks."""
    full = masks.placed(ellipse(30, 20), BOX, 60, 40)
    grey = Image.fromarray(full)
    match mode:
        case "opaque RGBA":
            return Image.merge("RGBA", (grey, grey, grey, Image.new("L", grey.size, 255)))
        case "black on nothing":
            black = Image.new("L", grey.size, 0)
            return Image.merge("RGBA", (black, black, black, grey))
        case "palette with transparency":
            image = Image.fromarray((full > 0).astype(np.uint8)).convert("P")
            image.putpalette([9, 9, 9, 8, 8, 8])
            image.info["transparency"] = 0
            return image
        case _:
            return grey.convert(mode)


@pytest.mark.parametrize(
    "mode", ["L", "1", "RGB", "I;16", "LA", "opaque RGBA", "black on nothing", "palette with transparency"]
)
def test_an_uploaded_mask_of_any_kind_selects_the_same(mode: str) -> None:
    image = uploaded("L").point(lambda v: v * 257, "I").convert("I;16") if mode == "I;16" else uploaded(mode)
    found = masks.decode_mask(encoded(image), 60, 40)
    assert found["box"] == BOX
    assert np.array_equal(found["mask"], ellipse(30, 20))


def test_a_mask_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(InvalidInput, match=r"60 x 40 and the picture 61 x 40"):
        masks.decode_mask(encoded(uploaded("L")), 61, 40)


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(InvalidInput, match="selects nothing"):
        masks.decode_mask(encoded(Image.new("L", (8, 8), 127)), 8, 8)


@pytest.mark.parametrize("size", [(60, 40), (33, 25), (61, 41)])
def test_a_mask_comes_back_from_its_png_as_large_as_the_picture(size: tuple[int, int]) -> None:
    image = opened(masks.mask_png(ellipse(30, 20), BOX, *size))
    assert image.size == size
    assert np.array_equal(np.asarray(image.convert("L")), masks.placed(ellipse(30, 20), BOX, *size))


@pytest.mark.parametrize("by", [0, 1, 7, 200])
def test_a_grown_mask_holds_all_within_that_many_pixels(by: int) -> None:
    point = masks.placed(np.full((1, 1), 255, np.uint8), (20, 10, 21, 11), 60, 40)
    y, x = np.mgrid[:40, :60]
    expected = (x - 20) ** 2 + (y - 10) ** 2 <= by * by
    assert np.array_equal(masks.grown(point, by) > 0, expected)


def test_a_soft_edge_lies_inside_the_mask_and_the_edge_of_the_picture_is_none() -> None:
    mask = np.zeros((20, 20), np.uint8)
    mask[:, :10] = 255
    weights = masks.softened(mask, 3)
    assert np.allclose(weights[10], [1] * 7 + [0.75, 0.5, 0.25] + [0] * 10, atol=1e-3)
    assert np.array_equal(masks.softened(mask, 0), mask / 255)
