import numpy as np
import pytest

from rung.runtime.tasks import (
    ComputeInput,
    EditInput,
    GenerateInput,
    InpaintInput,
    MatteInput,
    Picture,
    SegmentInput,
    pixels_of,
)

PICTURE = Picture(data=b"", key="k", width=400, height=300, media_type="image/png")


@pytest.mark.parametrize(
    ("input", "pixels"),
    [
        (SegmentInput(picture=PICTURE, box=(0, 0, 10, 10)), 120_000),
        (MatteInput(picture=PICTURE), 120_000),
        (InpaintInput(pixels=np.zeros((20, 30, 3), np.uint8), mask=np.zeros((20, 30), np.uint8)), 600),
        (GenerateInput(prompt="a ball", width=64, height=32), 2048),
        (EditInput(pictures=(PICTURE, PICTURE), prompt="bluer"), 120_000),
        (EditInput(pictures=(PICTURE,), prompt="bluer", width=800, height=800), 640_000),
        (ComputeInput(function="m:f", arguments={"layers": [PICTURE, np.zeros((2, 3))], "name": "x"}), 120_000),
        (ComputeInput(function="m:f", arguments={"numbers": np.zeros(5000)}), 0),
        ({"text": "no picture", "count": 3}, 0),
    ],
    ids=[
        "segment",
        "matte",
        "inpaint",
        "generate",
        "edit",
        "edit to a larger one",
        "compute",
        "a vector",
        "no picture",
    ],
)
def test_the_pixels_of_an_input_are_those_of_its_largest_plane(input, pixels):
    assert pixels_of(input) == pixels
