"""MI-GAN: its mask is the reverse of ours, large holes earn a warning, and the real weights fill a real hole."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inpaint_makers import Heard, hole, holed, loaded, noise, outputs, painting_migan

from rung.models.catalog.inpaint import MIGAN
from rung.models.migan import LARGE, MiGan
from rung.runtime.errors import InvalidInput
from rung.runtime.spec import Weights
from rung.runtime.tasks import InpaintInput


@pytest.fixture
def painting(tmp_path: Path) -> MiGan:
    painting_migan(tmp_path / "migan.onnx", colour=7)
    model: MiGan = loaded(MiGan(), "migan", "inpaint", tmp_path / "migan.onnx")
    return model


@pytest.mark.parametrize("shape", [(1, 2), (3, 1), (40, 700), (300, 200), (900, 1300)])
def test_what_we_call_the_hole_is_what_it_fills(painting: MiGan, shape: tuple[int, int]) -> None:
    input = holed(*shape, slice(0, max(shape[0] // 4, 1)), slice(0, max(shape[1] // 4, 1)))
    (output,) = outputs(painting, input)
    assert (output.pixels[input.mask > 0] == 7).all()
    assert np.array_equal(output.pixels[input.mask == 0], input.pixels[input.mask == 0])


def test_a_large_hole_is_filled_with_a_warning_and_a_small_one_without(painting: MiGan) -> None:
    side = 200
    small = Heard(holed(side, side, slice(0, side), slice(0, int(side * LARGE) - 1)))
    large = Heard(holed(side, side, slice(0, side), slice(0, int(side * LARGE) + 1)))
    list(painting.run([small, large]))
    assert small.warnings == []
    assert "tends to invent" in large.warnings[0]


@pytest.mark.parametrize(("filled", "words"), [(0, "selects nothing"), (255, "covers every pixel")])
def test_no_hole_and_nothing_but_hole_are_refused(painting: MiGan, filled: int, words: str) -> None:
    input = InpaintInput(pixels=noise(8, 8), mask=np.full((8, 8), filled, np.uint8))
    with pytest.raises(InvalidInput, match=words):
        list(painting.run([Heard(input)]))


@pytest.mark.weights
def test_the_real_weights_continue_a_gradient_into_the_hole(weight: Callable[[Weights], Path]) -> None:
    model = loaded(MiGan(), "migan", "inpaint", weight(MIGAN.weights[0]))
    ramp = np.linspace(40, 200, 320).astype(np.uint8)
    truth = np.stack([np.tile(ramp, (240, 1))] * 3, axis=-1)
    mask = hole(240, 320, slice(90, 150), slice(130, 190))
    torn = truth.copy()
    torn[mask > 0] = (255, 0, 255)
    (output,) = outputs(model, InpaintInput(pixels=torn, mask=mask))
    assert np.array_equal(output.pixels[mask == 0], truth[mask == 0])
    assert np.abs(output.pixels[mask > 0].astype(int) - truth[mask > 0]).mean() < 8
