"""The title block: labels in two languages, values beside, below or behind them, and what they mean."""

import pytest

from rung.apps.drawings.grades import grade_of, grade_within
from rung.apps.drawings.title import Placed, date_of, fields_of, label_of


def placed(text: str, x: float, y: float, cell: int | None = None) -> Placed:
    return Placed(text=text, box=(x, y, x + 12 * len(text), y + 20), cell=cell)


def test_values_stand_in_the_cell_to_the_right_or_below() -> None:
    lines = [
        placed("DWG NO.", 0, 0),
        placed("TB-1024-03", 120, 0),
        placed("재질", 0, 40),
        placed("SUS 304", 120, 40),
        placed("SCALE", 400, 0),
        placed("1/2", 400, 30),
    ]

    fields = fields_of(lines)

    assert {name: (one.text, one.value) for name, one in fields.items()} == {
        "drawing_number": ("TB-1024-03", "TB-1024-03"),
        "material": ("SUS 304", "SUS304"),
        "scale": ("1/2", "1:2"),
    }
    assert fields["material"].sources == (3,) and fields["material"].how == "label 재질"


def test_a_label_and_its_value_may_share_a_cell_or_a_line() -> None:
    lines = [
        placed("TITLE", 0, 0, 1),
        placed("THRUST PAD", 0, 24, 1),
        placed("REV: B", 300, 0),
        placed("Date 2024.3.5", 300, 40),
    ]

    fields = fields_of(lines)

    assert fields["title"].text == "THRUST PAD"
    assert fields["revision"].value == "B"
    assert fields["date"].value == "2024-03-05"


def test_a_label_is_never_the_value_of_another() -> None:
    assert fields_of([placed("TITLE", 0, 0), placed("DRAWN", 100, 0), placed("MATERIAL", 0, 30)]) == {}


def test_each_value_belongs_to_the_label_that_is_nearest_and_to_no_other() -> None:
    head = [placed(text, x, 0) for text, x in (("COMPANY", 0), ("SHEET", 300), ("DATE", 600))]
    values = [placed(text, x, 30) for text, x in (("HANSEN TOOLS", 6), ("1/5", 306), ("2015.11.10", 606))]
    below = [placed(text, x, 66) for text, x in (("DRAWN", 0), ("부품명", 300))]
    last = [placed(text, x, 96) for text, x in (("S. LEE", 6), ("허브", 306))]

    fields = fields_of([*head, *values, *below, *last])

    assert {name: one.text for name, one in fields.items()} == {
        "company": "HANSEN TOOLS",
        "sheet": "1/5",
        "date": "2015.11.10",
        "drawn": "S. LEE",
        "title": "허브",
    }


def test_what_no_label_names_is_found_by_its_pattern_and_says_so() -> None:
    fields = fields_of([placed("1:5", 0, 0), placed("S45C-N", 200, 0), placed("2025-01-31", 400, 0)])

    assert {name: one.value for name, one in fields.items()} == {
        "scale": "1:5",
        "material": "S45C-N",
        "date": "2025-01-31",
    }
    assert all("pattern" in one.how for one in fields.values())


@pytest.mark.parametrize("text", ["NAME PLATE", "DATED", "MATERIALS LIST", "1:5", "SIZE MATTERS", "THRUST PAD"])
def test_a_text_that_only_begins_like_a_label_is_none(text: str) -> None:
    assert label_of(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024.01.05", "2024-01-05"),
        ("24.1.5", "2024-01-05"),
        ("2024년 1월 5일", "2024-01-05"),
        ("05 JAN 2024", "2024-01-05"),
        ("20240105", "2024-01-05"),
        ("01/02/2024", None),
        ("2024.13.05", None),
    ],
)
def test_a_day_is_told_only_where_it_is_one(text: str, day: str | None) -> None:
    assert date_of(text) == day


@pytest.mark.parametrize(
    ("text", "name", "family"),
    [
        ("SF440A", "SF440A", "carbon steel"),
        ("SM490A", "SM490A", "carbon steel"),
        ("S45C-N", "S45C-N", "carbon steel"),
        ("SS 400", "SS400", "carbon steel"),
        ("sts304", "STS304", "stainless"),
        ("SCM435", "SCM435", "chrome-molybdenum"),
        ("ASTM A193 B7", "ASTMA193B7", "bolting steel"),
        ("AL6061-T6", "AL6061-T6", "aluminium"),
        ("BABBITT", "BABBITT", "babbitt"),
    ],
)
def test_korean_and_other_grades_are_known(text: str, name: str, family: str) -> None:
    grade = grade_of(text)

    assert grade and (grade.name, grade.family, grade.reason) == (name, family, "")


def test_a_letter_among_figures_is_undone_and_said() -> None:
    grade = grade_of("SUS3O4")

    assert grade and grade.name == "SUS304" and "SUS3O4" in grade.reason


def test_a_grade_is_found_within_a_longer_text_and_words_are_none() -> None:
    found = grade_within("BODY, SUS 316 L (SOL.)")
    assert found and found.family == "stainless"
    assert grade_within("THRUST BEARING ASSY") is None and grade_of("DETAIL") is None


def test_a_label_that_was_found_as_two_texts_is_one_label() -> None:
    lines = [placed("업체", 0, 0), placed("명", 30, 0), placed("대성정밀", 0, 30)]

    assert {name: one.text for name, one in fields_of(lines).items()} == {"company": "대성정밀"}


def test_a_scale_without_a_label_stands_alone_and_is_no_pair_of_deviations() -> None:
    assert fields_of([placed("30°±1+0/1", 0, 0)]) == {}
    assert fields_of([placed("(1:5)", 0, 0)])["scale"].value == "1:5"
