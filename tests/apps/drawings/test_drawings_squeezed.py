"""Which figures of a second look are believed."""

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.squeezed import needed, taken_in


def line(text: str, x: float, wide: float, sure: float = 0.97, low: float = 10.0) -> Line:
    box = ((x, 0.0), (x + wide, 0.0), (x + wide, low), (x, low))
    return Line(polygon=box, guesses=(Guess(text=text, confidence=sure, engine="reader"),) if text else ())


def texts(lines: list[Line]) -> list[str]:
    return [one.text for one in lines]


def test_a_sure_figure_where_nothing_was_read_is_taken_in() -> None:
    assert texts(taken_in([line("1200", 0, 40)], [line("75", 50, 15)])) == ["1200", "75"]


def test_a_doubtful_figure_and_what_is_no_length_of_a_chain_are_left_out() -> None:
    tried = [line("75", 50, 15, 0.89), line("5", 80, 8), line("R5", 100, 15), line("05", 130, 15), line("2.5", 160, 20)]
    assert texts(taken_in([line("1200", 0, 40)], tried)) == ["1200"]


def test_a_piece_of_the_figure_and_what_could_not_be_read_give_way_to_it() -> None:
    assert texts(taken_in([line("95", 10, 15)], [line("195", 0, 25)])) == ["195"]
    assert texts(taken_in([line("", 10, 15)], [line("195", 0, 25)])) == ["195"]


def test_a_piece_of_what_was_read_does_not_stand_beside_it() -> None:
    read = [line("25±0.1", 0, 60)]
    assert texts(taken_in(read, [line("25", 0, 15)])) == ["25±0.1"]
    assert texts(taken_in([line("95", 0, 15)], [line("18", 0, 15)])) == ["95"]
    assert texts(taken_in([line("9", 4, 8)], [line("18", 0, 15)])) == ["9"]


def test_the_longer_of_two_that_share_signs_is_believed() -> None:
    assert texts(taken_in([], [line("52", 10, 15), line("150", 0, 25), line("400", 30, 25)])) == ["150", "400"]


def test_two_figures_that_were_read_as_one_are_two() -> None:
    pair = [line("30", 0, 15), line("560", 40, 23)]
    assert texts(taken_in([line("30.560", 0, 63, 0.8)], pair)) == ["560", "30"]
    assert texts(taken_in([line("30560", 0, 63)], pair)) == ["560", "30"]
    assert texts(taken_in([line("30 560", 0, 63, 0.5)], pair)) == ["560", "30"]


def test_a_figure_with_decimals_that_is_sure_is_not_parted() -> None:
    pair = [line("11", 0, 15), line("25", 24, 15)]
    assert texts(taken_in([line("11.25", 0, 39)], pair)) == ["11.25"]


def test_of_a_row_that_is_too_wide_for_one_figure_its_parts_are_believed() -> None:
    read = [line("1200", 100, 31), line("450", 200, 23)]
    parts = [line("15", 0, 15), line("340", 20, 23)]
    assert texts(taken_in(read, [line("15340", 0, 43), *parts])) == ["1200", "450", "340", "15"]
    assert texts(taken_in(read, [line("15340", 0, 39), *parts])) == ["1200", "450", "15340"]


def test_a_figure_far_wider_than_its_signs_is_not_believed() -> None:
    assert texts(taken_in([line("1200", 100, 31), line("450", 200, 23)], [line("75", 0, 22)])) == ["1200", "450"]


def test_a_box_with_lines_in_it_gives_way_to_the_figure_alone() -> None:
    figure = line("15", 10, 15)
    assert texts(taken_in([line("M9", 0, 30, 0.98, low=24)], [figure])) == ["15"]
    assert texts(taken_in([line("15", 0, 30, 0.98, low=24)], [figure])) == ["15"]
    assert texts(taken_in([line("⌀15", 0, 30, 0.98, low=24)], [figure])) == ["⌀15"]


def test_what_could_not_be_read_is_told_where_figures_take_less_than_half_of_it() -> None:
    assert texts(taken_in([line("", 0, 60)], [line("15", 0, 15)])) == ["", "15"]
    assert texts(taken_in([line("", 0, 60)], [line("15", 0, 15), line("340", 20, 23)])) == ["340", "15"]


def test_a_place_within_a_figure_that_is_sure_needs_no_second_look() -> None:
    read = [line("1200", 0, 31), line("450", 100, 23, 0.6)]
    asked = [line("", 8, 23), line("", 108, 15), line("", 50, 15), line("", 20, 30)]
    assert needed(read, [one.polygon for one in asked]) == [False, True, True, True]
    assert needed([line("⌀250", 0, 31)], [line("", 8, 23).polygon]) == [False]
    sure = [line("450", 100, 23), line("1200", 200, 31)]
    assert needed([line("35555", 0, 42), *sure], [line("", 23, 15).polygon]) == [True]
    assert needed([line("35555", 0, 39), *sure], [line("", 23, 15).polygon]) == [False]


def test_what_was_read_of_several_figures_at_once_gives_way_to_them() -> None:
    figures = [line("15", 0, 15), line("390", 30, 23), line("20", 70, 15)]
    assert texts(taken_in([line("1539020", 0, 85, 0.4)], figures)) == ["390", "15", "20"]
    assert texts(taken_in([line("75175", 0, 54), line("450", 100, 23)], [line("175", 0, 23), line("175", 31, 23)])) == [
        "450",
        "175",
        "175",
    ]


def test_a_dimension_that_holds_a_figure_and_more_is_not_reduced_to_it() -> None:
    assert texts(taken_in([line("R12", 0, 22, 0.8)], [line("12", 8, 15)])) == ["R12"]


def test_a_sure_figure_does_not_give_way_to_a_wider_one_that_reaches_into_its_neighbour() -> None:
    read = [line("340", 20, 23), line("1200", 100, 31)]
    assert texts(taken_in(read, [line("15340", 0, 43)])) == ["340", "1200"]


def test_a_figure_with_the_first_sign_of_the_next_one_is_none() -> None:
    pair = [line("175", 0, 23), line("175", 26, 23)]
    assert texts(taken_in([line("450", 100, 23)], [line("1751", 0, 30), *pair])) == ["450", "175", "175"]
