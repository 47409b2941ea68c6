"""What is varied, and the settings that follow."""

import pytest

from rung.lab.grid import ablation_settings, all_settings, parse_vary, shown
from rung.runtime.errors import InvalidInput


def test_values_are_numbers_where_they_read_as_numbers_and_words_where_they_do_not() -> None:
    assert parse_vary("steps=25,12").values == (25, 12)
    assert parse_vary("sam.prepack=true,false").values == (True, False)
    assert parse_vary("preview=none,png").values == ("none", "png")
    assert parse_vary("steps=null,8").values == (None, 8)


def test_the_first_value_of_each_is_the_baseline() -> None:
    settings = all_settings([parse_vary("a=2,1"), parse_vary("b=x,y")])

    assert [shown(one) for one in settings] == ["a=2 b=x", "a=2 b=y", "a=1 b=x", "a=1 b=y"]


def test_one_and_true_are_different_values() -> None:
    assert parse_vary("a=1,true").values == (1, True)


@pytest.mark.parametrize("words", ["steps", "steps=1", "=1,2", "steps=1,1", "steps=1,", "steps=[1],2"])
def test_what_cannot_be_compared_is_refused(words: str) -> None:
    with pytest.raises(InvalidInput):
        all_settings([parse_vary(words)])


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="twice"):
        all_settings([parse_vary("a=1,2"), parse_vary("a=3,4")])


def test_too_many_settings_are_refused_with_their_number() -> None:
    many = ",".join(map(str, range(15)))

    with pytest.raises(InvalidInput, match="225 settings"):
        all_settings([parse_vary(f"a={many}"), parse_vary(f"b={many}")])


def test_an_ablation_has_each_change_alone_and_each_removed() -> None:
    settings = ablation_settings([parse_vary("a=0,1"), parse_vary("b=0,1"), parse_vary("c=0,1")])

    assert [tuple(one.values()) for one in settings] == [
        (0, 0, 0),
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
        (1, 1, 1),
    ]


def test_with_two_changes_alone_is_the_other_removed_and_runs_once() -> None:
    assert len(ablation_settings([parse_vary("a=0,1"), parse_vary("b=0,1")])) == 4


def test_an_ablation_of_three_values_is_refused() -> None:
    with pytest.raises(InvalidInput, match="two values"):
        ablation_settings([parse_vary("a=0,1,2"), parse_vary("b=0,1")])
