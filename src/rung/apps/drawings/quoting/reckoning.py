"""Works out a quotation or a bill, in a worker: five hundred parts take a seventh of a second, too long for the
server's loop. What goes in and comes out is JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from rung.apps.drawings.quoting.bom import Grid, Row, rows_of
from rung.apps.drawings.quoting.bom_pricing import PricedRow, item_of_row, parts_of, priced_rows
from rung.apps.drawings.quoting.costs import costed
from rung.apps.drawings.quoting.drawn import Drawn, asked, drawn_of, item_of
from rung.apps.drawings.quoting.items import Costed, Item, Sentence
from rung.apps.drawings.quoting.pricing import Pricing
from rung.apps.drawings.quoting.quotation import Quotation, quotation
from rung.apps.drawings.quoting.quote_schema import PricedRequest, QuoteItemIn, SheetIn
from rung.runtime.errors import InvalidInput

QUOTATION: TypeAdapter[Quotation] = TypeAdapter(Quotation)
ITEMS: TypeAdapter[list[QuoteItemIn]] = TypeAdapter(list[QuoteItemIn])
SHEETS: TypeAdapter[list[SheetIn]] = TypeAdapter(list[SheetIn])
GRIDS: TypeAdapter[list[Grid]] = TypeAdapter(list[Grid])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill of materials with the quotation of its parts; None: nothing is priced."""

    rows: tuple[PricedRow, ...]
    quotation: Quotation | None


BILL: TypeAdapter[Bill] = TypeAdapter(Bill)


def quoted(terms: str, items: str, sheets: str, today: str) -> str:
    """The quotation of these items, completed by what was read on these pages. Raises InvalidInput for a day that is
    none."""
    wanted, drawn = PricedRequest.model_validate_json(terms), drawn_of(SHEETS.validate_json(sheets))
    rules = wanted.rules
    assume = frozenset(map(str, wanted.assume))
    made = [_completed(no, one, drawn, rules, assume) for no, one in enumerate(ITEMS.validate_json(items), 1)]
    return QUOTATION.dump_json(_summed(made, rules, wanted, today)).decode()


def billed(terms: str, grids: str, today: str, per_parent: bool, price: bool) -> str:
    """The bill that these tables make, without rows where none is a parts list."""
    wanted, rows = PricedRequest.model_validate_json(terms), rows_of(GRIDS.validate_json(grids), per_parent)
    found = _parts_priced(rows, wanted, today) if price and parts_of(rows) else None
    return BILL.dump_json(Bill(rows=tuple(priced_rows(rows, found)), quotation=found)).decode()


def _completed(
    no: int, wanted: QuoteItemIn, drawn: Drawn, rules: Pricing, assume: frozenset[str]
) -> tuple[Item, Costed]:
    item, said = item_of(wanted, drawn, rules, assume, no)
    made = _told(item, said, rules, assume)
    return item, replace(made, needs=asked(made.needs, item, drawn))


def _parts_priced(rows: tuple[Row, ...], wanted: PricedRequest, today: str) -> Quotation:
    rules, assume = wanted.rules, frozenset(map(str, wanted.assume))
    items = [item_of_row(row) for row in parts_of(rows)]
    return _summed([(item, _told(item, said, rules, assume)) for item, said in items], rules, wanted, today)


def _told(item: Item, said: tuple[Sentence, ...], rules: Pricing, assume: frozenset[str]) -> Costed:
    made = costed(item, rules, assume)
    return replace(made, assumptions=said + made.assumptions)


def _summed(made: list[tuple[Item, Costed]], rules: Pricing, wanted: PricedRequest, today: str) -> Quotation:
    try:
        return quotation(made, rules, wanted.terms(today))
    except ValueError as error:
        raise InvalidInput(f"date: {wanted.date} is no day", field="date") from error
