"""The words and figures of a quotation on paper, in Korean."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from rung.apps.drawings.page_names import named
from rung.apps.drawings.page_sentences import in_language
from rung.apps.drawings.quoting.figures import percent
from rung.apps.drawings.quoting.korean import in_hangul
from rung.apps.drawings.quoting.quotation import Party, Quotation, QuotedItem
from rung.apps.drawings.quoting.stock import Input

SOURCES = {"read": "도면", "given": "제시", "assumed": "가정", "table": "기준표", "computed": "계산"}
SOURCES_LEGEND = (
    "근거 표시: [도면] 도면에서 판독 · [제시] 의뢰자 제시 · [가정] 가정값 · [기준표] 원가 기준표 · [계산] 계산값"
)
_NAMES = {
    "name": "품명",
    "feature": "가공 특징",
    "material": "재질",
    "quantity": "수량",
    "size": "규격",
    "outer_mm": "외경",
    "inner_mm": "내경",
    "length_mm": "길이",
    "width_mm": "폭",
    "thickness_mm": "두께",
    "mass_kg": "소재 중량",
    "price": "단가",
    "density": "비중",
    "allowance": "가공 여유",
    "scrap": "스크랩률",
    "discounts": "할인율",
    "margin.material": "관리비율",
    "margin.machining": "이윤율",
    "parts": "기본 가공비",
    "default_base": "기본 가공비",
    "setup": "셋업비",
    "inspection": "검사비율",
    "transport_per_kg": "운반비",
    "treatments": "처리 단가",
    "treatment": "처리",
    "catalogue": "표준품 단가",
    "unit_price_krw": "지정 단가",
    "difficulty": "난이도",
}
DASH = "–"
_UNITS = {"won": "원", "won/kg": "원/kg"}
_SHARES = frozenset({"scrap", "discounts", "margin.material", "margin.machining", "inspection"})


def money(amount: int | None) -> str:
    """With commas; what cannot be told yet says so."""
    return "확인 필요" if amount is None else f"{amount:,}"


def day(iso: str) -> str:
    """2026년 11월 30일."""
    date = datetime.date.fromisoformat(iso)
    return f"{date.year}년 {date.month}월 {date.day}일"


def summed(found: Quotation, amount: int) -> int | str:
    """A sum; a dash where nothing is priced."""
    return amount if found.priced else DASH


def sum_note(found: Quotation) -> str:
    """What has to be said of the sum, or nothing."""
    if not found.priced:
        return "※ 미완성 견적: 금액이 확정된 품목이 없습니다"
    return "" if found.complete else "※ 확인 필요 품목은 제외된 금액입니다"


def sum_in_words(found: Quotation) -> str:
    """The sum as a Korean quotation says it."""
    if not found.priced:
        return DASH
    return f"일금 {in_hangul(found.total_krw)}원정 (₩{found.total_krw:,})"


def input_named(name: str) -> str:
    """What an input is called; its own name where it has no Korean one."""
    return _NAMES.get(name, name)


def unit_named(unit: str) -> str:
    """A unit, in Korean where it is written so."""
    return _UNITS.get(unit, unit)


def input_words(one: Input) -> str:
    """An input with its value, unit and source."""
    name, _, more = one.name.partition(": ")
    label = input_named(name)
    value = f"{one.value:,g}" if isinstance(one.value, float | int) and abs(one.value) < 1e5 else str(one.value)
    if isinstance(one.value, float | int) and abs(one.value) >= 1e5:
        value = f"{one.value:,.0f}"
    if name in _SHARES and isinstance(one.value, float):
        value = percent(one.value)
    if name == "difficulty":
        return f"{label} +{value} ({_difficulty(more, one.note)}) [{_source(one)}]"
    unit = unit_named(one.unit)
    return f"{label} {value}{' ' + unit if unit else ''} [{_source(one)}]"


def _difficulty(name: str, note: str) -> str:
    """What makes it difficult, and by what that was told where it is not the same word."""
    called, told = named("difficulty", name, "ko"), named("difficulty", in_language(note, "ko"), "ko")
    return called if told in ("", called) else f"{called}: {told}"


def _source(one: Input) -> str:
    """A computed one tells what went into it: `계산: 가정·기준표`."""
    word = SOURCES[one.source]
    return f"{word}: {'·'.join(SOURCES[each] for each in one.computed_from)}" if one.computed_from else word


def inputs_words(inputs: Sequence[Input]) -> str:
    """All of them on one line."""
    return ", ".join(map(input_words, inputs))


def heading(item: QuotedItem) -> str:
    """One item in a line."""
    facts = [item.size, item.material, f"{item.quantity:,}개"]
    if item.mass_kg is not None:
        facts.append(f"소재 {item.mass_kg:,.3f} kg/개")
    return f"{item.no}. {item.name_ko} ({', '.join(filter(None, facts))})"


def supplier_rows(party: Party) -> list[tuple[str, str]]:
    """The supplier's box; a field that is empty stays a blank to be filled in."""
    return [
        ("등록번호", party.registration_number),
        ("상    호", party.name),
        ("대 표 자", f"{party.representative}    (인)"),
        ("주    소", party.address),
        ("연 락 처", " / ".join(filter(None, (party.contact, party.phone, party.email)))),
    ]


def customer_rows(found: Quotation) -> list[tuple[str, str]]:
    """Whom it is for, and what about."""
    terms = found.terms
    rows = [
        ("견적번호", found.number),
        ("견적일자", day(found.date)),
        ("수    신", f"{terms.customer.name} 귀중" if terms.customer.name else ""),
        ("담    당", " / ".join(filter(None, (terms.customer.contact, terms.customer.phone, terms.customer.email)))),
        ("건    명", terms.project or (found.items[0].name_ko if found.items else "")),
    ]
    return rows


def condition_rows(found: Quotation) -> list[tuple[str, str]]:
    """What is agreed beside the prices."""
    terms = found.terms
    rows = [
        ("유효기간", f"견적일로부터 {terms.valid_days}일 ({day(found.valid_until)}까지)"),
        ("납    기", terms.delivery or "별도 협의"),
        ("결제조건", terms.payment or "별도 협의"),
    ]
    return [*rows, ("비    고", terms.remarks)] if terms.remarks else rows


def open_sentences(found: Quotation) -> list[str]:
    """What has to be known, item by item."""
    return [f"{one.no}. {one.name_ko}: {need.question_ko}" for one in found.items for need in one.needs]
