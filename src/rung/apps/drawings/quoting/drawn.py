"""What a drawing that was read gives a quotation: title-block fields, dimensions with their roles, features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rung.apps.drawings.quoting.items import Item, Need, Sentence
from rung.apps.drawings.quoting.korean import particle
from rung.apps.drawings.quoting.pricing import Pricing, named
from rung.apps.drawings.quoting.quantities import mass_of, quantity_need, quantity_of
from rung.apps.drawings.quoting.quote_schema import QuoteItemIn, SheetIn
from rung.apps.drawings.quoting.roles import Figure, candidates, features_of, roles_of
from rung.apps.drawings.quoting.stock import Input
from rung.apps.drawings.quoting.weighing import SIDES, side_need

MM_PER_INCH = 25.4
NOTHING = frozenset({"", "-", "--", "none", "n/a", "na", "없음", "무", "."})
"""What stands in a field of the title block that says nothing."""
TREATED = (
    "열처리",
    "표면처리",
    "도금",
    "착색",
    "피막",
    "아노다이징",
    "HRC",
    "HEATTREAT",
    "ANODI",
    "PLATED",
    "PLATING",
    "GALVANI",
)
"""A note without its spaces that holds one of them asks for a treatment, whether or not one has a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What was read. fields: of the title block, by name. notes: texts that stand by themselves. unread: places."""

    fields: dict[str, Input] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    unread: int = 0


def drawn_of(sheets: Sequence[SheetIn]) -> Drawn:
    """What these pages give together; rejected dimensions are no part of it, and of a field the first page's counts."""
    fields: dict[str, Input] = {}
    figures: list[Figure] = []
    for sheet in sheets:
        for name, one in sheet.title_block.items():
            said = (one.value or one.text).strip()
            if said.casefold() not in NOTHING:
                note = f"read as {one.text!r}" if one.value and one.value != one.text else ""
                read = Input(name=name, value=said, source="read", note=note, ref=f"{sheet.page}.title_block.{name}")
                fields.setdefault(name, read)
        figures += [
            Figure(
                ref=one.id,
                text=one.text,
                kind=one.type,
                value=round(one.nominal * (MM_PER_INCH if one.unit == "in" else 1), 6),
                count=one.count,
                reviewed=one.status in ("verified", "modified"),
                reference=one.form == "reference",
                confidence=one.confidence,
            )
            for one in sheet.dimensions
            if one.nominal is not None and one.status != "rejected"
        ]
    notes = tuple(one.text for sheet in sheets for one in sheet.texts)
    return Drawn(fields=fields, figures=tuple(figures), notes=notes, unread=sum(len(one.unread) for one in sheets))


def item_of(
    wanted: QuoteItemIn, drawn: Drawn, pricing: Pricing, assume: frozenset[str], no: int = 1
) -> tuple[Item, tuple[Sentence, ...]]:
    """The item, completed by what was read, and what that took for granted. What the caller gave is never replaced.

    no: the item's number, which it is called by where it has no name.
    """
    fields = drawn.fields
    name = wanted.name or str(fields["title"].value if "title" in fields else "")
    said: list[Sentence] = []
    treatments, left = _treatments(wanted, fields, pricing)
    said += [*left, *_passed_over(wanted, drawn, pricing)]
    quantity, single = _quantity(wanted, fields, (name or f"part {no}", name or f"품목 {no}"))
    unclear = quantity.source == "assumed" and "quantity" in fields
    said += [] if unclear else single
    mass = _mass(fields)
    item = Item(
        name=name or f"part {no}",
        name_ko="" if name else f"품목 {no}",
        quantity=quantity,
        drawing_number=wanted.drawing_number
        or str(fields["drawing_number"].value if "drawing_number" in fields else ""),
        material=_given("material", wanted.material) or fields.get("material"),
        size=_given("size", wanted.size),
        sides=_sides(wanted),
        features=(*(_one("feature", one) for one in wanted.features), *_features(drawn)),
        mass=mass,
        mass_text=str(fields["weight"].value) if "weight" in fields and mass is None else "",
        treatments=treatments,
        unit_price=_given("unit_price_krw", wanted.unit_price_krw),
        needs=(quantity_need(str(fields["quantity"].value)),) if unclear else (),
    )
    if "roles" in assume and item.size is None and "width_mm" not in item.sides and "thickness_mm" not in item.sides:
        item, guessed = _with_roles(item, drawn)
        said += guessed
    return item, tuple(said)


def asked(needs: Sequence[Need], item: Item, drawn: Drawn) -> tuple[Need, ...]:
    """The needs with what was read offered as answers; a missing size is asked for side by side."""
    found: list[Need] = []
    for need in needs:
        if need.field == "size" and drawn.figures and item.size is None:
            sides = ("outer_mm", "inner_mm", "length_mm")
            found += [side_need(side, "roles", candidates(side, drawn.figures)) for side in sides]
        elif need.field in SIDES:
            found.append(replace(need, candidates=candidates(need.field, drawn.figures)))
        else:
            found.append(need)
    return tuple(found)


