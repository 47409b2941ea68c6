"""The mock of fill: nobody can take it for a result."""

import numpy as np
import pytest
from inpaint_makers import Heard, hole

from rung.models.catalog.fill import MOCK_FILL
from rung.models.mock_fill import BLACK, YELLOW, mock_fill
from rung.runtime.tasks import FillInput


def test_the_hole_is_hatched_in_yellow_and_black_and_the_rest_stays() -> None:
    mask = hole(300, 400, slice(40, 240), slice(60, 340))
    call = Heard(FillInput(pixels=np.full((300, 400, 3), 128, np.uint8), mask=mask, prompt="a vase"))
    pixels = mock_fill(call.input, call).pixels
    inside = pixels[mask > 0]
    plain = (inside == YELLOW).all(axis=1) | (inside == BLACK).all(axis=1)
    assert plain.mean() > 0.85
    assert (pixels[mask == 0] == 128).all()
    assert "mock" in call.warnings[0]


def test_the_words_stand_in_the_pixels() -> None:
    mask = hole(300, 300, slice(20, 280), slice(20, 280))
    written, other = (
        mock_fill(FillInput(pixels=np.zeros((300, 300, 3), np.uint8), mask=mask, prompt=prompt), Heard(None)).pixels
        for prompt in ("a vase", "한국어")
    )
    assert not np.array_equal(written, other)
    band = other[20 : 20 + 87, 20 : 20 + 130]
    assert ((band == YELLOW).all(axis=2)).mean() > 0.6, "the plate of the word MOCK fills most of its band"


@pytest.mark.parametrize("shape", [(1, 2), (3, 900), (5, 5)])
def test_a_hole_too_small_for_words_is_hatched_all_the_same(shape: tuple[int, int]) -> None:
    mask = hole(*shape, slice(0, 1), slice(0, 1))
    input = FillInput(pixels=np.full((*shape, 3), 128, np.uint8), mask=mask, prompt="x")
    assert (mock_fill(input, Heard(input)).pixels[mask > 0] != 128).all()


def test_the_catalogue_calls_it_a_mock() -> None:
    assert MOCK_FILL.kind == "mock"
