"""Commas of a page: they part thousands where all of them can, and the answer says that this was understood."""

from drawings_maker import box

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.understanding import understand


def lines(*texts: str) -> list[Line]:
    return [
        Line(polygon=box(10, 40 * at), guesses=(Guess(text=text, confidence=0.9, engine="reader"),))
        for at, text in enumerate(texts)
    ]


def test_commas_part_thousands_on_a_page_where_all_of_them_can() -> None:
    first, second, _ = understand(lines("3,000", "1,150", "25"), 1, 0.0).dimensions

    assert (first.text, first.nominal, second.nominal) == ("3000", 3000, 1150)
    assert "3.000" in [one.text for one in first.alternatives] and "thousands" in first.notes[0]


def test_commas_are_decimal_points_on_a_page_where_one_of_them_has_to_be() -> None:
    first, _ = understand(lines("3,000", "2,5"), 1, 0.0).dimensions

    assert (first.text, first.nominal) == ("3.000", 3.0)
    assert "3000" in [one.text for one in first.alternatives]
