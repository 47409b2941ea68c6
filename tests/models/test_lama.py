"""LaMa's loader on a graph of the published contract with random weights: its file was never on our disks."""

from pathlib import Path

import numpy as np
import pytest
from inpaint_makers import Heard, holed, loaded, outputs, painting_migan, random_lama

from rung.models.lama import Lama
from rung.runtime.errors import InvalidInput, LoadFailed
from rung.runtime.tasks import InpaintInput


def of(path: Path) -> Lama:
    return loaded(Lama(), "lama", "inpaint", path)


@pytest.mark.parametrize("scale", [255.0, 1.0])
def test_the_hole_gets_what_the_graph_says_of_rgb_in_0_to_1_and_a_mask_of_1(tmp_path: Path, scale: float) -> None:
    weights = random_lama(tmp_path / "lama.onnx", scale)
    colour = np.array([200, 90, 10], np.uint8)
    pixels = np.full((300, 200, 3), colour, np.uint8)
    mask = np.zeros((300, 200), np.uint8)
    mask[100:160, 50:90] = 255
    (output,) = outputs(of(tmp_path / "lama.onnx"), InpaintInput(pixels=pixels, mask=mask))
    expected = 255 / (1 + np.exp(-weights @ np.append(colour / 255, 1.0)))
    assert np.abs(output.pixels[mask > 0] - expected).max() <= 1
    assert (output.pixels[mask == 0] == colour).all()


@pytest.mark.parametrize("shape", [(1, 2), (40, 700), (900, 1300), (512, 512)])
def test_any_shape_comes_back_with_its_size_and_untouched_outside_the_hole(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    random_lama(tmp_path / "lama.onnx")
    input = holed(*shape, slice(0, max(shape[0] // 3, 1)), slice(0, max(shape[1] // 3, 1)))
    (output,) = outputs(of(tmp_path / "lama.onnx"), input)
    assert output.pixels.shape == (*shape, 3)
    assert np.array_equal(output.pixels[input.mask == 0], input.pixels[input.mask == 0])
    assert not np.array_equal(output.pixels, input.pixels)


def test_a_file_of_another_contract_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    painting_migan(tmp_path / "other.onnx", 7)
    with pytest.raises(LoadFailed, match="fetch lama_fp32"):
        of(tmp_path / "other.onnx")


def test_a_mask_of_another_size_is_refused(tmp_path: Path) -> None:
    random_lama(tmp_path / "lama.onnx")
    input = InpaintInput(pixels=np.zeros((10, 20, 3), np.uint8), mask=np.zeros((20, 10), np.uint8))
    with pytest.raises(InvalidInput, match="10 x 20 and the picture 20 x 10"):
        list(of(tmp_path / "lama.onnx").run([Heard(input)]))
