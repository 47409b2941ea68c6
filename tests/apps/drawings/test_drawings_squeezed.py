"""Which figures of a second look are believed."""

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.squeezed import taken_in


def line(text: str, x: float, wide: float, sure: float = 0.97) -> Line:
    box = ((x, 0.0), (x + wide, 0.0), (x + wide, 10.0), (x, 10.0))
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
