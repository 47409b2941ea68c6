"""How far one answer lies from another, as a number."""

from dataclasses import dataclass

import numpy as np
import pytest

from rung.cli.comparing import distance
from rung.runtime.tasks import MatteOutput

ALPHA = np.full((4, 4), 200, np.uint8)


@dataclass
class Several:
    """Arrays below other things."""

    parts: tuple
    words: str = "x"


def matte(alpha):
    return MatteOutput(alpha=alpha, width=4, height=4)


def test_equal_answers_are_not_apart_and_an_empty_one_is_wholly():
    assert distance(matte(ALPHA), matte(ALPHA.copy())) == 0.0
    assert distance(matte(ALPHA), matte(np.zeros_like(ALPHA))) == 1.0


def test_bytes_do_not_wrap_round():
    assert distance(matte(ALPHA), matte(np.full_like(ALPHA, 210))) == pytest.approx(0.05)


def test_arrays_anywhere_in_an_answer_count_together():
    a = Several(parts=({"m": np.array([3.0, 0.0])}, [np.array([4.0])]))
    b = Several(parts=({"m": np.array([3.0, 0.0])}, [np.array([1.0])]), words="y")

    assert distance(a, b) == pytest.approx(3 / 5)


def test_an_answer_of_nothing_differs_by_nothing_or_by_all():
    nothing = np.zeros(3)
    assert (distance([nothing], [nothing]), distance([nothing], [np.ones(3)])) == (0.0, 1.0)


@pytest.mark.parametrize(("a", "b"), [("text", "text"), ([], []), ([np.ones(2)], [np.ones(3)]), ([np.ones(2)], [])])
def test_what_is_no_arrays_of_one_shape_is_not_given_a_number(a, b):
    assert distance(a, b) is None
