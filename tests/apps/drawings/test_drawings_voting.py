from drawings_maker import box

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.voting import voted


def said(text: str, sure: float | None, engine: str) -> Line:
    return Line(polygon=box(0, 0), guesses=(Guess(text=text, confidence=sure, engine=engine),) if text else ())


def test_two_that_agree_outvote_a_surer_one_and_the_loser_stands_beside() -> None:
    found = voted([said("25H8", 0.9, "a"), said("25 H7", 0.6, "b"), said("25H7", 0.5, "c"), said("", None, "d")])

    assert [(one.text, one.confidence, one.engine) for one in found.guesses] == [
        ("25 H7", 0.6, "b + c"),
        ("25H8", 0.9, "a"),
    ]


def test_where_nobody_read_anything_it_is_unread() -> None:
    assert not voted([said("", None, "a"), said("", None, "b")]).guesses
