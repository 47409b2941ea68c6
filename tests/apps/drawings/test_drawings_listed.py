"""A parts list's headings are no labels of the drawing's own title block, wherever they were read."""

from dataclasses import replace
from typing import Any

from drawings_maker import Reader, box, scan

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.listed import listed
from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest, Page
from rung.apps.drawings.title_reading import title_of

HEADS = ("번호", "품명", "재질", "수량", "비고")
ROWS = (("1", "부시", "SM45C", "1", "PLATED"), ("2", "축", "SS400", "4", "OIL SEAL"))
BLOCK = (("부품명", "허브"), ("재료", "AL6061"), ("척도", "1:5"), ("리비전", "2"))


def list_of(rows: tuple[tuple[str, ...], ...], y: float, step: float = 36) -> list[tuple[str, float, float]]:
    return [
        (text, 400 + 100 * column, y + step * row)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]


def block(y: float) -> list[tuple[str, float, float]]:
    return [
        (text, 400 + 100 * column, y + 36 * row) for row, pair in enumerate(BLOCK) for column, text in enumerate(pair)
    ]


def lines(texts: list[tuple[str, float, float]]) -> list[Line]:
    return [Line(polygon=box(x, y), guesses=(Guess(text=text, confidence=0.9, engine="e"),)) for text, x, y in texts]


def told(texts: list[tuple[str, float, float]]) -> list[str]:
    found = listed(lines(texts))
    return [text for place, (text, _, _) in enumerate(texts) if place in found]


async def page_of(texts: list[tuple[str, float, float]], **more: Any) -> Page:
    reader = Reader({box(x, y): text for text, x, y in texts})
    asked = AnalyzeRequest.model_validate({"file": scan(1200, 900), "exports": []} | more)
    (page,) = (await analyze(reader.job(), asked)).pages
    return page


def test_a_list_ends_where_a_label_of_the_title_block_begins_or_a_row_is_far_away() -> None:
    rows = list_of((HEADS, *ROWS), 100)

    assert told(rows + block(208)) == [text for text, _, _ in rows]
    assert told([*rows, ("OTHER", 500, 320)]) == [text for text, _, _ in rows]


def test_a_list_grows_upwards_from_headings_at_its_foot() -> None:
    rows = list_of((*ROWS, HEADS), 100)

    assert told(rows + block(208)) == [text for text, _, _ in rows]


def test_headings_over_one_row_name_the_drawing_s_own_material() -> None:
    assert told(list_of((HEADS, ROWS[0]), 100)) == []


def test_a_row_of_labels_that_title_blocks_have_too_is_no_list() -> None:
    assert told(list_of((("품명", "재질", "수량", "척도"), *(row[1:] for row in ROWS)), 100)) == []


async def test_the_drawing_s_material_is_that_of_its_title_block_and_not_of_its_first_part() -> None:
    page = await page_of(list_of((HEADS, *ROWS), 100) + block(208))

    assert {name: field.text for name, field in page.title_block.items()} == {
        "title": "허브",
        "material": "AL6061",
        "scale": "1:5",
        "revision": "2",
    }


async def test_what_a_label_names_a_scale_or_a_revision_is_no_dimension() -> None:
    sized = [("25H7", 100, 600)]
    page = await page_of(block(208) + sized)
    unasked = await page_of(block(208) + sized, title_block=False)

    assert [one.text for one in page.dimensions] == ["25H7"]
    assert [one.text for one in unasked.dimensions] == ["25H7"] and not unasked.title_block


def test_a_dimension_that_the_file_keeps_as_one_is_none_s_quantity() -> None:
    label, own = lines([("수량", 100, 100), ("12", 180, 100)])

    assert title_of([label, own], ())[1] == (own,)
    assert title_of([label, replace(own, dimension=3)], ())[1] == ()
