"""FastDepth: its tensor, and the real weights beside Middlebury's measured depth."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_call import FakeCall, png
from PIL import Image

from rung.models.catalog.depth import FASTDEPTH
from rung.models.fastdepth import FastDepth, tensor
from rung.runtime.model import Context, Result
from rung.runtime.spec import Weights
from rung.runtime.tasks import DepthInput, DepthOutput


def test_the_whole_picture_is_stretched_to_the_square_as_shares() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 150:] = (255, 51, 0)

    found = tensor(pixels)

    assert found.shape == (1, 3, 224, 224) and found.dtype == np.float32
    assert not found[..., :112].any()
    assert found[0, :, 100, 200] == pytest.approx((1.0, 0.2, 0.0))


@pytest.mark.weights
def test_the_real_weights_see_the_depth_of_a_garage_roughly(weight: Callable[[Weights], Path]) -> None:
    """The Motorcycle of Middlebury 2014 at a quarter of its size; its calibration is from their calib.txt."""
    folder = Path(pytest.importorskip("skimage").__file__).parent / "data"
    if not (folder / "motorcycle_disp.npz").exists():
        pytest.skip("this scikit-image does not carry the Motorcycle")
    pixels = np.asarray(Image.open(folder / "motorcycle_left.png").convert("RGB"))
    disparity = np.load(folder / "motorcycle_disp.npz")["arr_0"]
    truth = 0.193001 * 994.978 / (disparity + 31.086)
    (file,) = FASTDEPTH.weights
    model = FastDepth()
    model.load(
        Context(variant="v", task="depth", device="cpu", precision="fp32", threads=1, weights={file.name: weight(file)})
    )

    ((_, outcome),) = model.run([FakeCall(DepthInput(picture=png(pixels), focal_px=994.978))])  # type: ignore[arg-type]

    assert isinstance(outcome, Result) and isinstance(outcome.output, DepthOutput)
    output = outcome.output
    assert output.metric and output.focal_source == "given" and (output.width, output.height) == (741, 500)
    known = np.isfinite(disparity)
    ratio = cv2.resize(output.depth, (741, 500))[known] / truth[known]
    assert 0.7 < np.median(ratio) < 1.0  # 0.86
    assert np.median(np.abs(ratio / np.median(ratio) - 1)) < 0.12  # 0.09
