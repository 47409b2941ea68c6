"""Stacked deviations: told from one row, joined in the canonical form, with confidences multiplied."""

import pytest
from drawn_texts import stacked, tile

from rung.models.lettering.stacks import Parts, joined, parts, together
from rung.runtime.tasks import Reading


@pytest.mark.parametrize("upper, lower", [("+0.021", "0"), ("0", "-0.03"), ("+0.1", "-0.2"), ("H7", "g6")])
def test_a_stack_is_parted_from_the_figure_before_it(upper: str, lower: str) -> None:
    whole = stacked("125", upper, lower)
    found = parts(whole)
    assert found.main is not None and found.upper is not None and found.lower is not None
    assert abs(found.main.shape[1] - tile("125").shape[1]) <= 6
    assert found.upper.shape[0] + found.lower.shape[0] == whole.shape[0]
    assert found.upper.shape[1] == found.lower.shape[1] == whole.shape[1] - found.main.shape[1]


@pytest.mark.parametrize("text", ["125", "10.5", "3:1", "A=5", "i", "25;", "45'30", "7-8", "%"])
def test_one_row_stays_whole(text: str) -> None:
    assert parts(tile(text)).rows()[0].shape == tile(text).shape


def test_a_stack_alone_has_no_main_figure_and_an_empty_box_one_row() -> None:
    alone = stacked("1", "+0.1", "-0.2")[:, tile("1").shape[1] + 3 :]
    assert parts(alone).main is None and len(parts(alone).rows()) == 2
    assert len(parts(tile("8") | 255).rows()) == 1


def test_texts_join_in_the_canonical_form() -> None:
    assert joined("25", "+0.021", "0") == "25+0.021/0"
    assert joined("25", "", "") == "25"


def test_a_stack_s_other_readings_differ_in_one_row_and_stand_by_confidence() -> None:
    found = parts(stacked("12", "+0.1", "-0.2"))
    rows = [
        (Reading(text="12", confidence=0.9), Reading(text="17", confidence=0.05)),
        (Reading(text="+0.1", confidence=0.5), Reading(text="+0.7", confidence=0.4)),
        (Reading(text="-0.2", confidence=1.0),),
    ]
    said = together(found, rows)
    assert [one.text for one in said] == ["12+0.1/-0.2", "12+0.7/-0.2", "17+0.1/-0.2"]
    assert [one.confidence for one in said] == pytest.approx([0.45, 0.36, 0.025])
    assert together(found, [rows[0], (), rows[2]]) == ()
    assert together(Parts(main=tile("1")), [rows[0]]) == rows[0]


def test_a_stack_behind_a_size_is_two_deviations_and_behind_a_sign_alone_two_limits() -> None:
    assert joined("25", "0", "-0.021") == "25+0/-0.021"
    assert joined("⌀4.2f7", "-0.010", "-0.022") == "⌀4.2f7(-0.010/-0.022)"
    assert joined("⌀", "25.02", "24.98") == "⌀25.02/24.98"
    assert joined("", "670.05", "⌀669.95") == "⌀670.05/669.95"
    assert joined("", "SR12.1", "11.9") == "SR12.1/11.9"
