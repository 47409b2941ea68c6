"""Decides what a visitor's order for a quotation is, and how its answer is told. Touches nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rung.apps.drawings.page_names import named
from rung.apps.drawings.quoting.quotation_words import input_named, unit_named
from rung.console.words import Language

FIELDS = ("name", "material", "quantity", "outer_mm", "inner_mm", "length_mm", "width_mm", "thickness_mm")
"""What an item of `quote` may be given, one value each."""
LISTS = ("features", "treatments")
"""What it may be given several of, parted by commas."""
RATES = ("price_per_kg", "density")
"""What prices a material that is not in the rule set's table: won for a kilogram, grams for a cubic centimetre."""
PARTIES = ("customer", "supplier")
"""Who stands on the paper, each by a name."""
TERMS = (*PARTIES, "delivery", "payment")
"""What the paper says beside the prices: of the visitor's business and not of the part, so the next drawing has it."""
NUMBERS = frozenset(
    {"price_per_kg", "density", "quantity", "outer_mm", "inner_mm", "length_mm", "width_mm", "thickness_mm"}
)


@dataclass(frozen=True, slots=True)
class Order:
    """What the visitor gives and allows. given: field -> what was typed. allowed: what may be assumed."""

    given: Mapping[str, str] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()

    def giving(self, name: str, text: str) -> Order:
        """With that field; an empty text takes it back."""
        kept = {key: value for key, value in self.given.items() if key != name}
        return replace(self, given=kept | ({name: text.strip()} if text.strip() else {}))

    def next_one(self) -> Order:
        """For another drawing."""
        return Order(given={name: text for name, text in self.given.items() if name in TERMS})

    def allowing(self, what: str, on: bool) -> Order:
        """With that assumption allowed, or no longer."""
        return replace(self, allowed=self.allowed | {what} if on else self.allowed - {what})

    def fields(self, sheet: Mapping[str, Any]) -> dict[str, Any]:
        """Of the request: the page as it was answered, with its reviews, completed by what was given."""
        item: dict[str, Any] = {name: _value(name, text) for name, text in self.given.items() if name in FIELDS}
        item |= {name: _parts(self.given[name]) for name in LISTS if name in self.given}
        kept = {name: sheet[name] for name in ("page", "dimensions", "title_block", "tables", "texts", "unread")}
        return {
            "sheets": [kept],
            "items": [item] if item else [],
            "assume": sorted(self.allowed),
            "pricing": self._pricing(sheet),
            **{name: {"name": self.given[name]} for name in PARTIES if name in self.given},
            **{name: self.given[name] for name in TERMS if name in self.given and name not in PARTIES},
        }

    def _pricing(self, sheet: Mapping[str, Any]) -> dict[str, Any]:
        """The material that is given, else the title block's, at the visitor's rates; empty until both are there."""
        of_sheet = sheet["title_block"].get("material", {})
        name = self.given.get("material") or of_sheet.get("value") or of_sheet.get("text")
        if not name or not all(rate in self.given for rate in RATES):
            return {}
        price, density = (_value(rate, self.given[rate]) for rate in RATES)
        return {"materials": [{"names": [name], "price": price, "density": density}]}


def _value(name: str, text: str) -> int | float | str:
    """The number that stands there; the text itself where it is none: the server says what is wrong with it."""
    if name not in NUMBERS:
        return text
    try:
        return int(text) if name == "quantity" else float(text.replace(",", "."))
    except ValueError:
        return text


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def won(amount: int | None) -> str:
    """1234567 is ₩1,234,567; a dash where nothing is known."""
    if amount is None:
        return "–"
    return f"−₩{-amount:,}" if amount < 0 else f"₩{amount:,}"


def inputs_of(line: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    """(what it is, where it is from) of each input of a line; the rule set's own stand in the formula already.

    Where it is from is a source of `quote`, or `computed_assumed`: computed, and something that went in is assumed.
    """
    return [(_input(one, language), _source(one)) for one in line["inputs"] if one["source"] != "table"]


def _input(one: Mapping[str, Any], language: Language) -> str:
    name, colon, what = one["name"].partition(": ")
    unit, value = one["unit"], _figure(one["value"])
    if language == "ko":
        name, unit = input_named(name), unit_named(unit)
        value = named("difficulty", value, language) if isinstance(one["value"], str) else value
    said = f"{name.replace('_', ' ')}{colon}{named('difficulty', what, language)}"
    return f"{said} {value} {unit}".strip()


def _source(one: Mapping[str, Any]) -> str:
    return "computed_assumed" if "assumed" in one.get("computed_from", ()) else str(one["source"])


def _figure(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def lines_of(quote: Mapping[str, Any]) -> Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """(item, line) of every line of a quotation."""
    return [(item, line) for item in quote["items"] for line in item["lines"]]
