"""Telea and Navier-Stokes: a smooth ground is continued, everything else stays."""

from collections.abc import Callable

import numpy as np
import pytest
from inpaint_makers import Heard, hole, holed

from rung.models.classical_inpaint import navier_stokes, telea
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import InpaintInput, InpaintOutput

Method = Callable[[InpaintInput, Heard], InpaintOutput]
BOTH = pytest.mark.parametrize("method", [telea, navier_stokes])


@BOTH
def test_a_gradient_is_continued_and_the_rest_stays_bit_for_bit(method: Method) -> None:
    truth = np.stack([np.tile(np.linspace(40, 200, 160), (120, 1)).astype(np.uint8)] * 3, axis=-1)
    mask = hole(120, 160, slice(50, 70), slice(60, 90))
    torn = truth.copy()
    torn[mask > 0] = 255
    input = InpaintInput(pixels=torn, mask=mask)
    output = method(input, Heard(input))
    assert np.array_equal(output.pixels[mask == 0], truth[mask == 0])
    assert np.abs(output.pixels[mask > 0].astype(int) - truth[mask > 0]).mean() < 6


@BOTH
@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (50, 3), (600, 400)])
def test_a_hole_in_the_corner_of_any_picture_is_filled(method: Method, shape: tuple[int, int]) -> None:
    input = holed(*shape, slice(0, max(shape[0] // 4, 1)), slice(0, max(shape[1] // 4, 1)))
    output = method(input, Heard(input))
    assert output.pixels.shape == (*shape, 3)
    assert np.array_equal(output.pixels[input.mask == 0], input.pixels[input.mask == 0])


@BOTH
def test_a_hole_that_leaves_nothing_is_refused(method: Method) -> None:
    input = holed(6, 6, slice(None), slice(None))
    with pytest.raises(InvalidInput, match="covers every pixel"):
        method(input, Heard(input))
