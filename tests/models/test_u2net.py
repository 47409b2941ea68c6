"""U2-Net: its pre- and post-processing as upstream, and the real weights on a real photograph."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_call import disc, png
from inpaint_makers import Heard, loaded, outputs

from rung.models.catalog.matte import U2NET, U2NETP
from rung.models.u2net import U2Net, stretched, tensor
from rung.runtime.spec import Variant, Weights
from rung.runtime.tasks import MatteInput

BOTH = pytest.mark.parametrize("variant", [U2NET, U2NETP], ids=lambda v: v.name)


def test_the_picture_is_divided_by_its_own_maximum_and_normalised_as_upstream() -> None:
    pixels = np.full((100, 50, 3), (100, 50, 25), np.uint8)
    found = tensor(pixels)
    assert found.shape == (1, 3, 320, 320) and found.dtype == np.float32
    expected = (np.array([1.0, 0.5, 0.25]) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert np.allclose(found[0].mean(axis=(1, 2)), expected, atol=1e-5)
    assert np.isfinite(tensor(np.zeros((4, 4, 3), np.uint8))).all()


def test_the_map_is_stretched_from_its_minimum_to_its_maximum_and_a_flat_one_is_nothing() -> None:
    assert stretched(np.array([[0.25, 0.5], [0.75, 0.35]], np.float32)).tolist() == [[0, 128], [255, 51]]
    assert not stretched(np.full((3, 3), 0.7, np.float32)).any()


@pytest.mark.weights
@BOTH
def test_the_real_weights_find_the_disc_and_warn_of_an_empty_picture(
    variant: Variant, weight: Callable[[Weights], Path]
) -> None:
    model = loaded(U2Net(), variant.name, "matte", weight(variant.weights[0]))
    pixels, truth = disc(600, 400, (300, 200), 110)
    (output,) = outputs(model, MatteInput(picture=png(pixels)))
    assert output.alpha.shape == (320, 320) and (output.width, output.height) == (600, 400)
    found = cv2.resize(output.alpha, (600, 400)) > 127
    assert (found & truth).sum() / (found | truth).sum() > 0.9
    empty = Heard(MatteInput(picture=png(np.full((50, 50, 3), 90, np.uint8))))
    list(model.run([empty]))
    assert "nothing stands out" in empty.warnings[0]
