"""PP-OCR: what its nets are given, what is made of what they say, and the real weights on a drawn sheet."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_call import png
from inpaint_makers import loaded, outputs

from rung.models.calibration import Calibration, kind_of
from rung.models.catalog.find_text import PPOCR_FIND
from rung.models.catalog.read import PPOCR_READ
from rung.models.lettering.greedy import readings
from rung.models.lettering.signs import figured, fold
from rung.models.ppocr_find import PpOcrFind
from rung.models.ppocr_find import tensor as find_tensor
from rung.models.ppocr_read import PpOcrRead
from rung.models.ppocr_read import tensor as read_tensor
from rung.runtime.spec import Weights
from rung.runtime.tasks import FindTextInput, FindTextOutput, ReadInput, ReadOutput, TextBox

sys.path.insert(0, str(Path(__file__).parent / "lettering"))
from drawn_texts import paper, put, stacked, tile

from rung.models.lettering.quads import Quad, overlap, polygon


def test_a_patch_is_given_as_minus_one_to_one_with_white_up_to_multiples_of_32() -> None:
    given = find_tensor(np.zeros((40, 64), np.uint8))
    assert given.shape == (1, 3, 64, 64) and given.dtype == np.float32
    assert (given[0, :, :40] == -1).all() and (given[0, :, 40:] == 1).all()


def test_rows_are_48_pixels_high_at_their_own_shape_with_grey_beside_them() -> None:
    given = read_tensor([np.full((24, 100), 255, np.uint8), np.zeros((96, 96), np.uint8)])
    assert given.shape == (2, 3, 48, 200)
    assert (given[0] == 1).all() and (given[1, :, :, :48] == -1).all() and (given[1, :, :, 48:] == 0).all()


def test_look_alikes_count_for_the_sign_of_a_dimension_and_what_it_cannot_have_for_none() -> None:
    known = ["", "Ø", "φ", "0", "中", "2", " "]
    narrowed = fold(known, "dimension")
    assert narrowed is not None and fold(known, "text") is None
    shares = narrowed.shares(np.array([[0.0, 0.2, 0.15, 0.3, 0.35, 0.0, 0.0]], np.float32))
    assert narrowed.signs[shares[0].argmax()] == "⌀"
    assert shares[0].max() == pytest.approx(0.35 / 0.65) and shares.sum() == pytest.approx(1)


def test_steps_collapse_to_a_text_with_the_product_of_its_shares_and_the_nearest_others() -> None:
    shares = np.array(
        [
            [0.05, 0.8, 0.15],  # 1, or 2
            [0.1, 0.9, 0.0],  # the same 1
            [0.9, 0.1, 0.0],
            [0.0, 0.9, 0.1],  # another 1, or 2
            [0.2, 0.1, 0.7],  # 2, or nothing
        ],
        np.float32,
    )
    said = readings(shares, ("", "1", "2"))
    assert [one.text for one in said] == ["112", "11", "212"]
    assert [one.confidence for one in said] == pytest.approx([0.8 * 0.9 * 0.7, 0.8 * 0.9 * 0.2, 0.15 * 0.9 * 0.7])
    assert readings(np.array([[1.0, 0.0, 0.0]], np.float32), ("", "1", "2")) == ()


def test_a_letter_o_among_figures_is_a_nought() -> None:
    assert [figured(one) for one in ("O", "+0.O21", "-O.03", "25H7")] == ["0", "+0.021", "-0.03", "25H7"]
    assert [figured(one) for one in ("TO", "4 HOLES", "M10 x1.5")] == ["TO", "4 HOLES", "M10 x1.5"]


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, dict[str, Quad]]:
    """A plate with dimensions at several angles, each over its own line."""
    picture = paper(1400, 1000)
    cv2.rectangle(picture, (200, 200), (1100, 760), 0, 3)
    cv2.circle(picture, (650, 480), 160, 0, 3)
    truth = {
        "125.4": put(picture, tile("125.4"), (600, 880), 0),
        "48.5": put(picture, tile("48.5"), (1220, 480), 90),
        "R160": put(picture, tile("R160"), (600, 440), 30),
        "54+0.021/0": put(picture, stacked("54", "+0.021", "0"), (640, 120), 0),
    }
    cv2.line(picture, (200, 902), (1100, 902), 0, 2)
    cv2.line(picture, (1242, 200), (1242, 760), 0, 2)
    return picture, truth


@pytest.mark.weights
def test_the_real_weights_find_every_text_of_a_drawn_sheet_and_nothing_else(
    weight: Callable[[Weights], Path], drawn: tuple[np.ndarray, dict[str, Quad]]
) -> None:
    picture, truth = drawn
    model = loaded(PpOcrFind(), PPOCR_FIND.name, "find-text", weight(PPOCR_FIND.weights[0]))
    (found,) = outputs(model, FindTextInput(picture=png(np.dstack([picture] * 3))))
    assert isinstance(found, FindTextOutput) and (found.width, found.height) == (1400, 1000)
    assert len(found.boxes) == len(truth)
    for text, quad in truth.items():
        best = max(overlap(quad, np.array(box.polygon, np.float32)) for box in found.boxes)
        assert best > 0.7, text


@pytest.mark.weights
def test_the_real_weights_read_what_is_drawn_at_any_angle_and_stacked(
    weight: Callable[[Weights], Path], drawn: tuple[np.ndarray, dict[str, Quad]]
) -> None:
    picture, truth = drawn
    model = loaded(PpOcrRead(), PPOCR_READ.name, "read", weight(PPOCR_READ.weights[0]), **PPOCR_READ.options)
    boxes = (*(TextBox(polygon=polygon(quad), score=0.9) for quad in truth.values()), _empty())
    (read,) = outputs(model, ReadInput(picture=png(np.dstack([picture] * 3)), boxes=boxes, alphabet="dimension"))
    assert isinstance(read, ReadOutput)
    assert [line.readings[0].text for line in read.lines[:-1]] == list(truth)
    assert read.lines[-1].readings == () and read.lines[-1].reason
    assert all(0 < (line.readings[0].confidence or 0) < 1 for line in read.lines[:-1])


FLAT = 0.25
"""Slope of a curve that keeps what it is given below the highest confidence there is."""


@pytest.mark.weights
def test_a_confidence_is_by_the_curves_of_its_weights_and_without_them_there_is_none(
    weight: Callable[[Weights], Path], drawn: tuple[np.ndarray, dict[str, Quad]], tmp_path: Path
) -> None:
    picture, truth = drawn
    file, asked = weight(PPOCR_READ.weights[0]), _all_of(picture, truth)
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps({"curves": {"figures": [FLAT, 0.0], "signed": [FLAT, 0.0]}}))
    kinds = [{"calibration": str(plain)}, PPOCR_READ.options, {}]
    own, told, none = (_confidences(loaded(PpOcrRead(), "r", "read", file, **one), asked) for one in kinds)

    curves = Calibration.of(PPOCR_READ.name, "r").curves
    assert set(none) == {None}
    chances = [1 / (1 + (1 / sure - 1) ** (1 / FLAT)) for sure in own]
    assert told == pytest.approx(
        [curves[kind_of(text, "dimension")].believed(chance) for text, chance in zip(truth, chances, strict=True)]
    )
    assert told != pytest.approx(own) and told != pytest.approx(chances)


def _all_of(picture: np.ndarray, truth: dict[str, Quad]) -> ReadInput:
    boxes = tuple(TextBox(polygon=polygon(quad), score=0.9) for quad in truth.values())
    return ReadInput(picture=png(np.dstack([picture] * 3)), boxes=boxes, alphabet="dimension")


def _confidences(model: PpOcrRead, asked: ReadInput) -> list[float | None]:
    (read,) = outputs(model, asked)
    return [line.readings[0].confidence for line in read.lines]


def _empty() -> TextBox:
    return TextBox(polygon=((20, 20), (120, 20), (120, 50), (20, 50)), score=0.9)
