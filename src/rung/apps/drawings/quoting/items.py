"""What is to be priced, and what comes of it: the types of the cost engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from rung.apps.drawings.quoting.stock import Input, Shape

Assumable = Literal["length", "mass", "material", "catalogue", "roles"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that is told to people, in English and in Korean."""

    text: str
    text_ko: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a quotation. formula: with its figures. amount_krw: whole won, below 0 for a discount."""

    key: str
    label: str
    label_ko: str
    formula: str
    amount_krw: int
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What might be the answer to a question. value: what the field would be filled with. ref: the reading, where it
    is one."""

    text: str
    value: int | float | str
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What has to be known before an item can be priced. assume: what the caller may allow instead, or ""."""

    field: str
    question: str
    question_ko: str
    candidates: tuple[Candidate, ...] = ()
    assume: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is to be priced. sides: by name (outer_mm, inner_mm, length_mm; or length_mm, width_mm, thickness_mm).

    size: the same as text. features, treatments: words. unit_price: won for one; then nothing else is worked out.
    mass: kg that is written for one finished piece. mass_text: what is written of it that cannot be understood.
    name_ko: how Korean sentences call it, where that is not its name. needs: what is already known to be missing.
    """

    name: str
    quantity: Input
    name_ko: str = ""
    drawing_number: str = ""
    material: Input | None = None
    size: Input | None = None
    sides: Mapping[str, Input] = field(default_factory=dict)
    mass: Input | None = None
    mass_text: str = ""
    features: tuple[Input, ...] = ()
    treatments: tuple[Input, ...] = ()
    unit_price: Input | None = None
    needs: tuple[Need, ...] = ()

    @property
    def called_ko(self) -> str:
        """What it is called in Korean."""
        return self.name_ko or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Costed:
    """What came of an item. needs: empty where it is priced. mass_kg: of the stock for one piece."""

    lines: tuple[Line, ...] = ()
    needs: tuple[Need, ...] = ()
    assumptions: tuple[Sentence, ...] = ()
    shape: Shape | None = None
    mass_kg: float | None = None
    material: str = ""

    @property
    def amount_krw(self) -> int:
        """Of all pieces, without tax."""
        return sum(line.amount_krw for line in self.lines)


def won(amount: float) -> int:
    """Whole won, halves up."""
    return int(Decimal(repr(amount)).quantize(Decimal(1), ROUND_HALF_UP))
