"""EfficientDet-Lite2: what it makes of the net's figures, and the real weights on a real photograph."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fake_call import FakeCall, png
from PIL import Image

from rung.models.catalog.detect import EFFICIENTDET_LITE2
from rung.models.efficientdet import EfficientDet, labels, squared, things
from rung.runtime.errors import InvalidInput, LoadFailed
from rung.runtime.model import Context, Result
from rung.runtime.spec import Weights
from rung.runtime.tasks import TASKS, DetectInput, DetectOutput

WORDS = ("person", "bicycle", "???", "cat")


def found(boxes: list[list[float]], classes: list[float], scores: list[float], least: float = 0.3) -> list[object]:
    arrays = (np.array(values, np.float32) for values in (boxes, classes, scores))
    return [(one.label, one.box) for one in things(*arrays, 200, 100, WORDS, least)]


def test_boxes_become_pixels_of_the_picture_best_first() -> None:
    low, high = [0.25, 0.5, 0.75, 1.0], [0.0, 0.25, 0.5, 0.5]

    assert found([low, high], [0, 3], [0.4, 0.9]) == [("cat", (50, 0, 100, 50)), ("person", (100, 25, 200, 75))]


def test_boxes_are_cut_to_the_picture_and_what_is_empty_there_is_nothing() -> None:
    assert found([[-0.1, -0.2, 1.3, 1.1], [0.2, 1.0, 0.4, 1.2]], [0, 0], [0.8, 0.8]) == [("person", (0, 0, 200, 100))]


def test_what_scores_too_little_or_has_no_name_is_left_out() -> None:
    box = [0.0, 0.0, 0.5, 0.5]

    assert found([box] * 4, [0, 1, 2, 7], [0.29, 0.31, 0.9, 0.9]) == [("bicycle", (0, 0, 100, 50))]


def test_a_picture_is_stretched_to_the_square() -> None:
    pixels = np.zeros((10, 40, 3), np.uint8)
    pixels[:, 20:] = 200

    made = squared(pixels, 8)

    assert made.shape == (1, 8, 8, 3) and (made[0, :, 4:] == 200).all() and not made[0, :, :4].any()


@pytest.mark.parametrize("least", [-0.1, 1.5])
def test_a_least_score_that_is_no_share_is_refused(least: float) -> None:
    with pytest.raises(InvalidInput, match="least is"):
        TASKS["detect"].check(DetectInput(picture=png(np.zeros((4, 4, 3), np.uint8)), least=least))


def test_a_file_without_its_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(b"TFL3" * 100)

    with pytest.raises(LoadFailed, match=r"net\.tflite carries no list of labels"):
        labels(tmp_path / "net.tflite")


@pytest.mark.weights
def test_the_real_weights_find_both_dogs_where_they_are(weight: Callable[[Weights], Path]) -> None:
    (file,) = EFFICIENTDET_LITE2.weights
    model = EfficientDet()
    model.load(
        Context(
            variant="v", task="detect", device="cpu", precision="int8", threads=1, weights={file.name: weight(file)}
        )
    )
    photograph = Path(__file__).parents[2] / "src/rung/apps/editor/samples/dogs.jpg"
    pixels = np.asarray(Image.open(photograph).convert("RGB"))

    ((_, outcome),) = model.run([FakeCall(DetectInput(picture=png(pixels), least=0.5))])  # type: ignore[arg-type]

    assert isinstance(outcome, Result) and isinstance(outcome.output, DetectOutput)
    assert [one.label for one in outcome.output.detections] == ["dog", "dog"]
    upper, lower = sorted(outcome.output.detections, key=lambda one: one.box[1])
    assert within(upper.box, UPPER_DOG) and within(lower.box, LOWER_DOG)
    vocabulary = outcome.output.vocabulary
    assert len(vocabulary) == 80 and "couch" in vocabulary and not {"???", "wardrobe", "desk"} & set(vocabulary)


UPPER_DOG, LOWER_DOG = (253, 288, 435, 590), (385, 555, 570, 840)


def within(box: tuple[float, ...], truth: tuple[int, ...]) -> bool:
    """Every edge at most 25 pixels from where one sees it in the photograph."""
    return all(abs(ours - theirs) <= 25 for ours, theirs in zip(box, truth, strict=True))
