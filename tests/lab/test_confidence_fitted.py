"""Curves of confidence: what is fitted, and that it is judged on the other half of the sheets."""

from random import Random

import numpy as np
import pytest

from rung.lab.confidence import Judged, document
from rung.lab.lettering.marks import curve
from rung.models.calibration import Curve


def readings(count: int, truth: Curve, half: int, seed: int) -> list[Judged]:
    """Engine's own figures, and right as often as `truth` says."""
    draw = Random(seed)
    chances = [draw.uniform(0.3, 0.999) for _ in range(count)]
    return [Judged(kind="k", half=half, chance=one, right=draw.random() < truth.believed(one)) for one in chances]


def test_the_curve_by_which_readings_were_made_is_found_again_and_holds_on_the_other_half() -> None:
    truth = Curve(0.6, -0.8)
    told = document("here", [*readings(2000, truth, 0, seed=1), *readings(2000, truth, 1, seed=2)])

    assert told["curves"]["k"] == pytest.approx([0.6, -0.8], abs=0.12)
    record = told["record"]["k"]
    assert record["error_before"] > 0.2
    assert record["error_after"] < 0.04 and record["error_on_the_other_half"] < 0.04


def test_halves_that_differ_show_on_the_other_half_and_not_in_the_fit() -> None:
    told = document("here", [*readings(1000, Curve(1, 4), 0, seed=1), *readings(1000, Curve(1, -4), 1, seed=2)])
    assert told["record"]["k"]["error_on_the_other_half"] > told["record"]["k"]["error_after"] + 0.3


def test_where_surer_readings_are_oftener_wrong_all_have_one_figure() -> None:
    chances = np.linspace(0.1, 0.9, 100)
    told = document("here", [Judged(kind="k", half=n % 2, chance=c, right=c < 0.5) for n, c in enumerate(chances)])
    assert told["curves"]["k"] == pytest.approx([0.0, 0.0], abs=0.1)


def test_of_a_few_readings_nothing_is_said() -> None:
    told = document("here", readings(10, Curve(1, 0), 0, seed=1))
    assert told["curves"] == {} and told["record"] == {}


def test_a_fit_ends_near_the_best_curve_where_the_engine_is_as_sure_of_what_is_wrong() -> None:
    chances = np.array([*[1 - 1e-6] * 200, *[0.97] * 50])
    right = np.array([number % 6 > 0 for number in range(250)])

    slope, offset = curve(chances, right)

    assert abs(slope) < 2 and Curve(slope, offset).believed(1 - 1e-6) == pytest.approx(5 / 6, abs=0.03)
