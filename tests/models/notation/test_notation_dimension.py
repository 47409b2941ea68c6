"""Dimensions: what each way to write one means, and what holds of every text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notation_texts import rows_of, walks

from rung.models import notation
from rung.models.notation import (
    canonical,
    clean,
    deviation_automaton,
    dimension_automaton,
    explain,
    parse,
    render,
    stacked,
    understood,
)

AUTOMATON = dimension_automaton()


@pytest.mark.parametrize(
    ("text", "made", "type_", "nominal", "upper", "lower"),
    [
        ("25", "25", "length", 25, None, None),
        ("25,4", "25.4", "length", 25.4, None, None),
        ("25 ± 0.1", "25±0.1", "length", 25, 0.1, -0.1),
        ("25+0.021/0", "25+0.021/0", "length", 25, 0.021, 0),
        ("25+0.1/-0.0", "25+0.1/0.0", "length", 25, 0.1, 0),
        ("25 0 -0.2", "25+0/-0.2", "length", 25, 0, -0.2),
        ("25 -0.1 -0.2", "25-0.1/-0.2", "length", 25, -0.1, -0.2),
        ("25 -0.2 +0.1", "25+0.1/-0.2", "length", 25, 0.1, -0.2),
        ("%%c20%%p0.1", "⌀20±0.1", "diameter", 20, 0.1, -0.1),
        ("Ø 25.00", "⌀25.00", "diameter", 25, None, None),
        ("25.02/25.00", "25.02/25.00", "length", 25.01, 0.01, -0.01),
        ("SR10", "SR10", "radius", 10, None, None),
        ("C2", "C2", "chamfer", 2, None, None),
        ("2 x 45°", "2×45°", "chamfer", 2, None, None),
        ("45°30'", "45°30'", "angle", 45.5, None, None),
        ("30°±30′", "30°±30'", "angle", 30, 0.5, -0.5),
        ("M10x1.5-6g", "M10×1.5-6g", "thread", 10, None, None),
        ("1/4-20UNC-2A", "1/4-20UNC-2A", "thread", 0.25, None, None),
        ("Ra 1.6", "Ra1.6", "roughness", 1.6, None, None),
        ("Ø100xØ60x50", "⌀100×⌀60×50", "size", 100, None, None),
    ],
)
def test_each_way_to_write_a_dimension_is_understood(
    text: str, made: str, type_: str, nominal: float, upper: float | None, lower: float | None
) -> None:
    dimension = parse(text)

    assert dimension
    assert (render(dimension), dimension.type, dimension.nominal) == (made, type_, nominal)
    assert (dimension.upper, dimension.lower) == (upper, lower)


def test_counts_references_and_basic_sizes_are_told_apart() -> None:
    counted, reference, basic = parse("4-Ø10 THRU"), parse("(25)"), parse("[25]")

    assert counted and reference and basic
    assert (counted.text, counted.count, counted.through) == ("4×⌀10THRU", 4, True)
    assert (reference.reference, reference.basic) == (True, False)
    assert (basic.reference, basic.basic) == (False, True)


def test_units_follow_from_the_signs() -> None:
    assert [dimension.unit for text in ('1.25"', "25", "30°", "Ra3.2", "1:50") if (dimension := parse(text))] == [
        "in",
        "mm",
        "deg",
        "um",
        "",
    ]


@pytest.mark.parametrize("text", ["2025.01.02", "REV A", "12.5.1", "25-20", "-25", "KS B 0401", "", "+0.1", "⌀"])
def test_what_is_no_dimension_is_none_and_says_where_it_stops(text: str) -> None:
    assert parse(text) is None
    assert explain(text)


def test_an_explanation_names_the_sign_that_cannot_stand() -> None:
    assert explain("25abc") == "'25abc' is no dimension: 'b' cannot stand after '25a'"
    assert explain("25±") == "'25±' is the beginning of a dimension and ends too early"


def test_a_bare_number_that_is_also_a_roughness_value_stays_a_length() -> None:
    assert [dimension.type for text in ("0.8", "1.6", "12.5", "25", "50") if (dimension := parse(text))] == [
        "length"
    ] * 5


def test_stacked_deviations_are_joined_so_that_no_zero_runs_into_the_nominal_size() -> None:
    assert stacked("⌀25", "0", "-0.021") == "⌀25+0/-0.021"
    assert canonical(stacked("25", "+0.1", "0")) == "25+0.1/0"


def test_limits_behind_a_fit_stand_in_brackets_however_they_were_drawn() -> None:
    assert stacked("⌀4.2f7", "-0.010", "-0.022") == "⌀4.2f7(-0.010/-0.022)"
    assert canonical("⌀4.2 f7 -0.010 -0.022") == "⌀4.2f7(-0.010/-0.022)"
    assert stacked("R10", "+0.1", "0") == "R10+0.1/0"


def test_a_row_of_a_stack_has_an_automaton_of_its_own() -> None:
    rows = deviation_automaton()

    assert all(
        rows.matches(text) for text in ("+0.021", "0", "-0.1", "(+0.021", "0)", "+0.1°", "±0.05", "H7", "+0.1/-0.2")
    )
    assert not any(rows.matches(text) for text in ("++1", "0.1.", "⌀25", ""))


# --- alternatives ------------------------------------------------------------------------------------------


def test_a_zero_before_figures_is_read_as_it_stands_and_has_a_diameter_beside_it() -> None:
    said, other = understood("0392")

    assert (said.dimension.text, said.dimension.type, said.reason) == ("0392", "length", "")
    assert other.dimension.text == "⌀392" and "misread" in other.reason


@pytest.mark.parametrize(
    ("text", "first", "other"),
    [
        ("4×10", ("4×10", "length"), ("4×10", "size")),
        ("30×10", ("30×10", "size"), ("30×10", "length")),
        ("2×45°", ("2×45°", "chamfer"), ("2×45°", "angle")),
        ("1,250", ("1.250", "length"), ("1250", "length")),
        ("25+0.2", ("25+0.2", "length"), ("25±0.2", "length")),
        ("⌀25p6", ("⌀25p6", "diameter"), ("⌀25P6", "diameter")),
    ],
)
def test_an_ambiguous_reading_keeps_its_alternative(text: str, first: tuple[str, str], other: tuple[str, str]) -> None:
    said, *others = understood(text)

    assert (said.dimension.text, said.dimension.type) == first and said.reason == ""
    assert other in [(one.dimension.text, one.dimension.type) for one in others]
    assert all(one.reason for one in others)


def test_commas_part_thousands_where_none_of_the_sheet_s_can_be_a_decimal_point() -> None:
    assert notation.parts_thousands(["3,000", "1,150", "⌀25", "12.5"])
    assert not notation.parts_thousands(["3,000", "2,5"])
    assert not notation.parts_thousands(["25+0,021/0", "3,000"])
    assert not notation.parts_thousands(["25", "12.5"])

    said, point = understood("3,000", thousands=True)
    assert (said.dimension.text, said.dimension.nominal) == ("3000", 3000) and said.reason
    assert point.dimension.text == "3.000" and "decimal point" in point.reason
    assert [one.dimension.text for one in understood("2500", thousands=True)] == ["2500"]


def test_a_look_alike_is_offered_with_its_reason_and_never_as_what_was_read() -> None:
    offered = understood("O25")

    assert offered[0].dimension.text == "⌀25"
    assert all(one.reason for one in offered), "the text itself is no dimension"
    assert understood("REV A") == ()


# --- what holds of every text ------------------------------------------------------------------------------


@settings(deadline=None, max_examples=150)
@given(st.one_of(walks(AUTOMATON), rows_of(AUTOMATON), st.text(max_size=12)))
def test_the_automaton_accepts_exactly_what_can_be_parsed(text: str) -> None:
    assert (parse(text) is not None) == AUTOMATON.matches(clean(text))


@settings(deadline=None, max_examples=150)
@given(st.one_of(walks(AUTOMATON), rows_of(AUTOMATON), st.text(max_size=12)))
def test_canonical_twice_is_canonical_once_and_is_what_is_rendered(text: str) -> None:
    made, dimension = canonical(text), parse(text)

    assert canonical(made) == made
    if dimension:
        assert render(dimension) == dimension.text == made


@settings(deadline=None, max_examples=150)
@given(walks(AUTOMATON))
def test_the_canonical_text_means_the_same(text: str) -> None:
    written, again = parse(text), parse(canonical(text))

    assert (written is None) == (again is None)
    if written and again:
        for name in ("type", "nominal", "upper", "lower", "unit", "fit", "count", "reference", "basic", "further"):
            assert getattr(written, name) == getattr(again, name), name


@settings(deadline=None, max_examples=100)
@given(walks(AUTOMATON))
def test_every_beginning_of_an_accepted_text_can_be_followed(text: str) -> None:
    state = AUTOMATON.start
    for sign in text:
        assert sign in AUTOMATON.allowed(state)
        after = AUTOMATON.step(state, sign)
        assert after is not None
        state = after
    assert AUTOMATON.accepts(state)


def test_no_angle_is_wider_than_a_full_turn() -> None:
    full = parse("360°")
    assert full is not None and full.nominal == 360
    assert parse("915°") is None and "at most 360°" in explain("915°")
