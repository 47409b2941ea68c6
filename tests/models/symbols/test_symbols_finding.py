"""Signs on sheets that are drawn stroke by stroke are found where they stand, as what they are, by the net."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rung.models.sheet.rules import rules
from rung.models.symbols.finding import Symbol, symbols
from rung.models.symbols.sorting import CLASSES, WEIGHTS, Sorter, sorter
from rung.runtime.tasks import Box

PER_MM = 8.0
Sheet = NDArray[np.uint8]
SLOPE = math.tan(math.radians(30))


def sheet() -> Sheet:
    """An edge of a part across empty paper, and one that stands."""
    ink = np.zeros((800, 1200), np.uint8)
    line(ink, (100, 500), (1100, 500), 4)
    line(ink, (100, 500), (100, 100), 4)
    return ink


def line(ink: Sheet, one: tuple[float, float], other: tuple[float, float], thick: int = 2) -> None:
    a, b = ((round(x), round(y)) for x, y in (one, other))
    cv2.line(ink, a, b, 255, thick, cv2.LINE_AA)
    ink[ink > 0] = 255


def tick(ink: Sheet, foot: tuple[int, int], variant: str, high: float = 36, turned: bool = False) -> None:
    def at(x: float, y: float) -> tuple[float, float]:
        return (foot[0] - y, foot[1] - x) if turned else (foot[0] + x, foot[1] - y)

    line(ink, at(0, 0), at(-high * SLOPE, high))
    line(ink, at(0, 0), at(2.1 * high * SLOPE, 2.1 * high))
    if variant == "removal":
        line(ink, at(-high * SLOPE, high), at(high * SLOPE, high))
    if variant == "prohibited":
        x, y = at(0, high * 2 / 3)
        cv2.circle(ink, (round(x), round(y)), round(high / 3), 255, 2)


def balloon(ink: Sheet, at: tuple[int, int], number: str = "7", radius: int = 40) -> None:
    cv2.circle(ink, at, radius, 255, 2)
    (wide, tall), _ = cv2.getTextSize(number, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 2)
    cv2.putText(ink, number, (at[0] - wide // 2, at[1] + tall // 2), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2)
    line(ink, (at[0] + radius * 0.7, at[1] + radius * 0.7), (at[0] + 120, at[1] + 130))


def weld(ink: Sheet, knee: tuple[int, int], joint: str, tall: int = 32) -> None:
    x, y = knee
    line(ink, (x - 60, y + 100), knee)
    line(ink, knee, (x + 150, y))
    for start in range(x + 4, x + 150, 14):
        line(ink, (start, y + 12), (start + 8, y + 12))
    match joint:
        case "fillet":
            line(ink, (x + 60, y), (x + 60, y - tall))
            line(ink, (x + 60, y - tall), (x + 60 + tall, y))
        case "plug":
            cv2.rectangle(ink, (x + 60, y - tall * 3 // 4), (x + 60 + tall, y), 255, 2)
        case "square-butt":
            line(ink, (x + 60, y), (x + 60, y - tall))
            line(ink, (x + 74, y), (x + 74, y - tall))
        case "v-butt":
            line(ink, (x + 60, y), (x + 60 - tall * 0.6, y - tall))
            line(ink, (x + 60, y), (x + 60 + tall * 0.6, y - tall))


def seen(ink: Sheet, *taken: Box) -> list[Symbol]:
    return list(symbols(ink, rules(ink, PER_MM).lying, taken, PER_MM, sorter()))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("variant", ["basic", "removal", "prohibited"])
def test_a_finish_mark_is_found_on_an_edge_that_lies_or_stands(variant: str, turned: bool) -> None:
    ink = sheet()
    tick(ink, (100, 300) if turned else (600, 500), variant, turned=turned)

    (one,) = seen(ink)

    assert (one.label, one.variant) == ("surface", variant)
    wide, high = 36 * SLOPE * 3.1, 36 * 2.1
    size = (one.box[2] - one.box[0], one.box[3] - one.box[1])
    assert size == pytest.approx((high, wide) if turned else (wide, high), abs=8)
    assert 0.5 <= one.score < 1


def test_a_balloon_is_a_circle_with_something_in_it() -> None:
    ink = sheet()
    balloon(ink, (400, 200))
    cv2.circle(ink, (800, 300), 40, 255, 2)

    (one,) = seen(ink)

    assert one.label == "balloon"
    assert one.box == pytest.approx((359, 159, 441, 241), abs=4)


@pytest.mark.parametrize("joint", ["fillet", "plug", "square-butt", "v-butt"])
def test_a_weld_is_a_line_with_a_leader_and_the_joint_that_stands_on_it(joint: str) -> None:
    ink = sheet()
    weld(ink, (500, 250), joint)

    (one,) = seen(ink)

    assert (one.label, one.variant) == ("weld", joint)
    assert one.box[0] == pytest.approx(500, abs=6) and one.box[2] == pytest.approx(650, abs=6)


def test_a_leader_s_shelf_without_a_joint_is_no_weld_and_what_is_taken_is_nothing_else() -> None:
    ink = sheet()
    weld(ink, (500, 250), "none")
    assert seen(ink) == []

    balloon(ink, (400, 200))
    assert seen(ink, (300, 100, 500, 300)) == []


def test_shares_sum_to_one_and_a_hotter_net_is_less_sure() -> None:
    crops = [np.random.default_rng(1).random((28, 28)).astype(np.float32) for _ in range(3)]
    cool = sorter()
    with_heat = {**cool._weights, "tick.heat": cool._weights["tick.heat"] * 4}
    for family in CLASSES:
        shares = cool.shares(family, crops)
        assert shares.shape == (3, len(CLASSES[family])) and np.allclose(shares.sum(1), 1, atol=1e-5)
    assert np.all(Sorter(with_heat).shares("tick", crops).max(1) <= cool.shares("tick", crops).max(1))


def test_nothing_is_told_with_more_certainty_than_was_right_where_it_was_measured() -> None:
    class Doubted(Sorter):
        def right(self, family: object) -> float:
            return 0.25

    ink = sheet()
    balloon(ink, (400, 200))
    with np.load(WEIGHTS) as held:
        net = Doubted({name: held[name] for name in held.files})

    (one,) = symbols(ink, rules(ink, PER_MM).lying, (), PER_MM, net)

    assert one.score == 0.25
