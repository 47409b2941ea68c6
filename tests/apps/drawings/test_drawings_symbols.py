"""What is lettered at symbols: a balloon's number and a weld's sizes are no dimensions, a mark has its roughness."""

from __future__ import annotations

from typing import Any

from drawings_maker import Reader, box, scan

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest, Dimension, Page
from rung.apps.drawings.symbols import lettering, linked, symbol_of, unread_at
from rung.runtime.tasks import Polygon, SheetPart


def corners(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def symbol(label: str, polygon: Polygon, variant: str = "") -> SheetPart:
    return SheetPart(kind="symbol", label=label, variant=variant, polygon=polygon, score=0.9)


def line(text: str, x: float, y: float) -> Line:
    return Line(
        polygon=corners(x - 20, y - 10, x + 20, y + 10), guesses=(Guess(text=text, confidence=0.9, engine="reader"),)
    )


def roughness(id: str, text: str, x: float, y: float) -> Dimension:
    polygon = [(float(a), float(b)) for a, b in corners(x - 30, y - 10, x + 30, y + 10)]
    return Dimension.model_validate(
        {"id": id, "text": text, "type": "roughness", "nominal": 1.6, "unit": "um", "polygon": polygon,
         "confidence": 0.9, "engine": "reader"}
    )  # fmt: skip


async def page_of(reader: Reader, **more: Any) -> Page:
    asked = AnalyzeRequest.model_validate({"file": scan(), "exports": []} | more)
    (page,) = (await analyze(reader.job(), asked)).pages
    return page


async def test_what_stands_in_a_balloon_or_at_a_weld_is_its_text_and_no_dimension() -> None:
    weld, balloon = symbol("weld", corners(80, 80, 240, 130), "fillet"), symbol("balloon", corners(300, 300, 360, 360))
    texts = {box(110, 100): "5", box(200, 100): "50", box(320, 322): "12", box(500, 150): "25"}

    page = await page_of(Reader(texts, parts=[weld, balloon]))

    assert [one.text for one in page.dimensions] == ["25"]
    assert [(one.label, one.variant, one.text) for one in page.symbols] == [
        ("weld", "fillet", "5 50"), ("balloon", None, "12"),
    ]  # fmt: skip
    assert {"5", "50", "12"} <= {one.text for one in page.texts}, "they are told as texts too"


async def test_letters_at_symbols_are_no_dimensions_where_views_are_not_asked_for_either() -> None:
    balloon = symbol("balloon", corners(300, 300, 360, 360))

    page = await page_of(Reader({box(320, 322): "12", box(500, 150): "25"}, parts=[balloon]), views=False)

    assert [one.text for one in page.dimensions] == ["25"] and page.symbols == []


def test_each_finish_mark_has_the_nearest_roughness_and_each_roughness_one_mark() -> None:
    marks = [symbol_of(symbol("surface", corners(x, 100, x + 40, 160), "removal"), f"s{x}") for x in (100, 220)]
    read = [roughness("d1", "Ra1.6", 170, 115), roughness("d2", "Ra3.2", 290, 115), roughness("d3", "Ra6.3", 900, 900)]

    linked(marks, read, [])

    assert [(mark.dimension, mark.text) for mark in marks] == [("d1", "Ra1.6"), ("d2", "Ra3.2")]


def test_a_mark_without_a_roughness_has_the_grade_over_it_or_nothing() -> None:
    graded, bare = (symbol_of(symbol("surface", corners(x, 100, x + 40, 160)), "s") for x in (100, 500))

    linked([graded, bare], [], [line("y", 110, 85), line("12", 520, 85)])

    assert (graded.text, bare.text) == ("y", None)


def test_only_what_stands_in_a_symbol_s_room_is_lettered_there() -> None:
    parts = [symbol("weld", corners(100, 100, 300, 150)), symbol("surface", corners(400, 100, 440, 160))]
    lines = [line("a4", 150, 95), line("a5", 150, 40), line("Ra1.6", 420, 120)]

    assert lettering(parts, lines) == [True, False, False]


def test_a_process_behind_a_weld_s_fork_is_its_text_and_other_numbers_there_are_not() -> None:
    weld = symbol("weld", corners(100, 80, 300, 130), "fillet")
    behind, before, far, above = (
        line("111", 330, 100),
        line("135", 70, 120),
        line("111", 380, 100),
        line("141", 330, 60),
    )
    size = line("25", 330, 100)

    assert lettering([weld], [behind, before, far, above, size]) == [True, True, False, False, False]
    assert symbol_of(weld, "s1", [behind, size]).text == "111"
    assert lettering([symbol("balloon", corners(100, 80, 160, 130))], [line("111", 185, 100)]) == [False]


def test_a_process_that_stands_in_the_fork_is_the_weld_s_too_and_one_amid_the_line_is_not() -> None:
    weld = symbol("weld", corners(100, 80, 300, 130), "fillet")

    assert lettering([weld], [line("135", 85, 105), line("135", 315, 105)]) == [True, True]
    assert symbol_of(weld, "s1", [line("135", 200, 60)]).text is None


def test_a_dimension_that_stands_close_to_a_weld_is_none_of_its_sizes() -> None:
    weld = symbol("weld", corners(100, 80, 300, 180))
    near = [line(text, 200, 120) for text in ("750.0±0.01", "⌀20", "25-0.1", "a10", "V", "⌒20", "□20")]

    assert lettering([weld], near) == [False, False, False, True, True, True, True]
    assert lettering([weld], [line("13.75", 200, 55)]) == [False], "a size stands on the line, this one over it"


def test_of_a_line_at_a_weld_only_sizes_are_told_and_nothing_where_the_sign_was_read_into_them() -> None:
    weld = symbol("weld", corners(100, 80, 300, 130), "v-butt")

    assert symbol_of(weld, "s1", [line("S6 V 100", 200, 100)]).text == "s6 100"
    assert symbol_of(weld, "s1", [line("S41L50_.", 200, 100)]).text is None
    assert symbol_of(weld, "s1", [line("a5", 150, 100), line("__V3×20_", 250, 100)]).text == "a5"
    assert symbol_of(weld, "s1", [line("3×20(50)", 200, 100)]).text == "3×20(50)"


def test_a_lone_sign_in_a_finish_mark_is_its_grade_whatever_it_was_read_as_first() -> None:
    mark, beside = symbol("surface", corners(100, 100, 160, 180)), line("3", 400, 400)
    lying = Line(
        polygon=corners(120, 140, 140, 160),
        guesses=(
            Guess(text="3", confidence=0.9, engine="reader"),
            Guess(text="W", confidence=0.6, engine="ppocr-v6-read"),
        ),
    )
    value = line("25", 130, 130)

    assert lettering([mark], [lying, beside, value]) == [True, False, False]
    answer = symbol_of(mark, "s1")
    linked([answer], [], [beside, lying])
    assert answer.text == "W"


async def test_a_symbol_whose_letters_could_not_be_read_is_told_with_the_place_and_the_reason() -> None:
    parts = [
        symbol("balloon", corners(300, 300, 360, 360)), symbol("balloon", corners(400, 300, 460, 360)),
        symbol("weld", corners(80, 80, 240, 130)), symbol("datum", corners(480, 80, 560, 130)),
        symbol("weld", corners(80, 200, 240, 250)), symbol("surface", corners(500, 200, 540, 260)),
    ]  # fmt: skip
    texts = {box(320, 322): "", box(110, 100): "", box(490, 95): ""}

    page = await page_of(Reader(texts, parts=parts))

    assert {one.text for one in page.symbols} == {None}
    assert sorted((one.polygon[0], one.reason) for one in page.unread) == [
        ((110.0, 100.0), "a weld: no letters in it"),
        ((320.0, 322.0), "a balloon: no letters in it"),
        ((400.0, 300.0), "a balloon: no text was found in it"),
        ((490.0, 95.0), "no letters in it"),
    ]


async def test_where_symbols_are_not_asked_for_only_the_lines_in_them_are_unread() -> None:
    parts = [symbol("balloon", corners(x, 300, x + 60, 360)) for x in (300, 400)]

    page = await page_of(Reader({box(320, 322): "", box(110, 100): "25"}, parts=parts), views=False)

    assert [one.polygon[0] for one in page.unread] == [(320.0, 322.0)]


def test_figures_at_a_weld_that_are_no_sizes_are_unread_and_its_sign_read_as_letters_is_not() -> None:
    weld = symbol("weld", corners(100, 80, 300, 130), "v-butt")

    (told,) = unread_at([weld], [line(said, 200, 100) for said in ("S41L50_.", "a5", "V", "_/_")], "")

    assert (told.text, told.reason) == ("S41L50_.", "a weld: read as 'S41L50_.', which is no size of a weld")
