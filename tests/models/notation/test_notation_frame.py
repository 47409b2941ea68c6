"""Feature control frames: what their cells mean, and errors that point at the cell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notation_texts import rows_of, walks

from rung.models.notation import (
    CHARACTERISTICS,
    Datum,
    Fault,
    Frame,
    canonical_frame,
    cell_automaton,
    frame_automaton,
    parse_frame,
    parse_rows,
)

AUTOMATON = frame_automaton()


def test_a_frame_says_its_characteristic_zone_tolerance_modifiers_and_datums() -> None:
    (frame,) = parse_frame("⌖|Ø0.05(M)|A|BⓂ|C")

    assert isinstance(frame, Frame)
    assert (frame.characteristic, frame.category, frame.zone, frame.tolerance) == (
        "position",
        "location",
        "diameter",
        0.05,
    )
    assert frame.modifiers == ("maximum-material",)
    assert frame.datums == (Datum(letter="A"), Datum(letter="B", modifiers=("maximum-material",)), Datum(letter="C"))
    assert frame.text == "⌖|⌀0.05Ⓜ|A|BⓂ|C"


def test_a_lower_row_without_a_sign_has_the_one_above() -> None:
    first, second = parse_rows([["⌖", "⌀0.5", "A", "B"], ["⌀0.1", "A"]])

    assert isinstance(first, Frame) and isinstance(second, Frame)
    assert (second.characteristic, second.tolerance) == ("position", 0.1)


def test_projected_zones_units_of_length_and_common_datums_are_understood() -> None:
    projected, per, common = (parse_frame(text)[0] for text in ("⌖|⌀0.2Ⓟ15|A", "⏥|0.1/100×50", "↗|0.05|A-B"))

    assert isinstance(projected, Frame) and projected.projected == 15
    assert isinstance(per, Frame) and per.per == (100, 50)
    assert isinstance(common, Frame) and common.datums == (Datum(letter="A-B"),)


@pytest.mark.parametrize(
    ("text", "cell", "said"),
    [
        ("+|0.1|A", 0, "none of the fourteen"),
        ("-|0.1", 0, "none of the fourteen"),
        ("/|0.1|A", 0, "none of the fourteen"),
        ("⏥", 1, "needs a tolerance"),
        ("⏊|0.0.2|A", 1, "'.' cannot stand"),
        ("↗|⌀0.1|A", 1, "no round zone"),
        ("⏥|0.05|A", 2, "no datum"),
        ("◎|⌀0.1", 2, "needs a datum"),
        ("⌖|⌀0.1|A|q", 3, "a datum is expected"),
        ("⌖|⌀0.1|A|B|C|D", 5, "at most 3"),
    ],
)
def test_a_fault_points_at_its_cell(text: str, cell: int, said: str) -> None:
    (fault,) = parse_frame(text)

    assert isinstance(fault, Fault)
    assert (fault.row, fault.cell) == (0, cell) and said in fault.why


def test_a_fault_in_a_lower_row_counts_its_own_cells() -> None:
    _, fault = parse_rows([["⌖", "⌀0.5", "A"], ["⌀0.1", "4"]])

    assert isinstance(fault, Fault) and (fault.row, fault.cell, fault.text) == (1, 1, "4")


def test_every_characteristic_has_one_category_and_can_be_written() -> None:
    for sign, name in CHARACTERISTICS.items():
        (frame,) = parse_frame(f"{sign}|0.1" if sign in "⏤⏥○⌭" else f"{sign}|0.1|A")
        assert isinstance(frame, Frame) and frame.characteristic == name


@settings(deadline=None, max_examples=150)
@given(st.one_of(walks(AUTOMATON), rows_of(AUTOMATON)))
def test_the_frame_automaton_accepts_exactly_what_can_be_parsed(text: str) -> None:
    made = canonical_frame(text)
    rows = parse_frame(text)

    assert (len(rows) == 1 and isinstance(rows[0], Frame)) == AUTOMATON.matches(made)
    assert canonical_frame(made) == made


@settings(deadline=None, max_examples=50)
@given(walks(AUTOMATON))
def test_each_cell_of_a_frame_is_a_cell(text: str) -> None:
    assert all(cell_automaton().matches(cell) for cell in text.split("|"))
