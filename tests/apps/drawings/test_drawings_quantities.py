"""Quantities as they are written in a parts list or a title block: understood, or asked for."""

import pytest

from rung.apps.drawings.quoting.bom import Grid, rows_of
from rung.apps.drawings.quoting.bom_pricing import item_of_row
from rung.apps.drawings.quoting.costs import costed
from rung.apps.drawings.quoting.drawn import drawn_of, item_of
from rung.apps.drawings.quoting.pricing import shipped
from rung.apps.drawings.quoting.quantities import mass_of, quantity_of
from rung.apps.drawings.quoting.quote_schema import QuoteItemIn, SheetIn

HEAD = ("NO", "PART NAME", "MATERIAL", "SIZE", "QTY")


@pytest.mark.parametrize(
    ("text", "count"),
    [("8", 8), ("2 EA", 2), ("1,200개", 1200), ("1,000,000", 1_000_000), ("4 SETS.", 4)]
    + [(text, None) for text in ("0", "-3", "2.0", "l2", "1e9", "2 SETS (4 EA)", "1/2", "1,00", "9999999")],
)
def test_a_quantity_is_a_whole_number_with_its_unit_and_nothing_else(text: str, count: int | None) -> None:
    assert quantity_of(text) == count


def test_a_row_whose_quantity_cannot_be_understood_is_not_priced_for_one() -> None:
    (row,) = rows_of([Grid(rows=(HEAD, ("1", "PAD", "SS400", "OD100×20L", "l2")))])
    item, said = item_of_row(row)

    made = costed(item, shipped())

    assert (made.lines, said) == ((), ())
    assert [(need.field, "'l2'" in need.question) for need in made.needs] == [("quantity", True)]


def test_a_part_of_an_assembly_of_unknown_quantity_is_not_priced_for_one() -> None:
    rows = rows_of([Grid(rows=(HEAD, ("1", "ASSY", "", "", "?"), ("1.1", "PAD", "SS400", "OD100×20L", "4")))], True)
    item, _ = item_of_row(rows[1])

    assert [need.field for need in costed(item, shipped()).needs] == ["quantity"]


def test_a_title_block_s_quantity_is_not_put_together_from_its_figures() -> None:
    sheet = SheetIn.model_validate({"title_block": {"quantity": {"text": "2 SETS (4 EA)"}}})
    wanted = QuoteItemIn(name="pad", material="SS400", size="OD100×20L")

    item, said = item_of(wanted, drawn_of([sheet]), shipped(), frozenset())

    assert [need.field for need in item.needs] == ["quantity"] and said == ()


@pytest.mark.parametrize(
    ("text", "kg"),
    [("77.64 kg", 77.64), ("77,64KG", 77.64), ("850 g", 0.85), ("1,250.5 kg", 1250.5), ("12", 12.0), ("3.2 (kg)", 3.2)]
    + [(text, None) for text in ("", "0 kg", "1,250 kg", "4 lb", "-2 kg", "l2 kg", "12 kg/m", "1e3 kg")],
)
def test_a_mass_is_a_figure_in_kilograms_or_grams_and_nothing_that_may_be_two(text: str, kg: float | None) -> None:
    assert mass_of(text) == kg


def test_a_mass_that_was_read_goes_before_the_one_that_would_be_assumed_and_is_named_as_read() -> None:
    sheet = SheetIn.model_validate({"page": 1, "title_block": {"weight": {"text": "77.64 kg"}}})
    asked = QuoteItemIn.model_validate({"name": "pad", "material": "S45C", "quantity": 1})
    item, _ = item_of(asked, drawn_of([sheet]), shipped(), frozenset())

    assert [need.field for need in costed(item, shipped()).needs] == ["size"], "only where a mass may be assumed"
    made = costed(item, shipped(), frozenset({"mass"}))

    (mass,) = {one for line in made.lines for one in line.inputs if one.name == "mass_kg"}
    assert (made.mass_kg, mass.source, mass.ref) == (77.64, "read", "1.title_block.weight")
    assert "the finished part" in made.assumptions[0].text and "77.64 kg" in made.assumptions[0].text_ko


def test_a_mass_that_cannot_be_understood_is_told_beside_the_one_that_is_assumed() -> None:
    sheet = SheetIn.model_validate({"page": 1, "title_block": {"weight": {"text": "1,250 kg"}}})
    asked = QuoteItemIn.model_validate({"name": "pad", "material": "S45C", "quantity": 1})
    item, _ = item_of(asked, drawn_of([sheet]), shipped(), frozenset())

    made = costed(item, shipped(), frozenset({"mass"}))

    assert "'1,250 kg' cannot be understood" in made.assumptions[0].text
