"""Who stands near whom on a page of many texts: the same as if each was held against each, in no time."""

import random
import time

from rung.apps.drawings.joining import joined
from rung.apps.drawings.lines import Guess, Line, Polygon, covered
from rung.apps.drawings.nearby import Nearby, all_covered


def box(x: float, y: float, width: float, height: float = 18) -> Polygon:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def line(text: str, polygon: Polygon) -> Line:
    return Line(polygon=polygon, guesses=(Guess(text=text, confidence=0.9, engine="e"),))


def test_those_around_are_the_others_within_reach_and_none_that_was_taken() -> None:
    lines = [line("a", box(0, 0, 50)), line("b", box(80, 0, 50)), line("c", box(0, 49, 50)), line("d", box(0, 25, 50))]
    near = Nearby(lines)
    near.take(3)

    assert (near.around(0, 29), near.around(0, 30), near.around(0, 31)) == ([], [1], [1, 2])
    near.put(0, line("a", box(200, 0, 50)))
    assert near.around(0, 70) == [1] and near.around(2, 29) == []


def test_a_page_of_a_thousand_texts_is_joined_in_a_moment() -> None:
    texts = [line("25", box(160 * (n % 50), 60 * (n // 50), 20)) for n in range(500)]
    texts += [line("±0.1", box(160 * (n % 50) + 26, 60 * (n // 50), 40)) for n in range(500)]

    began = time.process_time()
    found = joined(texts)

    assert [one.text for one in found] == ["25±0.1"] * 500
    assert time.process_time() - began < 4, "it was half a minute when each was held against each"


def test_what_is_covered_is_the_same_for_all_at_once_as_for_each() -> None:
    chance = random.Random(5)
    some = [box(*(chance.uniform(0, 900) for _ in "xy"), chance.uniform(5, 200)) for _ in range(120)]
    others = [box(*(chance.uniform(0, 900) for _ in "xy"), chance.uniform(5, 200), 40) for _ in range(60)]

    told = all_covered(some, others)

    assert told == [covered(one, others) for one in some] and 10 < sum(told) < 110
    assert all_covered(some, []) == [False] * 120
