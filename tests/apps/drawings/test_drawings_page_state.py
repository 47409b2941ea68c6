"""What the drawings page asks and shows, without a browser."""

from string import Formatter
from typing import Any

import pytest

from rung.apps.drawings.page_state import Drawing, Work, figures, mock, number, share
from rung.apps.drawings.page_words import WORDS


def drawing(file: str, media_type: str = "image/png") -> Drawing:
    ref = {"file": file, "url": f"/v1/files/{file}", "media_type": media_type, "width": 40, "height": 30}
    return Drawing.of(ref, f"{file}.x")


def dimension(id: str, **values: Any) -> dict[str, Any]:
    usual = {
        "id": id, "text": "5", "polygon": [[0, 0], [9, 0], [9, 4], [0, 4]], "confidence": None, "engine": "e",
        "alternatives": [], "type": "length", "nominal": 5.0, "upper": None, "lower": None, "unit": "mm", "fit": None,
        "count": 1, "form": "plain", "notes": [], "status": "pending",
    }  # fmt: skip
    return usual | values


def page(number: int, *dimensions: dict[str, Any], **values: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {name: [] for name in ("frames", "tables", "views", "symbols", "components", "texts")}
    picture = {"url": f"/p/{number}"}
    usual = {
        "page": number, "width": 400, "height": 300, "dpi": 100.0, "picture": picture, "steps": [], "title_block": {},
        "unread": [],
        **empty, "dimensions": list(dimensions),
    }  # fmt: skip
    return usual | values


@pytest.fixture
def work() -> Work:
    asked = Work().opened(drawing("a"))
    answer = {"pages": [page(1, dimension("d1"), dimension("d2")), page(3, dimension("d1", text="7"))]}
    return asked.answered(asked, answer, ["w"], [{"kind": "real"}])


def test_the_request_names_every_step_that_can_be_switched() -> None:
    work = Work().switched("deskew", True).switched("text_layer", False).wishing(mode="speed")

    assert work.wish.fields() == {
        "mode": "speed", "deskew": True, "clahe": False, "blur": False, "segment": False, "ensemble": False,
        "text_layer": False,
    }  # fmt: skip


def test_an_answer_to_another_drawing_is_not_shown(work: Work) -> None:
    asked = Work().opened(drawing("a"))

    assert asked.opened(drawing("b")).answered(asked, {"pages": []}, [], []).answer is None
    assert work.opened(drawing("b")).answer is None


def test_how_it_is_read_and_what_is_shown_outlast_the_drawing(work: Work) -> None:
    other = work.switched("blur", True).toggled("texts").opened(drawing("b"))

    assert "blur" in other.wish.steps and "texts" in other.layers and other.page == 0


def test_an_answer_is_stale_once_another_wish_stands(work: Work) -> None:
    assert not work.stale and work.switched("blur", True).stale
    assert not work.switched("blur", True).switched("blur", False).stale


def test_what_is_chosen_is_of_a_layer_that_is_shown_and_goes_with_its_page(work: Work) -> None:
    chosen = work.choose("views/v1")

    assert "views" in chosen.layers and chosen.turned_to(1).chosen == ""
    assert work.choose("").layers == work.layers


def test_a_review_changes_that_dimension_of_that_page_only(work: Work) -> None:
    after = work.reviewed(3, dimension("d1", text="7.5", status="modified"))

    assert [one["text"] for one in after.answer["pages"][0]["dimensions"]] == ["5", "5"]
    assert [one["text"] for one in after.answer["pages"][1]["dimensions"]] == ["7.5"]
    assert after.reviews() == {"pending": 2, "verified": 0, "modified": 1, "rejected": 0}


def test_a_correction_that_is_taken_back_shows_the_reading_again(work: Work) -> None:
    corrected = work.reviewed(1, dimension("d1", text="7.5", status="modified", engine="person"))
    back = corrected.reviewed(1, dimension("d1", text="7.5", status="pending", engine="person"))

    assert [(one["text"], one["engine"]) for one in corrected.answer["pages"][0]["dimensions"][:1]] == [
        ("7.5", "person")
    ]
    assert [(one["text"], one["engine"]) for one in back.answer["pages"][0]["dimensions"][:1]] == [("5", "e")]
    assert back.answer["pages"][0]["dimensions"][0]["first"]["text"] == "5"


def test_the_file_is_shown_until_there_is_a_page_where_a_browser_can_show_it(work: Work) -> None:
    assert Work().picture() is None
    assert Work().opened(drawing("a")).picture() == ("/v1/files/a", 40, 30)
    assert Work().opened(drawing("a", "application/pdf")).picture() is None
    assert Work().opened(drawing("a", "image/tiff")).picture() is None
    assert work.turned_to(1).picture() == ("/p/3", 400, 300)


def test_every_mark_has_an_id_of_its_own_and_what_failed_is_a_sentence() -> None:
    unread = [{"polygon": [[0, 0]], "reason": "faint", "text": ""}] * 2
    steps = [{"step": "read", "state": "failed", "message": "no rung"}, {"step": "x", "state": "off", "message": ""}]
    asked = Work().opened(drawing("a"))
    work = asked.answered(asked, {"pages": [page(2, dimension("d1"), unread=unread, steps=steps)]}, [], [])

    assert [mark.id for mark in work.marks("en")] == ["dimensions/d1", "unread/0", "unread/1"]
    assert work.counts()["unread"] == 2 and work.failures("en") == ["2: read: no rung"]


def test_the_mark_of_a_text_stands_clear_of_its_signs() -> None:
    asked = Work().opened(drawing("a"))
    work = asked.answered(asked, {"pages": [page(1, dimension("d1"), dpi=254.0)]}, [], [])

    assert work.marks("en")[0].points == ((-3.5, -3.5), (12.5, -3.5), (12.5, 7.5), (-3.5, 7.5))


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"nominal": 25.0}, "25 mm"),
        ({"nominal": 25.0, "upper": 0.1, "lower": -0.1}, "25 ±0.1 mm"),
        ({"nominal": 25.0, "upper": 0.021, "lower": 0.0}, "25 +0.021 / 0 mm"),
        ({"nominal": 25.0, "upper": -0.02, "lower": -0.041}, "25 −0.02 / −0.041 mm"),
        ({"nominal": 45.0, "unit": "deg"}, "45°"),
        ({"nominal": 1.6, "unit": "um"}, "1.6 µm"),
        ({"nominal": 10.0, "count": 4}, "4 × 10 mm"),
        ({"nominal": None}, "–"),
    ],
)
def test_figures_are_told_as_on_a_drawing(values: dict[str, Any], shown: str) -> None:
    assert figures(dimension("d", **values)) == shown


def test_a_number_has_no_digits_that_say_nothing() -> None:
    assert [number(100.0), number(0.021), number(-0.5), number(0.0, True), number(0.5, True)] == [
        "100", "0.021", "−0.5", "0", "+0.5",
    ]  # fmt: skip


def test_only_certainty_is_told_as_a_hundred_per_cent() -> None:
    assert [share({"confidence": value}) for value in (1.0, 0.9981, 0.5, 0.0, None)] == ["100%", "99%", "50%", "0%", ""]


def test_one_mock_makes_the_answer_one() -> None:
    assert mock(({"kind": "real"}, {"kind": "mock"})) and not mock(({"kind": "real"},))


def test_every_word_is_in_both_languages_with_the_same_places() -> None:
    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert all(english and korean and places(english) == places(korean) for english, korean in WORDS.values())
