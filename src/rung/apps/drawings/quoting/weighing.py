"""What one piece of stock weighs: its material by the price table, its shape by sides or a size text, its mass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rung.apps.drawings.grades import grade_of
from rung.apps.drawings.quoting.figures import figure
from rung.apps.drawings.quoting.items import Candidate, Item, Need, Sentence
from rung.apps.drawings.quoting.korean import particle
from rung.apps.drawings.quoting.pricing import Material, Pricing, is_own, named, shipped
from rung.apps.drawings.quoting.stock import (
    PLATE_SIDES,
    ROUND_SIDES,
    Input,
    Shape,
    Source,
    is_possible,
    mass_kg,
    shape_of,
    sides_of,
    stock_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One piece of stock. grade: the material as it is told; priced_by: where its price and density come from. sides:
    what the shape was made of; the mass alone where that is assumed."""

    kg: float
    material: Material
    grade: Input
    priced_by: Source
    shape: Shape | None
    sides: tuple[Input, ...]
    assumptions: tuple[Sentence, ...]


def weighed(item: Item, pricing: Pricing, assume: frozenset[str]) -> Weight | tuple[Need, ...]:
    """What one piece of stock weighs, or what has to be known for it."""
    material = _material(item, pricing, assume)
    shape = _shape(item, pricing, assume)
    needs = tuple(one for one in (material, shape) if isinstance(one, Need))
    if isinstance(material, Need) or isinstance(shape, Need):
        return needs
    rule, grade, priced_by, said = material
    made, sides, assumed = shape
    kg = float(sides[0].value) if made is None else mass_kg(stock_of(made, pricing.allowance), rule.density)
    return Weight(
        kg=kg,
        material=rule,
        grade=grade,
        priced_by=priced_by,
        shape=made,
        sides=sides,
        assumptions=said + assumed,
    )


Priced = tuple[Material, Input, Source, tuple[Sentence, ...]]
LIKE_STEEL = frozenset(
    {"", "carbon steel", "chrome-molybdenum", "stainless", "bolting steel", "tool steel", "cast iron"}
)
"""Families that the assumed material may stand for; no aluminium weighs what steel does."""


def _material(item: Item, pricing: Pricing, assume: frozenset[str]) -> Priced | Need:
    """The rule that prices it, the material as it is told, where price and density come from."""
    said = str(item.material.value) if item.material else ""
    name = _bare(said)
    for material in pricing.materials if item.material else ():
        for known in material.names:
            # A suffix for the treatment (S45C-N) does not change the price.
            if name == _bare(known) or name.startswith(f"{_bare(known)}-"):
                note = "" if name == _bare(known) else f"priced as {known}"
                source: Source = "given" if is_own(material, pricing.materials, shipped().materials) else "table"
                return material, _noted(item.material, note), source, ()
    family = found.family if (found := grade_of(said)) else ""
    if "material" in assume and family in LIKE_STEEL:
        return _assumed_material(item, said, pricing)
    return _need_material(said, pricing, "material" if family in LIKE_STEEL else "")


def _assumed_material(item: Item, said: str, pricing: Pricing) -> Priced:
    fallback = pricing.assumed_material
    figures = f"{fallback.price:,.0f} won/kg at {fallback.density:g} g/cm³"
    about = f"{said!r} is not in the price table" if said else "no material is given"
    about_ko = f"재질 {said!r}의 단가가 없어" if said else "재질이 주어지지 않아"
    grade = item.material or Input(name="material", value="not given", source="assumed", note=about)
    density_ko = particle(f"{fallback.density:g}", "으로", "로")
    told = Sentence(
        f"{item.name}: {about}; {figures} is assumed",
        f"{item.called_ko}: {about_ko} {fallback.price:,.0f}원/kg, 비중 {density_ko} 가정하였습니다",
    )
    return fallback, grade, "assumed", (told,)


def _need_material(said: str, pricing: Pricing, assume: str) -> Need:
    known = tuple(Candidate(text=one.names[0], value=one.names[0]) for one in pricing.materials)
    question, question_ko = "of which material is it?", "재질을 알려 주십시오"
    if said:
        question = (
            f"{said!r} is not in the price table: choose a material that is, or give the price and density of this one"
            " (pricing.materials)"
        )
        question_ko = f"재질 {said!r}의 단가가 없습니다. 단가표의 재질을 고르거나 단가(원/kg)와 비중을 알려 주십시오"
    return Need(field="material", question=question, question_ko=question_ko, candidates=known, assume=assume)


def _bare(grade: str) -> str:
    return grade.upper().replace(" ", "")


def _noted(one: Input | None, note: str) -> Input:
    assert one, "only a material that is there is priced"
    joined = "; ".join(filter(None, (one.note, note)))
    return Input(name=one.name, value=one.value, unit=one.unit, source=one.source, note=joined, ref=one.ref)


Shaped = tuple[Shape | None, tuple[Input, ...], tuple[Sentence, ...]]


