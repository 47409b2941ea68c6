"""Quantities as they are written in a parts list or a title block: understood, or asked for."""

import pytest

from rung.apps.drawings.quoting.bom import Grid, rows_of
from rung.apps.drawings.quoting.bom_pricing import item_of_row
from rung.apps.drawings.quoting.costs import costed
from rung.apps.drawings.quoting.drawn import drawn_of, item_of
from rung.apps.drawings.quoting.pricing import shipped
from rung.apps.drawings.quoting.quantities import quantity_of
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
