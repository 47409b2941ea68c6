"""The matching rule: what counts as found, as read right, and as made up."""

from hypothesis import given
from hypothesis import strategies as st

from rung.lab.readings import Score, Told, edits, matched, overlap


def box(x: float, y: float, w: float, h: float) -> list[list[float]]:
    return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]


def told(text: str, x: float, y: float = 0.0, w: float = 60.0, h: float = 20.0, kind: str = "") -> Told:
    return Told(text=text, polygon=box(x, y, w, h), kind=kind)


def test_a_text_is_read_right_where_place_and_normal_text_agree() -> None:
    score = matched([told("⌀25H7", 0), told("4×⌀9", 100)], [told("Ø25 H7", 2, 1), told("4-Ø8", 98)])

    assert [pair.same for pair in score.pairs] == [True, False]
    assert (score.located, score.recall, score.precision) == (1.0, 0.5, 0.5)
    assert score.character_error == 1 / 9


def test_the_right_text_in_another_place_is_missed_and_made_up() -> None:
    score = matched([told("25", 0)], [told("25", 200)])

    assert (score.recall, score.precision, len(score.extra)) == (0.0, 0.0, 1)
    assert score.character_error is None


def test_how_sure_answers_are_is_held_against_what_is_right_made_up_ones_too() -> None:
    answers = [Told(text=text, polygon=box(x, 0, 60, 20), sure=sure) for text, x, sure in
               (("25", 0, 0.9), ("31", 100, 0.6), ("7", 500, 0.3), ("8", 600, None))]  # fmt: skip

    score = matched([told("25", 0), told("30", 100)], answers)

    assert score.surenesses == [(0.9, True), (0.6, False), (0.3, False)]


def test_one_answer_counts_for_one_true_text_only() -> None:
    score = matched([told("25", 0), told("25", 8)], [told("25", 0)])

    assert score.recall == 0.5 and score.pairs[0].found is not None


def test_a_narrow_digit_with_a_border_is_in_its_place() -> None:
    assert overlap(box(100, 100, 3, 25), box(98, 98, 7, 29)) > 0.5
    assert overlap(box(100, 100, 60, 20), box(100, 100, 25, 20)) < 0.5  # the half of a text is not the text


def test_a_turned_polygon_is_compared_as_it_lies() -> None:
    turned = [[0, 0], [50, 50], [40, 60], [-10, 10]]

    assert overlap(turned, turned) > 0.99
    assert overlap(turned, box(-10, 0, 60, 60)) < 0.5


def test_a_basic_dimension_is_the_same_with_and_without_its_box() -> None:
    assert matched([told("40", 0)], [told("[40]", 0)]).recall == 1.0


def test_sheets_add_up_and_types_are_told_apart() -> None:
    score = Score()
    score.add([told("25", 0, kind="length")], [told("25", 0)])
    score.add([told("R5", 0, kind="radius")], [])

    assert {kind: one.recall for kind, one in score.by_kind().items()} == {"length": 1.0, "radius": 0.0}
    assert score.recall == 0.5


def test_nothing_to_find_has_no_share() -> None:
    assert Score().recall is None and Score().precision is None


@given(st.text(alphabet="⌀25H.+", max_size=8), st.text(alphabet="⌀25H.+", max_size=8))
def test_edits_count_alike_in_both_directions(one: str, other: str) -> None:
    assert edits(one, other) == edits(other, one)
    assert abs(len(one) - len(other)) <= edits(one, other) <= max(len(one), len(other))
    assert (edits(one, other) == 0) == (one == other)
