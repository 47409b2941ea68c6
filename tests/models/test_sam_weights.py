"""SAM 2 tiny and MobileSAM with their real weights: a click, a box, a correction, the second click."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_call import answer, disc, overlap, png, points, whole

from rung.models.catalog.segment import MOBILE_SAM, SAM2_TINY
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context
from rung.runtime.spec import Variant, Weights
from rung.runtime.tasks import SegmentInput

pytestmark = pytest.mark.weights
BOTH = pytest.mark.parametrize("variant", [MOBILE_SAM, SAM2_TINY], ids=lambda v: v.name)


def opened(variant: Variant, weight: Callable[[Weights], Path], device: str = "cpu") -> Any:
    module, _, name = variant.loader.partition(":")
    model = getattr(import_module(module), name)()
    paths = {w.name: weight(w) for w in variant.weights}
    model.load(Context(variant=variant.name, task="segment", device=device, precision="fp32", threads=2, weights=paths))
    return model


@BOTH
def test_a_click_a_box_and_a_second_click_find_the_disc(variant: Variant, weight: Callable[[Weights], Path]) -> None:
    model, kept = opened(variant, weight), {}
    pixels, truth = disc(900, 600, (300, 250), 120)
    picture = png(pixels)
    clicked = answer(model, SegmentInput(picture=picture, points=points((300, 250))), kept)
    boxed = answer(model, SegmentInput(picture=picture, box=(175, 125, 425, 375)), kept)
    both = answer(model, SegmentInput(picture=picture, points=points((300, 250), (700, 400, 0))), kept)
    assert min(overlap(output, truth) for output in (clicked, boxed, both)) > 0.95
    assert len(kept) == 1 and clicked.score is not None and 0.5 < clicked.score <= 1


@BOTH
def test_a_subtracting_click_takes_the_second_disc_away(variant: Variant, weight: Callable[[Weights], Path]) -> None:
    model, kept = opened(variant, weight), {}
    pixels, truth = disc(800, 400, (200, 200), 90)
    right, _ = disc(400, 400, (200, 200), 90)
    pixels[:, 400:] = right
    input = SegmentInput(picture=png(pixels), points=points((200, 200), (600, 200, 0)))
    output = answer(model, input, kept)
    assert not whole(output)[:, 400:].any() and overlap(output, truth) > 0.9


@BOTH
def test_a_greyscale_sliver_and_a_single_pixel_are_answered(
    variant: Variant, weight: Callable[[Weights], Path]
) -> None:
    model = opened(variant, weight)
    for shape in ((1, 1), (3, 700)):
        picture = png(np.full(shape, 90, np.uint8))
        output = answer(model, SegmentInput(picture=picture, points=points((0, 0))))
        assert (output.height, output.width) == shape
        assert output.box[2] <= shape[1] and output.box[3] <= shape[0]


@BOTH
def test_another_device_is_refused_with_the_remedy(variant: Variant, weight: Callable[[Weights], Path]) -> None:
    with pytest.raises(LoadFailed, match="set the variant's device to cpu"):
        opened(variant, weight, device="cuda:0")
