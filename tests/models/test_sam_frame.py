"""The 1024 frame: where pictures and clicks land in it, and how logits come back as a mask."""

import cv2
import numpy as np
import pytest
from fake_call import points

from rung.models import sam_frame
from rung.models.sam_frame import letterboxed, mask, over, prompt, stretched, tensor
from rung.runtime.tasks import Picture, SegmentInput


def given(width: int, height: int, **prompts: object) -> SegmentInput:
    picture = Picture(data=b"", key="k", width=width, height=height, media_type="image/png")
    return SegmentInput(picture=picture, **prompts)


def blob(seed: int, x: int, y: int, radius: int) -> np.ndarray:
    """Smooth logits, positive around (x, y) only."""
    rows, columns = np.mgrid[:256, :256]
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(256, 256)).astype(np.float32), (0, 0), 3)
    return (radius - np.hypot(columns - x, rows - y) + 6 * noise).astype(np.float32)


def test_a_click_is_scaled_into_the_letterboxed_frame() -> None:
    frame = letterboxed(2000, 1000)
    coords, labels = prompt(given(2000, 1000, points=points((1000, 500), (10, 990, 0))), frame, pad=True)
    assert frame.inner == (1024, 512)
    assert np.allclose(coords, [[[512, 256], [5.12, 506.88], [0, 0]]])
    assert labels.tolist() == [[1, 0, -1]]


def test_a_click_is_stretched_in_the_square_frame() -> None:
    coords, _ = prompt(given(2000, 1000, points=points((1000, 500))), stretched(2000, 1000), pad=False)
    assert np.allclose(coords, [[[512, 512]]])


def test_a_box_becomes_its_two_corners_and_needs_no_padding() -> None:
    coords, labels = prompt(given(512, 512, box=(10, 20, 300, 400)), letterboxed(512, 512), pad=True)
    assert np.allclose(coords, [[[20, 40], [600, 800]]])
    assert labels.tolist() == [[2, 3]]


def test_the_tensor_is_normalised_first_and_padded_with_zeros_after() -> None:
    pixels = np.full((100, 200, 3), (255, 0, 128), np.uint8)
    image = tensor(pixels, letterboxed(200, 100))
    assert image.shape == (1, 3, 1024, 1024) and image.dtype == np.float32
    assert np.allclose(image[0, :, 511, 1023], [2.2489, -2.0357, 0.4265], atol=1e-4)
    assert not image[0, :, 512:].any()


def test_of_a_wide_picture_sam2_keeps_1024_rows_where_there_are_as_many() -> None:
    assert stretched(4000, 2000).decode_side == 2048
    assert letterboxed(4000, 2000).decode_side == 1024


@pytest.mark.parametrize(
    ("width", "height"), [(1500, 1000), (700, 1900), (640, 427), (300, 200), (1024, 1024), (33, 900)]
)
@pytest.mark.parametrize("place", [letterboxed, stretched])
def test_the_crop_equals_the_same_crop_of_the_whole_upsampled_picture(width: int, height: int, place: object) -> None:
    frame = place(width, height)  # type: ignore[operator]
    inner = (frame.inner[0] // 4, frame.inner[1] // 4)
    logits = blob(1, inner[0] // 3, inner[1] // 2, max(min(inner) // 5, 3))
    found, (x0, y0, x1, y1) = mask(logits, frame)
    grid = cv2.resize(logits, (frame.grid, frame.grid), interpolation=cv2.INTER_LINEAR)
    grid = grid[: frame.inner[1] * frame.grid // 1024, : frame.inner[0] * frame.grid // 1024]
    full = over(grid, frame, (0, 0, width, height))
    assert full.any() and np.array_equal(found, full[y0:y1, x0:x1])
    assert full.sum() == found.sum()


def test_the_whole_upsampled_picture_is_what_opencv_makes_of_it() -> None:
    frame, logits = letterboxed(1500, 1000), blob(2, 120, 80, 40)
    grid = cv2.resize(logits, (1024, 1024), interpolation=cv2.INTER_LINEAR)[: frame.inner[1], : frame.inner[0]]
    reference = cv2.resize(np.ascontiguousarray(grid), (1500, 1000), interpolation=cv2.INTER_LINEAR) > 0
    assert ((over(grid, frame, (0, 0, 1500, 1000)) > 0) != reference).sum() <= 5


def test_the_box_is_tight() -> None:
    found, (x0, y0, x1, y1) = mask(blob(3, 100, 60, 20), letterboxed(1500, 1000))
    assert found.shape == (y1 - y0, x1 - x0) and set(np.unique(found)) <= {0, 255}
    assert found[0].any() and found[-1].any() and found[:, 0].any() and found[:, -1].any()


def test_a_mask_may_touch_every_edge() -> None:
    found, box = mask(np.ones((256, 256), np.float32), letterboxed(777, 333))
    assert box == (0, 0, 777, 333) and found.all()


def test_nothing_positive_is_an_empty_mask() -> None:
    found, box = mask(np.full((256, 256), -1, np.float32), letterboxed(640, 480))
    assert found.shape == (0, 0) and box == (0, 0, 0, 0)


def test_what_lies_in_the_padding_is_not_part_of_the_picture() -> None:
    logits = np.full((256, 256), -1, np.float32)
    logits[200:] = 5
    assert mask(logits, letterboxed(1000, 500))[1] == (0, 0, 0, 0)


def test_a_one_pixel_picture_has_a_frame_and_a_mask() -> None:
    frame = letterboxed(1, 1)
    assert tensor(np.zeros((1, 1, 3), np.uint8), frame).shape == (1, 3, 1024, 1024)
    assert mask(np.ones((256, 256), np.float32), frame)[1] == (0, 0, 1, 1)


def test_a_sliver_keeps_one_row() -> None:
    frame = letterboxed(5000, 1)
    assert frame.inner == (1024, 1)
    assert mask(np.ones((256, 256), np.float32), frame)[1] == (0, 0, 5000, 1)
    assert sam_frame.tensor(np.zeros((1, 1024, 3), np.uint8), frame).any()
