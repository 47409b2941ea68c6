"""The lines of a part that is made: material, machining, treatments, setup, inspection, transport."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rung.apps.drawings.quoting.figures import figure, percent
from rung.apps.drawings.quoting.items import Item, Line, Sentence, won
from rung.apps.drawings.quoting.pricing import (
    Difficulty,
    PartType,
    Pricing,
    Treatment,
    is_own,
    named,
    shipped,
    stands_in,
)
from rung.apps.drawings.quoting.stock import Input, Shape, Source
from rung.apps.drawings.quoting.weighing import Weight


def factory_lines(item: Item, weight: Weight, pricing: Pricing) -> tuple[tuple[Line, ...], tuple[Sentence, ...]]:
    """Every line, and what was assumed on the way."""
    lines = [*_material_lines(item, weight, pricing)]
    machining, assumptions = _machining_lines(item, weight, pricing)
    lines += machining
    lines += _treatment_lines(item, weight, pricing)
    count = _count(item)
    setup = pricing.setup
    if count <= setup.up_to_pieces:
        formula = f"{figure(count)} ≤ {setup.up_to_pieces}"
        amount = _table(pricing, "setup", setup.amount, "won", rules=["setup.amount"])
        lines.append(_line("setup", formula, setup.amount, item.quantity, amount))
    subtotal = sum(line.amount_krw for line in lines)
    share = pricing.inspection
    lines.append(
        _line("inspection", f"{percent(share)} × {subtotal:,}", subtotal * share, _table(pricing, "inspection", share))
    )
    rate = pricing.transport_per_kg
    formula = f"{figure(round(weight.kg, 6))} kg × {figure(rate)} × {figure(count)}"
    inputs = (_mass(weight, pricing), _table(pricing, "transport_per_kg", rate, "won/kg"), item.quantity)
    lines.append(_line("transport", formula, weight.kg * rate * count, *inputs))
    return tuple(lines), assumptions


LABELS = {
    "material": ("Material", "재료비"),
    "scrap": ("Scrap", "스크랩 손실"),
    "discount": ("Quantity discount", "수량 할인"),
    "material-margin": ("Margin on material", "재료비 관리비"),
    "machining": ("Machining", "가공비"),
    "machining-margin": ("Margin on machining", "가공비 이윤"),
    "treatment": ("Treatment", "처리비"),
    "setup": ("Setup", "셋업비"),
    "inspection": ("Inspection", "검사비"),
    "transport": ("Transport", "운반비"),
}


def _line(key: str, formula: str, amount: float, *inputs: Input, label: tuple[str, str] = ("", "")) -> Line:
    english, korean = label if label[0] else LABELS[key]
    return Line(key=key, label=english, label_ko=korean, formula=formula, amount_krw=won(amount), inputs=inputs)


def _table(
    pricing: Pricing, name: str, value: float | str, unit: str = "", note: str = "", rules: Sequence[str] = ()
) -> Input:
    """A figure of the rule set: given where the caller replaced it. rules: what it is there, where not its name."""
    source: Source = "given" if pricing.given.intersection(rules or [name]) else "table"
    return Input(name=name, value=value, unit=unit, source=source, note=note)


def _count(item: Item) -> float:
    return float(item.quantity.value)


_LEAST_CERTAIN_FIRST: Final[tuple[Source, ...]] = ("assumed", "read", "given", "table")


def _mass(weight: Weight, pricing: Pricing) -> Input:
    """Of the stock: computed, so that nobody takes it for something that was said."""
    if weight.shape is None:
        return weight.sides[0]
    allowance = _allowance(weight.shape, pricing).source
    sources = {side.source for side in weight.sides} | {weight.grade.source, weight.priced_by, allowance}
    return Input(
        name="mass_kg",
        value=round(weight.kg, 3),
        unit="kg",
        source="computed",
        note="of the stock, from its sides, the allowances and the density",
        computed_from=tuple(one for one in _LEAST_CERTAIN_FIRST if one in sources),
    )


# --- material ------------------------------------------------------------------------------------------------


def _material_lines(item: Item, weight: Weight, pricing: Pricing) -> Iterator[Line]:
    count, rule = _count(item), weight.material
    price = Input(name="price", value=rule.price, unit="won/kg", source=weight.priced_by, note=rule.names[0])
    allowances = (_allowance(weight.shape, pricing),) if weight.shape else ()
    density = Input(name="density", value=rule.density, unit="g/cm³", source=price.source)
    formula = f"{figure(round(weight.kg, 6))} kg × {figure(rule.price)} × {figure(count)}"
    raw = weight.kg * rule.price * count
    yield _line("material", formula, raw, weight.grade, *weight.sides, *allowances, density, price, item.quantity)
    kind = weight.shape.kind if weight.shape else "round"
    share = pricing.scrap.plate if kind == "plate" else pricing.scrap.round
    lost = raw * share
    yield _line(
        "scrap", f"{percent(share)} × {raw:,.0f}", lost, _table(pricing, "scrap", share, rules=[f"scrap.{kind}"])
    )
    step = max(
        (one for one in pricing.discounts if count >= one.from_pieces), key=lambda one: one.from_pieces, default=None
    )
    off = (raw + lost) * step.share if step else 0.0
    if step:
        formula = f"−{percent(step.share)} × {raw + lost:,.0f}"
        yield _line("discount", formula, -off, item.quantity, _table(pricing, "discounts", step.share))
    margin, base = pricing.margin.material, raw + lost - off
    yield _line(
        "material-margin", f"{percent(margin)} × {base:,.0f}", base * margin, _table(pricing, "margin.material", margin)
    )


def _allowance(shape: Shape, pricing: Pricing) -> Input:
    one, sides = pricing.allowance, ["outer", "length"] if shape.solid else ["outer", "inner", "length"]
    told = f"OD {one.outer:+g}{'' if shape.solid else f', ID {one.inner:+g}'}, L {one.length:+g}"
    if shape.kind == "plate":
        told, sides = f"L·W·T {one.plate:+g}", ["plate"]
    return _table(pricing, "allowance", told, "mm", rules=[f"allowance.{side}" for side in sides])


# --- machining -----------------------------------------------------------------------------------------------


def _machining_lines(item: Item, weight: Weight, pricing: Pricing) -> tuple[list[Line], tuple[Sentence, ...]]:
    count = _count(item)
    found = named(item.name, pricing.parts)
    base, part = _base(found, pricing)
    factor, mass = _size_factor(weight, pricing)
    adds = list(_difficulties(item, weight, pricing))
    difficulty = min(1 + sum(float(one.value) for one in adds), pricing.most_difficult)
    amount = base * factor * difficulty * count
    formula = f"{figure(base)} × {figure(factor)} × {figure(difficulty)} × {figure(count)}"
    margin = pricing.margin.machining
    lines = [
        _line("machining", formula, amount, part, mass, *adds, item.quantity),
        _line(
            "machining-margin",
            f"{percent(margin)} × {amount:,.0f}",
            amount * margin,
            _table(pricing, "margin.machining", margin),
        ),
    ]
    default = Sentence(
        f"{item.name}: the table knows no such part; machining starts from its default of {base:,.0f} won",
        f"{item.called_ko}: 부품 유형이 표에 없어 기본 가공비 {base:,.0f}원을 적용하였습니다",
    )
    said = () if found else (default,)
    return lines, said


def _base(found: tuple[PartType, str] | None, pricing: Pricing) -> tuple[float, Input]:
    if found:
        return found[0].base, _table(pricing, "parts", found[0].base, "won", f"by {found[1]!r} in the name")
    return pricing.default_base, _table(
        pricing, "default_base", pricing.default_base, "won", "no part type in the name"
    )


def _size_factor(weight: Weight, pricing: Pricing) -> tuple[float, Input]:
    steps = sorted(pricing.size_factors, key=lambda one: one.below_kg)
    factor = next((one.factor for one in steps if weight.kg < one.below_kg), pricing.largest_factor)
    return factor, _mass(weight, pricing)


def _difficulties(item: Item, weight: Weight, pricing: Pricing) -> Iterator[Input]:
    """What each feature, the material and the shape add; each feature once."""
    said = [Input(name="name", value=item.name, source="given"), *item.features]
    for rule in pricing.difficulties:
        if hit := next((one for one in said if _has(str(one.value), rule)), None):
            source = "given" if hit.name == "name" else hit.source
            yield Input(
                name=f"difficulty: {rule.name}", value=rule.add, source=source, note=f"{hit.value}", ref=hit.ref
            )
    grade = str(weight.grade.value).upper().replace(" ", "")
    for hard in pricing.hard_materials:
        if any(grade.startswith(prefix) for prefix in hard.prefixes):
            yield Input(
                name=f"difficulty: {hard.name}",
                value=hard.add,
                source=weight.grade.source,
                note=grade,
                ref=weight.grade.ref,
            )
    yield from _shape_difficulties(weight, pricing)


def _has(text: str, rule: Difficulty) -> bool:
    return any(stands_in(text, word, stem=True) for word in rule.words)


def _shape_difficulties(weight: Weight, pricing: Pricing) -> Iterator[Input]:
    if weight.shape is None or weight.shape.kind == "plate":
        return
    outer, inner, _ = weight.shape.sides
    ratio = inner / outer
    walls = sorted((one for one in pricing.thin_walls if ratio > one.above), key=lambda one: -one.above)
    if walls:
        note = f"inner / outer = {ratio:.3f} > {walls[0].above:g}"
        yield Input(name="difficulty: thin wall", value=walls[0].add, source=weight.sides[0].source, note=note)
    if outer > pricing.large.above_mm:
        note = f"outer diameter {outer:g} > {pricing.large.above_mm:g} mm"
        yield Input(name="difficulty: large", value=pricing.large.add, source=weight.sides[0].source, note=note)


# --- treatments ----------------------------------------------------------------------------------------------


def _treatment_lines(item: Item, weight: Weight, pricing: Pricing) -> Iterator[Line]:
    count, done = _count(item), set()
    for wanted in item.treatments:
        found = named(str(wanted.value), pricing.treatments, stems=True)
        if found and found[0].name not in done:
            rule: Treatment = found[0]
            done.add(rule.name)
            formula = f"{figure(round(weight.kg, 6))} kg × {figure(rule.price)} × {figure(count)}"
            own: Source = "given" if is_own(rule, pricing.treatments, shipped().treatments) else "table"
            price = Input(name="treatments", value=rule.price, unit="won/kg", source=own, note=rule.name)
            label = (f"Treatment: {rule.name}", f"처리비: {rule.name_ko or rule.name}")
            yield _line(
                "treatment",
                formula,
                weight.kg * rule.price * count,
                wanted,
                _mass(weight, pricing),
                price,
                item.quantity,
                label=label,
            )


def unknown_treatments(item: Item, pricing: Pricing) -> tuple[str, ...]:
    """Treatments that the rule set has no price for."""
    return tuple(str(one.value) for one in item.treatments if not named(str(one.value), pricing.treatments, stems=True))


def unknown_features(item: Item, pricing: Pricing) -> tuple[str, ...]:
    """Features that no rule of difficulty knows; they would be priced as though they were not there."""
    return tuple(
        str(one.value) for one in item.features if not any(_has(str(one.value), rule) for rule in pricing.difficulties)
    )
