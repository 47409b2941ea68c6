"""Which recogniser's words are taken: Hangul from the one that knows it, the rest from the other."""

from dataclasses import replace

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.scripts import by_script, may_be_hangul

SQUARE = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


def line(text: str, confidence: float, engine: str = "latin") -> Line:
    return Line(polygon=SQUARE, guesses=(Guess(text=text, confidence=confidence, engine=engine),))


def test_what_is_sure_and_latin_is_not_looked_at_again() -> None:
    assert not may_be_hangul(line("S45C", 0.97))
    assert may_be_hangul(line("척도", 0.4)) and may_be_hangul(line("相", 0.99)) and may_be_hangul(Line(polygon=SQUARE))


def test_hangul_is_believed_and_the_other_reading_stays_as_a_guess() -> None:
    taken = by_script(line("相三", 0.6), line("상도 1:2", 0.9, "hangul"))
    assert (taken.text, taken.engine, len(taken.guesses)) == ("상도 1:2", "hangul", 2)


def test_latin_of_the_recogniser_of_hangul_and_unsure_hangul_are_not() -> None:
    latin = line("KS B 1002", 0.7)
    assert by_script(latin, line("KS8 1002", 0.95, "hangul")) is latin
    assert by_script(latin, line("뇨", 0.1, "hangul")) is latin


def test_what_is_far_shorter_than_its_place_is_looked_at_again_however_sure_and_is_the_worse_reading() -> None:
    wide = replace(line("2.", 0.99), polygon=((0.0, 0.0), (160.0, 0.0), (160.0, 10.0), (0.0, 10.0)))

    assert may_be_hangul(wide)
    taken = by_script(wide, line("2. 도시되고 지시 없는 라운드는 R3", 0.4, "hangul"))
    assert (taken.engine, taken.confidence) == ("hangul", 0.4)
