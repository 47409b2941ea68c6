import numpy as np
import pytest

from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import (
    TASKS,
    ComputeInput,
    DepthInput,
    DetectInput,
    EditInput,
    GenerateInput,
    InpaintInput,
    MatteInput,
    Picture,
    ReconstructInput,
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


def asked(**changed):
    held = {
        "picture": PICTURE,
        "mask": np.full((20, 30), 255, np.uint8),
        "mask_box": (10, 10, 40, 30),
        "label": "chair",
        "focal_px": 500.0,
        "prior_mm": ((600.0, 100.0), (600.0, 100.0), (900.0, 0.0)),
    }
    return ReconstructInput(**{**held, **changed})


def test_an_object_whose_mask_lies_in_the_picture_can_be_reconstructed():
    TASKS["reconstruct"].check(asked())


@pytest.mark.parametrize(
    ("task", "input", "field"),
    [
        ("reconstruct", asked(mask_box=(380, 10, 410, 30)), "mask_box"),
        ("reconstruct", asked(mask_box=(10, 10, 40, 31)), "mask"),
        ("reconstruct", asked(mask=np.zeros((20, 30), np.uint8)), "mask"),
        ("reconstruct", asked(focal_px=0.0), "focal_px"),
        ("reconstruct", asked(prior_mm=((600.0, 100.0),)), "prior_mm"),
        ("reconstruct", asked(prior_mm=((600.0, 1.0), (0.0, 1.0), (600.0, 1.0))), "prior_mm"),
        ("reconstruct", asked(prior_mm=((600.0, 1.0), (600.0, -1.0), (600.0, 1.0))), "prior_mm"),
        ("reconstruct", asked(steps=0), "steps"),
        ("reconstruct", asked(detail_steps=1001), "detail_steps"),
        ("reconstruct", asked(max_image_size=0), "max_image_size"),
        ("depth", DepthInput(picture=PICTURE, focal_px=float("inf")), "focal_px"),
        ("detect", DetectInput(picture=PICTURE, least=1.5), "least"),
        ("detect", DetectInput(picture=PICTURE, words=("sofa", " ")), "words"),
    ],
)
def test_what_the_types_let_pass_and_means_nothing_is_refused_by_its_field(task, input, field):
    with pytest.raises(InvalidInput) as told:
        TASKS[task].check(input)
    assert told.value.details["field"] == field
