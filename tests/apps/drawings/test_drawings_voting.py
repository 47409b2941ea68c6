from drawings_maker import box

from rung.apps.drawings import votes
from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.understanding import dimension_of
from rung.apps.drawings.votes import Votes, kind_of
from rung.apps.drawings.voting import voted
from rung.models.catalog.read import FOR_ALPHABET, WITH_OWN_BOXES

EVEN = Votes(measured="made up", counts={name: {"length": (8, 10), "toleranced": (8, 10)} for name in "abc"})
BY_TYPE = Votes(
    measured="made up",
    counts={"a": {"thread": (2, 10), "length": (98, 100)}, "b": {"thread": (98, 100), "length": (2, 10)}},
)


def said(text: str, sure: float | None, engine: str) -> Line:
    return Line(polygon=box(0, 0), guesses=(Guess(text=text, confidence=sure, engine=engine),) if text else ())


def texts(votes: Votes, *lines: Line) -> list[str]:
    return [one.text for one in voted(lines, votes).guesses]


def test_two_that_agree_outvote_a_surer_one_and_the_loser_stands_beside() -> None:
    found = voted([said("25H8", 0.9, "a"), said("25 H7", 0.6, "b"), said("25H7", 0.5, "c"), said("", None, "d")], EVEN)

    assert [(one.text, one.confidence, one.engine) for one in found.guesses] == [
        ("25 H7", 0.6, "b + c"),
        ("25H8", 0.9, "a"),
    ]


def test_who_is_right_more_often_by_that_type_wins_against_a_surer_one() -> None:
    assert texts(BY_TYPE, said("M18", 0.99, "a"), said("M16", 0.7, "b")) == ["M16", "M18"]
    assert texts(BY_TYPE, said("18", 0.7, "a"), said("16", 0.99, "b")) == ["18", "16"]


def test_one_that_is_nearly_always_right_outvotes_two_that_are_often_wrong() -> None:
    weights = Votes(
        measured="", counts={"a": {"length": (99, 100)}, "b": {"length": (6, 10)}, "c": {"length": (6, 10)}}
    )

    assert texts(weights, said("16", 0.9, "b"), said("16", 0.9, "c"), said("18", 0.9, "a")) == ["18", "16"]


def test_a_type_that_was_never_measured_counts_as_the_engine_does_overall_and_few_counts_are_drawn_towards_it() -> None:
    counted = Votes(measured="", counts={"a": {"length": (90, 98), "thread": (0, 1)}})

    assert counted.accuracy("a", "radius") == (90 + 1) / (99 + 2)
    assert 0.5 < counted.accuracy("a", "thread") < counted.accuracy("a", "radius") < counted.accuracy("a", "length")
    assert counted.accuracy("nobody", "length") == 0.5
    assert counted.weight("nobody", "length") == votes.LEAST


def test_where_engines_differ_the_dimension_says_who_read_what() -> None:
    differing = voted([said("25H8", 0.9, "a"), said("25H7", 0.6, "b"), said("25H7", 0.5, "c")], EVEN)
    agreeing = voted([said("25H7", 0.9, "a"), said("25 H7", 0.6, "b")], EVEN)

    dimension, other = dimension_of(differing, "1.d1"), dimension_of(agreeing, "1.d1")

    assert dimension is not None and other is not None
    assert dimension.notes[-1] == "engines differ here, the most weight first: b + c: 25H7; a: 25H8"
    assert [(one.text, one.engine) for one in dimension.alternatives][:1] == [("25H8", "a")]
    assert not any("differ" in note for note in other.notes)


def test_where_nobody_read_anything_it_is_unread() -> None:
    assert not voted([said("", None, "a"), said("", None, "b")], EVEN).guesses


def test_types_are_counted_as_they_are_read() -> None:
    texts = ("25", "25±0.1", "25H7", "⌀25H7", "R5", "30°", "M8", "mild steel")
    kinds = ["length", "toleranced", "toleranced", "diameter", "radius", "angle", "thread", "other"]
    assert [kind_of(one) for one in texts] == kinds


def test_what_comes_with_the_package_was_measured_for_engines_of_the_vote() -> None:
    shipped = votes.measured()

    best, second = FOR_ALPHABET["dimension"][:2]
    assert all((shipped.overall(name) or (0, 0))[1] >= 300 for name in (best, second))
    assert shipped.accuracy(best, "toleranced") > shipped.accuracy(second, "toleranced")
    assert "validation" in shipped.measured


def test_what_only_an_engine_with_boxes_of_its_own_saw_was_hardly_ever_a_text_so_it_is_left_out() -> None:
    for engine in WITH_OWN_BOXES:
        right, boxes = votes.measured().alone[engine]
        assert boxes >= 300 and right / boxes < 0.1
