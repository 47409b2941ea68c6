"""What the furniture page asks and shows, without a browser."""

from itertools import pairwise
from typing import Any

import pytest

from rung.apps.furniture.page_state import Chosen, Photo, Work, colour, mock
from rung.apps.furniture.page_words import WORDS
from rung.console.pieces import Drawn


def photo(file: str) -> Photo:
    return Photo.of({"file": file, "url": f"/v1/files/{file}", "width": 400, "height": 300}, f"{file}.jpg")


def piece(id: str, label: str, mask: bool = True) -> dict[str, Any]:
    return {"id": id, "label": label, "box": [0, 0, 10, 10], "mask": {"url": f"/m/{id}"} if mask else None}


def listed(image: int, id: str, label: str) -> dict[str, Any]:
    return {"image": image, "object": id, "label": label}


def placed(item: int, truck: int = 0) -> dict[str, Any]:
    at = {"x_mm": 10.0, "y_mm": 20.0, "z_mm": 30.0}
    return {"item": item, "truck": truck, **at, "width_mm": 100.0, "depth_mm": 200.0, "height_mm": 300.0}


ANSWER: dict[str, Any] = {
    "images": [
        {"objects": [piece("1", "sofa"), piece("2", "sink")], "unseen_classes": []},
        {"objects": [piece("7", "bed", mask=False)], "unseen_classes": []},
    ],
    "pieces": [listed(1, "1", "sofa"), listed(2, "7", "bed")],  # the sink stays
    "load": {"truck": "2.5t", "placements": [placed(1), placed(0, truck=1)]},
}


@pytest.fixture
def work() -> Work:
    asked = Work().opened(photo("a")).opened(photo("b"))
    return asked.answered(asked, ANSWER, ["w"], [{"kind": "real"}])


def test_the_request_names_every_picture_once_and_each_box_by_its_picture() -> None:
    work = Work().opened(photo("a")).opened(photo("b")).opened(photo("a"))
    work = work.pointed_out((1, 2, 3, 4), "desk").turned_to(1).pointed_out((5, 6, 7, 8), "wardrobe").in_truck("5t")

    assert work.fields() == {
        "images": [{"file": "a"}, {"file": "b"}],
        "boxes": [
            {"image": 1, "box": [1, 2, 3, 4], "label": "desk"},
            {"image": 2, "box": [5, 6, 7, 8], "label": "wardrobe"},
        ],
        "truck": "5t",
        "shape": "points",
    }


def test_no_more_than_twenty_pictures_are_taken() -> None:
    work = Work()
    for number in range(22):
        work = work.opened(photo(str(number)))

    assert len(work.photos) == 20 and work.at == 19


def test_a_piece_has_one_colour_in_the_photograph_the_table_and_the_truck(work: Work) -> None:
    rows = {(at, one["id"]): shade for at, one, shade in work.pieces()}

    assert len(set(rows.values())) == 3
    assert [shape.colour for shape in work.turned_to(0).shapes()] == [rows[0, "1"], rows[0, "2"]]
    assert [(one.name, one.colour) for one in work.solids(0)] == [("bed", rows[1, "7"])]
    assert [(one.name, one.colour) for one in work.solids(1)] == [("sofa", rows[0, "1"])]


def test_a_box_in_the_truck_lies_between_its_corners(work: Work) -> None:
    (solid,) = work.solids(0)

    assert (solid.low, solid.high) == ((10, 20, 30), (110, 220, 330))


def test_masks_are_addresses_or_nothing(work: Work) -> None:
    assert [shape.mask for shape in work.turned_to(0).shapes()] == ["/m/1", "/m/2"]
    assert [shape.mask for shape in work.turned_to(1).shapes()] == [""]


def test_what_is_chosen_in_the_photograph_is_its_box_in_the_truck_and_the_other_way(work: Work) -> None:
    assert work.choose(1, "7").chosen_item() == "1" and work.choose(0, "2").chosen_item() == ""
    back = work.choose_item("0")
    assert back.chosen == Chosen(0, "1") and back.at == 0 and back.piece() == ANSWER["images"][0]["objects"][0]
    assert back.choose_item("").chosen is None and back.choose(0, "").piece() is None


def test_an_answer_is_stale_after_another_picture_a_box_or_another_truck(work: Work) -> None:
    assert not work.stale
    assert work.opened(photo("c")).stale
    assert (
        work.pointed_out((1, 2, 3, 4), "desk").stale and not work.pointed_out((1, 2, 3, 4), "desk").taken_back().stale
    )
    assert work.in_truck("1t").stale


def test_what_was_pointed_out_is_drawn_until_it_is_answered(work: Work) -> None:
    more = work.turned_to(0).pointed_out((1, 2, 3, 4), "desk")

    assert more.hands() == (Drawn(box=(1, 2, 3, 4), label="desk"),)
    assert more.answered(more, ANSWER, [], []).hands() == ()


def test_a_picture_added_meanwhile_keeps_the_answer_and_one_taken_off_does_not(work: Work) -> None:
    asked = Work().opened(photo("a")).opened(photo("b"))

    added = asked.opened(photo("c")).answered(asked, ANSWER, [], [])
    gone = asked.removed(0).answered(asked, ANSWER, [], [])

    assert added.result(1) is not None and added.result(2) is None and added.stale
    assert gone.answer is None
    assert work.removed(1).answer is None and work.removed(1).at == 0


def test_neighbouring_colours_differ() -> None:
    shades = [colour(number) for number in range(30)]

    assert len(set(shades)) == 30
    assert all(max(abs(a - b) for a, b in zip(*pair, strict=True)) > 60 for pair in pairwise(shades))


def test_one_mock_makes_the_answer_one() -> None:
    assert mock(({"kind": "real"}, {"kind": "mock"})) and not mock(({"kind": "real"},))


def test_every_word_is_in_both_languages_with_the_same_places() -> None:
    from string import Formatter

    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert all(english and korean and places(english) == places(korean) for english, korean in WORDS.values())
