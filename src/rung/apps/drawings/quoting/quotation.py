"""A quotation made of costed items: unit prices, totals, tax, what is missing and what was assumed."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from rung.apps.drawings.quoting.items import Costed, Item, Line, Need, Sentence, won
from rung.apps.drawings.quoting.pricing import Pricing
from rung.apps.drawings.quoting.stock import Input


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who sends or gets a quotation; every field may be empty."""

    name: str = ""
    registration_number: str = ""
    representative: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a quotation says beside its prices. date: the day it is made, as 2026-11-30."""

    date: str
    valid_days: int = 30
    supplier: Party = Party()
    customer: Party = Party()
    project: str = ""
    delivery: str = ""
    payment: str = ""
    remarks: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedItem:
    """One item of a quotation. name_ko: what papers call it. size: as text.

    unit_price_krw x quantity is amount_krw, to the won; both are None where the item could not be priced and `needs`
    says why.
    """

    no: int
    name: str
    name_ko: str
    drawing_number: str
    material: str
    size: str
    quantity: int
    mass_kg: float | None
    unit_price_krw: int | None
    amount_krw: int | None
    lines: tuple[Line, ...]
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """What is sent. complete: every item is priced; else the sums are of those that are. vat: a share of one."""

    number: str
    date: str
    valid_until: str
    terms: Terms
    items: tuple[QuotedItem, ...]
    assumptions: tuple[Sentence, ...]
    subtotal_krw: int
    vat: float
    vat_krw: int
    total_krw: int
    complete: bool

    @property
    def priced(self) -> bool:
        """Whether its sums are sums of anything; where no item has a price they are 0 and mean nothing."""
        return self.complete or any(one.amount_krw is not None for one in self.items)


def quotation(items: Sequence[tuple[Item, Costed]], pricing: Pricing, terms: Terms) -> Quotation:
    """The quotation of these items, in their order."""
    quoted = tuple(_quoted(no, item, made) for no, (item, made) in enumerate(items, 1))
    subtotal = sum(one.amount_krw or 0 for one in quoted)
    tax = won(subtotal * pricing.vat)
    until = datetime.date.fromisoformat(terms.date) + datetime.timedelta(days=terms.valid_days)
    return Quotation(
        number=terms.number or _number(quoted, terms),
        date=terms.date,
        valid_until=until.isoformat(),
        terms=terms,
        items=quoted,
        assumptions=tuple(dict.fromkeys(sentence for _, made in items for sentence in made.assumptions)),
        subtotal_krw=subtotal,
        vat=pricing.vat,
        vat_krw=tax,
        total_krw=subtotal + tax,
        complete=all(one.amount_krw is not None for one in quoted),
    )


def _quoted(no: int, item: Item, made: Costed) -> QuotedItem:
    count, lines = int(float(item.quantity.value)), made.lines
    each = None if made.needs else won(made.amount_krw / count)
    if each is not None and (over := each * count - made.amount_krw):
        lines = (*lines, _rounding(over, item.quantity))
    return QuotedItem(
        no=no,
        name=item.name,
        name_ko=item.called_ko,
        drawing_number=item.drawing_number,
        material=str(item.material.value) if item.material else "",
        size=size_text(item, made),
        quantity=count,
        mass_kg=made.mass_kg,
        unit_price_krw=each,
        amount_krw=None if each is None else each * count,
        lines=lines,
        needs=made.needs,
    )


def _rounding(over: int, quantity: Input) -> Line:
    """So that the unit price times the quantity is the amount, to the won."""
    return Line(
        key="rounding",
        label="Rounded to whole won a piece",
        label_ko="단수 조정",
        formula=f"{over:+d}",
        amount_krw=over,
        inputs=(quantity,),
    )


def size_text(item: Item, made: Costed) -> str:
    """The size as one reads it: ⌀100×⌀60×50, 200×100×20, or what was given."""
    if made.shape is None:
        return str(item.size.value) if item.size else ""
    first, second, third = (f"{side:.10g}" for side in made.shape.sides)
    if made.shape.kind == "plate":
        return f"{first}×{second}×{third}"
    return f"⌀{first}×{third}" if made.shape.solid else f"⌀{first}×⌀{second}×{third}"


def _number(items: Sequence[QuotedItem], terms: Terms) -> str:
    """The day, and four signs of what is quoted: the same request has the same number."""
    content = repr([(one.name, one.size, one.material, one.quantity, one.amount_krw) for one in items])
    mark = hashlib.sha256(f"{terms.customer.name}{content}".encode()).hexdigest()[:4].upper()
    return f"Q-{terms.date.replace('-', '')}-{mark}"
