"""The inputs that workers are warmed up and measured with."""

import subprocess
import sys

import numpy as np
import pytest

from rung.cli.catalogue import ladders
from rung.models.catalog import EXAMPLE
from rung.models.examples import disc, example, landscape, png
from rung.models.pictures import decode
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import TASKS, Picture, pixels_of

WITHOUT = {"compute"}
WITHOUT_PICTURE = {"chat", "predict-tolerance"}


@pytest.mark.parametrize("task", sorted({*TASKS} - WITHOUT - WITHOUT_PICTURE))
@pytest.mark.parametrize("pixels", [250_000, 1_000_000])
def test_every_task_but_compute_has_an_example_of_the_size_that_is_asked_for(task, pixels):
    made = example(task, pixels)

    assert isinstance(made, TASKS[task].input)
    TASKS[task].check(made)
    assert abs(pixels_of(made) - pixels) <= pixels * 0.03


@pytest.mark.parametrize("task", sorted(WITHOUT_PICTURE))
def test_the_example_of_a_task_without_a_picture_has_no_pixels(task):
    made = example(task, 250_000)

    assert isinstance(made, TASKS[task].input) and pixels_of(made) == 0
    TASKS[task].check(made)


@pytest.mark.parametrize("task", sorted(WITHOUT))
def test_a_task_without_one_says_so(task):
    with pytest.raises(InvalidInput, match=f"no example for the task {task}"):
        example(task)


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (300, 200)])
def test_the_png_written_by_hand_decodes_to_the_same_pixels_the_transparent_one_white(size):
    pixels = landscape(*size)

    back = decode(Picture(data=png(pixels), key="k", width=size[0], height=size[1], media_type="image/png"))

    pixels[0, 0] = 255
    assert (back == pixels).all()


def test_the_disc_stands_out_and_the_click_is_on_it():
    made = example("segment", 40_000)
    (point,) = made.points
    pixels, mask = decode(made.picture), disc(made.picture.width, made.picture.height)

    assert mask[int(point.y), int(point.x)] == 255
    on, off = (pixels[where].astype(float).mean(axis=0) for where in (mask > 0, mask == 0))
    assert np.abs(on - off).max() > 80


def test_each_variant_of_the_catalogue_is_given_the_example_of_its_task():
    assert {v.example for ladder in ladders().values() for v in ladder} == {EXAMPLE}


def test_examples_need_numpy_alone():
    code = (
        "import sys; from rung.models.examples import example; example('segment', 10_000);"
        "bad = {'PIL', 'cv2', 'onnxruntime', 'torch'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
