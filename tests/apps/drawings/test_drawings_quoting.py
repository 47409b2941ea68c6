"""The operation `quote`: parts that are given, parts that are read, and the papers of both."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pypdfium2
import pytest
from drawings_maker import Reader, box, scan
from pydantic import ValidationError

from rung.apps.drawings.quoting.quote import quote
from rung.apps.drawings.quoting.quote_schema import QuoteReply, QuoteRequest
from rung.runtime.errors import InvalidInput

RING = {"name": "bearing ring", "material": "S45C", "size": "OD120×ID80×50L", "quantity": 4}
SHEET: dict[str, Any] = {
    "page": 1,
    "dimensions": [
        {"id": "1.d1", "text": "⌀120", "type": "diameter", "nominal": 120.0, "confidence": 0.91},
        {"id": "1.d2", "text": "⌀80H7", "type": "diameter", "nominal": 80.0, "status": "verified"},
        {"id": "1.d3", "text": "50", "type": "length", "nominal": 50.0},
        {"id": "1.d4", "text": "900", "type": "length", "nominal": 900.0, "status": "rejected"},
        {"id": "1.d5", "text": "4×M8", "type": "thread", "nominal": 8.0, "count": 4},
    ],
    "title_block": {
        "title": {"text": "BEARING RING"},
        "material": {"text": "S 45 C", "value": "S45C"},
        "heat_treatment": {"text": "조질"},
        "finish": {"text": "NONE"},
    },
}


async def quoted(reader: Reader | None = None, **asked: Any) -> QuoteReply:
    wanted = QuoteRequest.model_validate({"date": "2026-11-30", "exports": []} | asked)
    return await quote((reader or Reader()).job(), wanted)


def sources(made: QuoteReply, key: str) -> dict[str, tuple[Any, str, str]]:
    (line,) = [line for line in made.items[0].lines if line.key == key]
    return {one.name: (one.value, one.source, one.ref) for one in line.inputs}


async def test_given_parts_are_priced_without_any_drawing() -> None:
    made = await quoted(items=[RING])

    assert made.complete and made.total_krw == made.subtotal_krw + made.vat_krw > 0
    assert (made.items[0].size, made.valid_until) == ("⌀120×⌀80×50", "2026-12-30")
    assert {source for _, source, _ in sources(made, "material").values()} == {"given", "table"}


async def test_what_a_drawing_does_not_say_is_asked_for_with_its_dimensions_as_candidates() -> None:
    made = await quoted(sheets=[SHEET], items=[{"quantity": 4}])

    assert not made.complete and made.subtotal_krw == 0 and made.items[0].lines == ()
    needs = {one.need.field: one.need for one in made.missing}
    assert set(needs) == {"outer_mm", "inner_mm", "length_mm"}
    assert [(one.ref, one.value) for one in needs["outer_mm"].candidates] == [("1.d2", 80.0), ("1.d1", 120.0)]
    assert [one.ref for one in needs["length_mm"].candidates] == ["1.d3"], "what a person rejected is never offered"


async def test_roles_are_taken_only_where_they_may_be_assumed_and_each_is_told() -> None:
    made = await quoted(sheets=[SHEET], items=[{"quantity": 4}], assume=["roles"])

    material = sources(made, "material")
    assert material["outer_mm"] == (120.0, "read", "1.d1")
    assert material["inner_mm"] == (80.0, "read", "1.d2")
    assert material["length_mm"] == (50.0, "read", "1.d3")
    assert material["material"] == ("S45C", "read", "1.title_block.material")
    notes = {one.name: one.note for line in made.items[0].lines for one in line.inputs}
    assert "confidence of 0.91" in notes["outer_mm"] and "verified by a person" in notes["inner_mm"]
    assert sources(made, "treatment")["treatment"][1] == "read"
    assert sources(made, "machining")["difficulty: thread"] == (0.2, "read", "1.d5")
    assert len(made.assumptions) == 3 and all(one.text_ko for one in made.assumptions)


async def test_what_the_caller_gives_is_never_replaced_by_what_was_read() -> None:
    mine = {"material": "SUS304", "outer_mm": 130, "length_mm": 40, "quantity": 2}

    made = await quoted(sheets=[SHEET], items=[mine], assume=["roles"])

    material = sources(made, "material")
    assert (material["material"][:2], material["outer_mm"][:2]) == (("SUS304", "given"), (130.0, "given"))
    assert made.items[0].size == "⌀130×40", "no hole was given: it is solid"


async def test_a_file_is_read_first() -> None:
    texts = {box(100, 100): "⌀120", box(100, 200): "⌀80", box(100, 300): "50"}
    item = {"name": "ring", "material": "SS400", "quantity": 1}

    made = await quoted(Reader(texts), file=scan(), items=[item], assume=["roles"])

    assert made.items[0].size == "⌀120×⌀80×50" and made.complete


async def test_the_papers_say_the_same_as_the_answer_in_korean() -> None:
    supplier, customer = {"name": "한빛정밀"}, {"name": "대한터빈"}

    made = await quoted(
        items=[RING, {"name": "cover", "quantity": 1}], exports=["xlsx", "pdf"], supplier=supplier, customer=customer
    )

    assert made.xlsx and made.pdf
    letter, reckoning = openpyxl.load_workbook(io.BytesIO(made.xlsx.data)).worksheets
    cells = [cell.value for row in letter.iter_rows() for cell in row if cell.value is not None]
    assert {made.number, made.subtotal_krw, made.vat_krw, made.total_krw, "한빛정밀", "대한터빈 귀중"} <= set(cells)
    assert "가공비" in [cell.value for cell in reckoning["A"]]
    pages = pypdfium2.PdfDocument(made.pdf.data)
    text = pages[0].get_textpage().get_text_range()
    assert f"{made.total_krw:,}" in text and "한빛정밀" in text and "확인 필요" in text
    assert "재료비" in pages[1].get_textpage().get_text_range()


async def test_where_nothing_is_priced_the_papers_say_a_dash_and_that_they_are_incomplete() -> None:
    made = await quoted(items=[{"material": "S45C"}, {"name": "cover", "quantity": 2}], exports=["xlsx", "pdf"])

    assert not made.complete and made.xlsx and made.pdf
    letter = openpyxl.load_workbook(io.BytesIO(made.xlsx.data)).worksheets[0]
    rows = [[cell.value for cell in row] for row in letter.iter_rows()]
    assert [row[6] for row in rows if row[0] in ("공급가액", "합    계") or "부가세 (" in str(row[0])] == ["–"] * 3
    text = pypdfium2.PdfDocument(made.pdf.data)[0].get_textpage().get_text_range()
    for said in (text, "\n".join(str(row[0]) for row in rows)):
        assert "미완성 견적" in said and "영원정" not in said and "₩0" not in said
        assert "합계금액 (부가세 포함) : –" in said


async def test_a_part_without_a_name_is_called_by_its_number() -> None:
    made = await quoted(items=[RING, {"material": "S45C"}], exports=["pdf"])

    assert made.items[1].name == "part 2" and made.pdf
    assert ("part 2: no quantity is given; priced for one", "품목 2: 수량이 주어지지 않아 1개 기준입니다") in [
        (one.text, one.text_ko) for one in made.assumptions
    ]
    (need,) = [one.need for one in made.missing if one.item == 2]
    assert "part 2" in need.question and "품목 2" in need.question_ko
    text = pypdfium2.PdfDocument(made.pdf.data)[0].get_textpage().get_text_range()
    assert "품목 2" in text and "part 2" not in text


async def test_a_text_of_a_drawing_is_never_a_formula_in_somebody_s_excel() -> None:
    made = await quoted(items=[RING | {"name": '=HYPERLINK("http://x")'}], exports=["xlsx"])

    assert made.xlsx
    sheet = openpyxl.load_workbook(io.BytesIO(made.xlsx.data)).worksheets[0]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert '\'=HYPERLINK("http://x")' in [cell.value for row in sheet.iter_rows() for cell in row]


async def test_a_sign_that_no_workbook_may_hold_is_left_out_of_it() -> None:
    made = await quoted(items=[RING | {"name": "ri\x07ng"}], exports=["xlsx", "pdf"])

    assert made.xlsx and made.pdf and made.items[0].name == "ri\x07ng"
    sheet = openpyxl.load_workbook(io.BytesIO(made.xlsx.data)).worksheets[0]
    assert "ring" in [cell.value for row in sheet.iter_rows() for cell in row]


async def test_the_papers_show_a_tax_of_half_a_percent_more_as_it_is() -> None:
    made = await quoted(items=[RING], pricing={"vat": 0.125}, exports=["xlsx", "pdf"])

    assert made.xlsx and made.pdf
    sheet = openpyxl.load_workbook(io.BytesIO(made.xlsx.data)).worksheets[0]
    assert "부가세 (12.5%)" in [cell.value for row in sheet.iter_rows() for cell in row]
    assert "12.5%" in pypdfium2.PdfDocument(made.pdf.data)[0].get_textpage().get_text_range()


async def test_control_characters_cost_no_workbook_and_hide_no_formula() -> None:
    made = await quoted(items=[RING | {"name": "\x00=1+1", "features": ["a\x1bb"]}], exports=["xlsx", "pdf"])

    assert made.xlsx and made.pdf
    cells = [
        cell for row in openpyxl.load_workbook(io.BytesIO(made.xlsx.data)).worksheets[0].iter_rows() for cell in row
    ]
    assert "'=1+1" in [cell.value for cell in cells] and not [cell for cell in cells if cell.data_type == "f"]


async def test_what_rounding_adds_is_a_number_in_excel() -> None:
    bushing = {"name": "bushing", "material": "S45C", "size": "OD120×ID80×50L", "quantity": 4}

    made = await quoted(items=[bushing], exports=["xlsx"])

    assert made.xlsx
    sheet = openpyxl.load_workbook(io.BytesIO(made.xlsx.data)).worksheets[1]
    (line,) = [row for row in sheet.iter_rows() if row[0].value == "단수 조정"]
    rounded = next(one for one in made.items[0].lines if one.key == "rounding").amount_krw
    assert rounded != 0 and [cell.value for cell in line[1:3]] == [rounded, rounded]
    assert line[1].data_type == "n"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "nothing to price"),
        ({"sheets": [SHEET], "items": [RING, RING]}, "a drawing completes one"),
        ({"items": [RING], "pricing": {"vatt": 1}}, "pricing.vatt"),
        ({"items": [RING | {"colour": "red"}]}, "colour"),
    ],
)
def test_what_cannot_be_priced_is_refused_with_the_reason(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        QuoteRequest.model_validate(asked)


async def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="2026-02-31 is no day"):
        await quoted(items=[RING], date="2026-02-31")


async def test_notes_that_ask_for_a_treatment_and_places_that_are_unread_are_told_and_not_priced() -> None:
    notes = ["1. 지시 없는 모따기는 C1", "3. 열처리: 고주파 담금질 HRC 58~62", "4. 표면 처리: 흑착색"]
    sheet = SHEET | {
        "title_block": {"material": {"text": "S45C"}},
        "texts": [{"text": text} for text in notes],
        "unread": [{"reason": "no sign was told in it"}],
    }

    told = (await quoted(sheets=[sheet], items=[{"quantity": 4}])).assumptions
    given = await quoted(sheets=[sheet], items=[{"quantity": 4, "treatments": ["고주파"]}], assume=["roles"])

    assert [notes[1] in told[0].text, notes[2] in told[1].text_ko, len(told)] == [True, True, 3]
    assert "1 place of the drawing could not be read" in told[2].text and "1군데" in told[2].text_ko
    assert not any("note" in one.text for one in given.assumptions)
    assert "1 place" in given.assumptions[0].text and sources(given, "treatment")["treatment"][1] == "given"


async def test_a_confidence_is_never_rounded_to_certainty() -> None:
    sheet = SHEET | {"dimensions": [one | {"confidence": 0.999} for one in SHEET["dimensions"]]}

    made = await quoted(sheets=[sheet], items=[{"quantity": 4}], assume=["roles"])

    notes = [one.note for line in made.items[0].lines for one in line.inputs if "confidence" in one.note]
    assert notes and all("0.999" in note for note in notes)
