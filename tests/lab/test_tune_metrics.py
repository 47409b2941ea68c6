"""Errors by name: each against a value worked out by hand."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from rung.lab import sizes
from rung.lab.metrics import METRICS, Answer, metric_of
from rung.runtime.errors import InvalidInput


def png(pixels: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def left(columns: int) -> bytes:
    mask = np.zeros((10, 10), np.uint8)
    mask[:, :columns] = 255
    return png(mask)


def piece(w: float, d: float, h: float, box: Any = (0, 0, 10, 10), spread: float = 0.0) -> dict[str, Any]:
    volume = w * d * h / 1e9
    measure = {"value": volume, "low": volume * (1 - spread), "high": volume * (1 + spread)}
    sides = {"width_mm": {"value": w}, "depth_mm": {"value": d}, "height_mm": {"value": h}}
    return {"box": list(box), **sides, "box_volume_m3": measure}


def right(w: float, d: float, h: float, box: Any = (0, 0, 10, 10)) -> dict[str, Any]:
    return {"box": list(box), "width_mm": w, "depth_mm": d, "height_mm": h, "box_volume_m3": w * d * h / 1e9}


def test_the_error_of_a_mask_is_what_the_two_do_not_share() -> None:
    answer = Answer({}, {"mask": left(5)})

    assert METRICS["mask_error"].measure(answer, {"mask": left(4)}) == pytest.approx(0.2)
    assert METRICS["mask_error"].measure(answer, {"mask": left(5)}) == 0.0
    assert METRICS["mask_change"].measure(answer, Answer({}, {"mask": left(10)})) == pytest.approx(0.5)


def test_a_picture_changes_by_the_root_of_its_mean_square() -> None:
    black, white = png(np.zeros((2, 2, 3))), png(np.full((2, 2, 3), 255))
    half = png([[[0, 0, 0], [255, 255, 255]]] * 2)

    assert METRICS["picture_change"].measure(Answer({}, {"a": black}), Answer({}, {"a": white})) == pytest.approx(
        0.75**0.5
    )
    assert METRICS["picture_change"].measure(Answer({}, {"a": half}), Answer({}, {"a": black})) == pytest.approx(
        0.375**0.5
    )
    assert METRICS["picture_change"].measure(Answer({}, {"a": black}), Answer({}, {"a": png([[[0, 0, 0]]])})) == 1.0


def test_transparency_counts_as_a_change_of_the_picture() -> None:
    solid, clear = (png([[[200, 100, 50, alpha]]]) for alpha in (255, 0))

    assert METRICS["picture_change"].measure(Answer({}, {"a": clear}), Answer({}, {"a": solid})) > 0.5
    assert METRICS["picture_change"].measure(Answer({}, {"a": clear}), Answer({}, {"a": clear})) == 0.0


def test_numbers_are_compared_where_they_stand_in_both_answers() -> None:
    one = Answer({"a": 1.0, "b": [2.0, 4], "s": "x", "c": True})
    other = Answer({"a": 2.0, "b": [2.0, 1], "extra": 9})

    assert METRICS["number_change"].measure(one, other) == 0.5  # of 0.5, 0, 0.75
    assert METRICS["number_change"].measure(one, Answer({})) is None


def test_volume_and_sides_of_the_pieces_that_are_there() -> None:
    answer = Answer({"images": [{"objects": [piece(2000, 1000, 900), piece(500, 400, 500, box=(50, 50, 60, 60))]}]})
    truth = {"objects": [right(1000, 1600, 900), right(600, 500, 2000, box=(20, 20, 30, 30))]}

    assert METRICS["volume_error"].measure(answer, truth) == pytest.approx(0.25)  # 1.8 for 1.44 cubic metres
    assert METRICS["dimension_error"].measure(answer, truth) == pytest.approx(
        0.25 / 3
    )  # width and depth may change places
    assert METRICS["missed"].measure(answer, truth) == 0.5


def test_an_answer_without_any_known_piece_has_no_volume_error() -> None:
    assert METRICS["volume_error"].measure(Answer({"images": []}), {"objects": [right(1, 1, 1)]}) is None


def test_a_wide_interval_is_no_merit_and_a_narrow_one_that_is_wrong_costs_more() -> None:
    known = right(1000, 1000, 1000)
    wide, narrow, wrong = (
        sizes.volume_interval_score(sizes.Pair(found, known))
        for found in (
            piece(1000, 1000, 1000, spread=0.8),
            piece(1000, 1000, 1000, spread=0.1),
            piece(1500, 1000, 1000, spread=0.1),
        )
    )

    assert wide == pytest.approx(1.6)
    assert narrow == pytest.approx(0.2)
    assert wrong == pytest.approx(0.3 + 20 * 0.35)  # its low end lies 0.35 above


def test_each_known_piece_has_one_found_piece_and_the_better_overlap_wins() -> None:
    near, far = piece(1, 1, 1, box=(0, 0, 10, 10)), piece(2, 2, 2, box=(2, 0, 12, 10))

    (pair,) = sizes.paired([far, near], [right(1, 1, 1)])

    assert pair.found is near


def test_an_unknown_metric_is_answered_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"volume_error: relative error"):
        metric_of("accuracy")


def test_a_metric_of_the_truth_says_what_the_truth_lacks() -> None:
    with pytest.raises(InvalidInput, match="'mask'"):
        METRICS["mask_error"].measure(Answer({}, {"mask": left(3)}), {})