def _one(name: str, value: float | str, unit: str = "") -> Input:
    return Input(name=name, value=value, unit=unit, source="given")


def _given(name: str, value: float | str | None) -> Input | None:
    return None if value is None else _one(name, value)


def _sides(wanted: QuoteItemIn) -> dict[str, Input]:
    found = {side: getattr(wanted, side) for side in SIDES}
    return {side: _one(side, value, "mm") for side, value in found.items() if value is not None}


def _quantity(wanted: QuoteItemIn, fields: dict[str, Input], called: tuple[str, str]) -> tuple[Input, list[Sentence]]:
    if wanted.quantity is not None:
        return _one("quantity", wanted.quantity), []
    if "quantity" in fields and (count := quantity_of(str(fields["quantity"].value))):
        return replace(fields["quantity"], value=count), []
    english, korean = called
    single = Sentence(
        f"{english}: no quantity is given; priced for one", f"{korean}: 수량이 주어지지 않아 1개 기준입니다"
    )
    return Input(name="quantity", value=1, source="assumed", note="none is given"), [single]


def _mass(fields: dict[str, Input]) -> Input | None:
    """What the title block says that one finished piece weighs."""
    if "weight" not in fields or (kg := mass_of(said := str(fields["weight"].value))) is None:
        return None
    unit = "" if said.rstrip(" .)]").lower().endswith(("g", "kgf")) else ", no unit, taken as kg"
    note = f"{said!r} in the title block{unit}; of the finished part, its stock weighs more"
    return replace(fields["weight"], name="mass_kg", value=kg, unit="kg", note=note)


def _features(drawn: Drawn) -> list[Input]:
    return [
        Input(name="feature", value=name, source="read", note=one.text, ref=one.ref)
        for name, one in features_of(drawn.figures)
    ]


def _treatments(
    wanted: QuoteItemIn, fields: dict[str, Input], pricing: Pricing
) -> tuple[tuple[Input, ...], list[Sentence]]:
    """Those that are given, and those of the title block that have a price; the others are told to be left out."""
    if wanted.treatments:
        return tuple(_one("treatment", one) for one in wanted.treatments), []
    found, left = [], []
    for name in ("heat_treatment", "finish"):
        if read := fields.get(name):
            if named(str(read.value), pricing.treatments, stems=True):
                found.append(replace(read, name="treatment"))
            else:
                text = f"{name} of the title block, {read.value!r}, has no price and is left out"
                left.append(Sentence(text, f"표제란의 {read.value!r} 처리는 단가가 없어 제외하였습니다"))
    return tuple(found), left


def _passed_over(wanted: QuoteItemIn, drawn: Drawn, pricing: Pricing) -> list[Sentence]:
    """What stands on the drawing and is in no price: notes that ask for a treatment, and what could not be read. A note
    is never priced by itself: it may be of another part, or forbid what it names."""
    asking = [one for one in drawn.notes if not wanted.treatments and _asks_for_treatment(one, pricing)]
    said = [
        Sentence(
            f"the note {one!r} names a treatment and is not priced; give it in `treatments` if it is this part's",
            f"주서 {one!r}의 처리는 금액에 넣지 않았습니다. 이 품목에 해당하면 처리 항목으로 지정해 주십시오",
        )
        for one in asking
    ]
    if drawn.unread:
        places = "1 place" if drawn.unread == 1 else f"{drawn.unread} places"
        said.append(
            Sentence(
                f"{places} of the drawing could not be read; what stands there is not priced",
                f"도면에서 읽지 못한 곳이 {drawn.unread}군데 있으며, 그 내용은 금액에 넣지 않았습니다",
            )
        )
    return said


def _asks_for_treatment(note: str, pricing: Pricing) -> bool:
    bare = note.replace(" ", "").upper()
    return bool(named(note, pricing.treatments, stems=True)) or any(word in bare for word in TREATED)


def _with_roles(item: Item, drawn: Drawn) -> tuple[Item, list[Sentence]]:
    """The item with the sides that the rules find; a side that was given stays."""
    sides, said = dict(item.sides), []
    for role in roles_of(drawn.figures):
        if role.side in sides or (role.side == "inner_mm" and "outer_mm" in item.sides):
            continue
        one, english, korean = role.figure, *(word.partition("(")[0].strip() for word in SIDES[role.side])
        note = "; ".join(filter(None, (f"{one.text}, {role.why}", "its role is assumed", one.sureness)))
        sides[role.side] = Input(name=role.side, value=one.value, unit="mm", source="read", note=note, ref=one.ref)
        whose, of_what = particle(korean, "은", "는"), particle(one.text, "으로", "로")
        said.append(
            Sentence(
                f"{item.name}: {one.text}, {role.why}, is taken for its {english}",
                f"{item.called_ko}: {whose} 도면 치수 {of_what} 간주하였습니다",
            )
        )
    return replace(item, sides=sides), said
