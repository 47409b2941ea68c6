"""The parts of a bill of materials as items of the cost engine: only parts are priced, never what they are part of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from rung.apps.drawings.quoting.bom import Row
from rung.apps.drawings.quoting.items import Item, Need, Sentence
from rung.apps.drawings.quoting.quantities import quantity_need
from rung.apps.drawings.quoting.quotation import Quotation
from rung.apps.drawings.quoting.stock import Input, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedRow:
    """A row with what it costs. item: its number in the quotation; None: it is not priced, because it is no part, or
    because nothing was to be priced."""

    row: Row
    item: int | None = None
    unit_price_krw: int | None = None
    amount_krw: int | None = None


ROWS = TypeAdapter(list[PricedRow])
"""How rows go to the worker that makes papers of them."""


def parts_of(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Those that are priced: parts with a name."""
    return tuple(row for row in rows if row.kind == "part" and row.name)


def item_of_row(row: Row) -> tuple[Item, tuple[Sentence, ...]]:
    """The item of a part's row, and what was taken for granted. What a drawing's table says is read, else given."""
    source: Source = "given" if row.page is None else "read"
    ref = "" if row.page is None else f"{row.page}.bom.{row.place}"

    def told(name: str, value: str | float | int | None) -> Input | None:
        return None if value in ("", None) else Input(name=name, value=value or 0, source=source, ref=ref)

    said: tuple[Sentence, ...] = ()
    quantity, needs = told("quantity", row.total), _quantity_needs(row)
    if quantity is None:
        quantity = Input(name="quantity", value=1, source="assumed", note="; ".join(row.notes))
        single = Sentence(
            f"{row.name}: no quantity could be read; priced for one",
            f"{row.name}: 수량을 판독할 수 없어 1개 기준입니다",
        )
        said = () if needs else (single,)
    item = Item(
        name=row.name,
        quantity=quantity,
        drawing_number=row.drawing_number,
        material=told("material", row.material),
        size=told("size", row.size),
        unit_price=told("unit_price_krw", row.unit_price),
        needs=needs,
    )
    return item, said


def _quantity_needs(row: Row) -> tuple[Need, ...]:
    """A quantity that is written and cannot be understood is asked for, as is that of what the row belongs to."""
    if row.quantity_text:
        return (quantity_need(row.quantity_text),)
    if row.total is None and row.quantity is not None:
        question = f"how many {row.name} altogether? The quantity of what it belongs to is not known"
        question_ko = f"{row.name}의 총수량을 알려 주십시오 (상위 조립품의 수량을 알 수 없습니다)"
        return (Need(field="quantity", question=question, question_ko=question_ko),)
    return ()


def priced_rows(rows: Sequence[Row], quotation: Quotation | None) -> list[PricedRow]:
    """Every row, the parts with their prices."""
    if quotation is None:
        return [PricedRow(row=row) for row in rows]
    found = {row.place: item for row, item in zip(parts_of(rows), quotation.items, strict=True)}
    made = []
    for row in rows:
        item = found.get(row.place)
        if item is None:
            made.append(PricedRow(row=row))
        else:
            made.append(
                PricedRow(row=row, item=item.no, unit_price_krw=item.unit_price_krw, amount_krw=item.amount_krw)
            )
    return made
