"""GrabCut: a coloured object by a click, by a box, with a subtracting click; the odd pictures."""

import numpy as np
import pytest
from fake_call import answer, disc, overlap, png, points

from rung.models.grabcut import GrabCut
from rung.runtime.model import Context
from rung.runtime.tasks import SegmentInput


@pytest.fixture
def model() -> GrabCut:
    loaded = GrabCut()
    loaded.load(Context(variant="grabcut", task="segment", device="cpu", precision="none", threads=1, weights={}))
    return loaded


def test_one_click_finds_a_disc(model: GrabCut) -> None:
    pixels, truth = disc(800, 600, (300, 250), 120)
    output = answer(model, SegmentInput(picture=png(pixels), points=points((300, 250))))
    assert overlap(output, truth) > 0.95
    assert output.score is None and (output.width, output.height) == (800, 600)


def test_a_box_bounds_the_object(model: GrabCut) -> None:
    pixels, truth = disc(400, 300, (120, 150), 60)
    pixels[:, 300:] = (230, 120, 20)
    output = answer(model, SegmentInput(picture=png(pixels), box=(50, 80, 190, 220)))
    assert overlap(output, truth) > 0.93


def test_only_the_clicked_one_of_two_like_objects_answers(model: GrabCut) -> None:
    pixels, truth = disc(400, 200, (100, 100), 50)
    pixels[:, 200:] = disc(200, 200, (100, 100), 50)[0]
    output = answer(model, SegmentInput(picture=png(pixels), points=points((100, 100), (300, 100, 0))))
    assert overlap(output, truth) > 0.93


def test_the_same_click_gives_the_same_mask(model: GrabCut) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (30, 30, 3), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    input = SegmentInput(picture=png(pixels), points=points((120, 120)))
    first, second = answer(model, input), answer(model, input)
    assert first.box == second.box and np.array_equal(first.mask, second.mask)


def test_the_box_is_tight_and_the_mask_binary(model: GrabCut) -> None:
    pixels, _ = disc(300, 200, (150, 100), 40)
    output = answer(model, SegmentInput(picture=png(pixels), points=points((150, 100))))
    x0, y0, x1, y1 = output.box
    assert output.mask.shape == (y1 - y0, x1 - x0) and set(np.unique(output.mask)) <= {0, 255}
    assert output.mask[0].any() and output.mask[:, -1].any()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4000, 2), (7, 900)])
def test_tiny_and_slim_pictures_get_an_answer(model: GrabCut, size: tuple[int, int]) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    output = answer(model, SegmentInput(picture=png(pixels), points=points((0, 0))))
    assert output.box[2] <= size[0] and output.box[3] <= size[1]


def test_a_subtracting_click_alone_gives_an_empty_mask(model: GrabCut) -> None:
    pixels, _ = disc(300, 200, (150, 100), 40)
    output = answer(model, SegmentInput(picture=png(pixels), points=points((150, 100, 0))))
    assert output.box == (0, 0, 0, 0) and output.mask.shape == (0, 0)


def test_a_flat_picture_answers_without_a_crash(model: GrabCut) -> None:
    output = answer(model, SegmentInput(picture=png(np.full((50, 50, 3), 77, np.uint8)), points=points((25, 25))))
    assert output.mask.any()
