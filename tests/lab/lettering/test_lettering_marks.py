"""Figures about readings, on values that can be checked by hand."""

import numpy as np
import pytest

from rung.lab.lettering.marks import curve, distance, misjudged, wrong


def test_wrong_signs_are_counted_by_the_fewest_changes() -> None:
    assert [distance(*pair) for pair in (("25", "25"), ("25", "2.5"), ("⌀8", "08"), ("", "abc"))] == [0, 1, 1, 3]
    assert wrong([("25", "25"), ("⌀8.5", "08.5")]) == (1 / 6, 0.5)


def test_chances_that_say_too_much_are_drawn_down_to_what_was_right() -> None:
    random = np.random.default_rng(1)
    chances = random.uniform(0.5, 0.999, 4000)
    odds = np.log(chances / (1 - chances))
    right = random.random(4000) < 1 / (1 + np.exp(-(0.5 * odds - 0.3)))
    slope, offset = curve(chances, right)
    assert slope == pytest.approx(0.5, abs=0.06) and offset == pytest.approx(-0.3, abs=0.15)
    told = 1 / (1 + np.exp(-(slope * odds + offset)))
    assert misjudged(told, right) < 0.03 < misjudged(chances, right)


def test_chances_that_were_all_right_still_have_a_curve() -> None:
    slope, offset = curve(np.array([0.9, 0.99, 1.0]), np.array([True, True, True]))
    assert np.isfinite([slope, offset]).all() and slope > 0