def _shape(item: Item, pricing: Pricing, assume: frozenset[str]) -> Shaped | Need:
    """The shape and its sides; the mass as the only side where that is assumed."""
    sides, why = dict(item.sides), ""
    if item.size:
        found = sides_of(str(item.size.value))
        why = found if isinstance(found, str) else ""
        if not isinstance(found, str):
            if differs := next((name for name in sides if found.get(name, sides[name].value) != sides[name].value), ""):
                return _contradicted(sides[differs], item.size)
            sides |= {name: _side(name, value, item.size) for name, value in found.items()}
    if "outer_mm" in sides and ("width_mm" in sides or "thickness_mm" in sides):
        return _both_kinds()
    assumed: tuple[Sentence, ...] = ()
    missing = shape_of({name: float(side.value) for name, side in sides.items()})
    if missing == ["length_mm"] and "length" in assume:
        length = pricing.assumed_length
        sides["length_mm"] = Input(name="length_mm", value=length, unit="mm", source="assumed", note="none is given")
        assumed = (
            Sentence(
                f"{item.name}: no length is given; {length:g} mm is assumed",
                f"{item.called_ko}: 길이가 주어지지 않아 {length:g} mm로 가정하였습니다",
            ),
        )
        missing = shape_of({name: float(side.value) for name, side in sides.items()})
    if isinstance(missing, Shape):
        if not is_possible(missing):
            return _impossible(missing)
        names = ROUND_SIDES if missing.kind == "round" else PLATE_SIDES
        return missing, tuple(sides[name] for name in names if name in sides), assumed
    if "mass" in assume and not sides:
        return _assumed_mass(item, pricing)
    return _need_size(sides, missing, why, item)


def _contradicted(side: Input, size: Input) -> Need:
    english, korean = SIDES[side.name]
    return Need(
        field=side.name,
        question=f"{english} {float(side.value):g} mm is not what the size {size.value!r} says; give one of the two",
        question_ko=f"{korean} {float(side.value):g} mm와 규격 {size.value!r}이 서로 다릅니다",
    )


def _both_kinds() -> Need:
    return Need(
        field="outer_mm",
        question="an outer diameter and the sides of a plate are given; a part is round or a plate",
        question_ko="외경과 판의 변이 함께 주어졌습니다. 하나만 알려 주십시오",
    )


def _impossible(shape: Shape) -> Need:
    outer, inner, _ = shape.sides
    return Need(
        field="inner_mm",
        question=f"inner diameter {inner:g} mm is not below outer diameter {outer:g} mm",
        question_ko=f"내경 {inner:g} mm는 외경 {outer:g} mm보다 작아야 합니다",
    )


def _side(name: str, value: float, size: Input) -> Input:
    return Input(name=name, value=value, unit="mm", source=size.source, note=f"from {size.value}", ref=size.ref)


def _assumed_mass(item: Item, pricing: Pricing) -> Shaped:
    """What is written of the finished part goes before what is usual."""
    if item.mass:
        written = figure(float(item.mass.value))
        taken = Sentence(
            f"{item.name}: no size is given; the {written} kg that the title block says of the finished part are taken"
            " for its stock",
            f"{item.called_ko}: 치수가 주어지지 않아 표제란의 제품 중량 {written} kg을 소재 중량으로 간주하였습니다",
        )
        return None, (item.mass,), (taken,)
    found = named(item.name, pricing.masses)
    kg = found[0].kg if found else pricing.default_mass
    why = f"usual for {found[1]!r}" if found else "the table names no such part; its default"
    why += f"; the title block's {item.mass_text!r} cannot be understood" if item.mass_text else ""
    mass = Input(name="mass_kg", value=kg, unit="kg", source="assumed", note=why)
    assumed = Sentence(
        f"{item.name}: no size is given; a mass of {kg:g} kg is assumed ({why})",
        f"{item.called_ko}: 치수가 주어지지 않아 소재 중량 {kg:g} kg을 가정하였습니다",
    )
    return None, (mass,), (assumed,)


def _need_size(sides: Mapping[str, Input], missing: list[str], why: str, item: Item) -> Need:
    if sides:
        assume = "length" if missing == ["length_mm"] else ""
        return side_need(missing[0], assume)
    return Need(
        field="size",
        question=why or f"what size is {item.name}? Give outer_mm, inner_mm and length_mm, or the sides of a plate",
        question_ko=f"{item.called_ko}의 치수(외경, 내경, 길이 또는 판의 세 변)를 알려 주십시오",
        assume="mass",
    )


SIDES = {
    "outer_mm": ("outer diameter", "외경"),
    "inner_mm": ("inner diameter (none: it is solid)", "내경(중실이면 생략)"),
    "length_mm": ("length", "길이"),
    "width_mm": ("width", "폭"),
    "thickness_mm": ("thickness", "두께"),
}


def side_need(side: str, assume: str = "", candidates: tuple[Candidate, ...] = ()) -> Need:
    """The question for one side of a part."""
    english, korean = SIDES[side]
    question, question_ko = f"what is its {english}, in mm?", f"{korean} 값을 mm로 알려 주십시오"
    return Need(field=side, question=question, question_ko=question_ko, candidates=candidates, assume=assume)
