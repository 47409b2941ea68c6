"""What one item costs, line by line, in Korean won; or what has to be known first.

Nothing is made up: what is missing is asked for, or assumed where the caller allowed just that, and every line tells
its inputs and where they come from.
"""

from __future__ import annotations

from rung.apps.drawings.quoting.cost_lines import factory_lines, unknown_features, unknown_treatments
from rung.apps.drawings.quoting.figures import figure
from rung.apps.drawings.quoting.items import Costed, Item, Line, Need, Sentence, won
from rung.apps.drawings.quoting.pricing import Pricing
from rung.apps.drawings.quoting.standard import standard_lines
from rung.apps.drawings.quoting.stock import Input
from rung.apps.drawings.quoting.weighing import weighed


def costed(item: Item, pricing: Pricing, assume: frozenset[str] = frozenset()) -> Costed:
    """The item's lines, or what is needed; of one whose quantity is unclear nothing is worked out. In this order:

    1. a unit price that is given stands for everything else;
    2. a standard part by its name and size has its catalogue's price, without tax or margin;
    3. else the material by its stock's mass, machining by the kind of part, treatments, setup, inspection, transport.
    """
    if item.needs:
        return Costed(needs=item.needs)
    if item.unit_price:
        return Costed(lines=(_given_price(item, item.unit_price),))
    if found := standard_lines(item.name, item.size, item.quantity, pricing, "catalogue" in assume):
        if isinstance(found, Sentence):
            need = Need(field="unit_price_krw", question=found.text, question_ko=found.text_ko, assume="catalogue")
            return Costed(needs=(need,))
        formula, amount, inputs, assumption = found
        line = Line(
            key="standard",
            label="Standard part",
            label_ko="표준품",
            formula=formula,
            amount_krw=won(amount),
            inputs=inputs,
        )
        return Costed(lines=(line,), assumptions=assumption)
    if unknown := (*map(_unpriced, unknown_treatments(item, pricing)), *map(_unrated, unknown_features(item, pricing))):
        return Costed(needs=unknown)
    weight = weighed(item, pricing, assume)
    if isinstance(weight, tuple):
        return Costed(needs=weight)
    lines, assumptions = factory_lines(item, weight, pricing)
    return Costed(
        lines=lines,
        assumptions=weight.assumptions + assumptions,
        shape=weight.shape,
        mass_kg=round(weight.kg, 3),
        material=str(weight.grade.value),
    )


def _given_price(item: Item, price: Input) -> Line:
    amount = float(price.value) * float(item.quantity.value)
    formula = f"{figure(float(price.value))} × {figure(float(item.quantity.value))}"
    return Line(
        key="unit-price",
        label="Unit price as given",
        label_ko="지정 단가",
        formula=formula,
        amount_krw=won(amount),
        inputs=(price, item.quantity),
    )


def _unpriced(treatment: str) -> Need:
    return Need(
        field="treatments",
        question=f"the price list has no treatment {treatment!r}: give pricing.treatments, its words and price per kg",
        question_ko=f"{treatment!r} 처리의 단가(원/kg)가 없습니다",
    )


def _unrated(feature: str) -> Need:
    return Need(
        field="features",
        question=f"the rule set has no feature {feature!r}: give pricing.difficulties, its words and what it adds",
        question_ko=f"{feature!r} 가공의 난이도 기준이 없습니다",
    )
