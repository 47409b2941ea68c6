"""Which boxes of several finders are of one text."""

import math

from drawings_maker import box, upwards
from hypothesis import given
from hypothesis import strategies as st

from rung.apps.drawings.clusters import clustered
from rung.apps.drawings.lines import Polygon

PLACES = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 100)), max_size=6)


def turned(polygon: Polygon, degrees: float) -> Polygon:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return tuple((x * cos - y * sin, x * sin + y * cos) for x, y in polygon)


def test_boxes_that_overlap_by_half_are_of_one_text_and_others_stand_alone() -> None:
    found = clustered({"a": [box(0, 0), box(100, 0)], "b": [box(104, 1), box(200, 0)], "c": [box(98, 0)]})

    assert list(found.texts) == [{"a": 0}, {"a": 1, "b": 0, "c": 0}, {"b": 1}]
    assert found.alone("a") == (0,) and found.alone("b") == (1,) and found.alone("c") == ()


def test_a_box_joins_by_any_of_a_text_s_boxes() -> None:
    """The third overlaps the second only: single link."""
    found = clustered({"a": [box(0, 0, 60)], "b": [box(18, 0, 60)], "c": [box(36, 0, 60)]})

    assert list(found.texts) == [{"a": 0, "b": 0, "c": 0}]
    assert len(clustered({"a": [box(0, 0, 60)], "c": [box(36, 0, 60)]}).texts) == 2


def test_a_box_over_two_texts_does_not_make_one_of_them() -> None:
    found = clustered({"a": [box(0, 0, 60), box(62, 0, 60)], "b": [box(0, 0, 122)]})

    assert [text["a"] for text in found.texts] == [0, 1]
    assert len({id(text) for text in found.texts if "b" in text}) <= 1


def test_of_two_that_fit_the_one_that_fits_better_is_taken() -> None:
    found = clustered({"a": [box(0, 0, 60)], "b": [box(16, 0, 60), box(2, 0, 60)]})

    assert {"a": 0, "b": 1} in found.texts


def test_a_piece_of_a_text_is_no_text_of_its_own() -> None:
    found = clustered({"a": [box(0, 0, 120)], "b": [box(0, 0, 25), box(300, 0)]})

    assert list(found.texts) == [{"a": 0}, {"b": 1}] and found.pieces == {"b": (0,)}


def test_it_is_the_same_at_any_angle_and_of_a_lone_stroke_s_box() -> None:
    for place in (0.0, 31.0, 90.0, 211.0):
        pair = clustered({"a": [turned(box(40, 20), place)], "b": [turned(box(44, 22), place)]})
        assert list(pair.texts) == [{"a": 0, "b": 0}]
    assert list(clustered({"a": [box(100, 100, 3, 25)], "b": [box(98, 98, 7, 29)]}).texts) == [{"a": 0, "b": 0}]
    # One place, read in two directions.
    assert list(clustered({"a": [upwards(0, 0)], "b": [box(0, -60, 20, 60)]}).texts) == [{"a": 0, "b": 0}]


@given(PLACES, PLACES, PLACES)
def test_every_box_is_in_one_text_or_a_piece_and_no_text_has_two_of_a_finder(
    a: list[tuple[int, int]], b: list[tuple[int, int]], c: list[tuple[int, int]]
) -> None:
    found = {finder: [box(x, y) for x, y in some] for finder, some in (("a", a), ("b", b), ("c", c))}

    made = clustered(found)

    boxes = [(finder, place) for text in made.texts for finder, place in text.items()]
    boxes += [(finder, place) for finder, some in made.pieces.items() for place in some]
    assert sorted(boxes) == sorted((finder, place) for finder, some in found.items() for place in range(len(some)))
    assert "a" not in made.pieces
