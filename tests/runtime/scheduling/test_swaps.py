"""The policy by itself: who is next, who leaves, and when."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rung.runtime.scheduling.queue import Queue
from rung.runtime.scheduling.swaps import NONE, Side, Swaps
from rung.runtime.scheduling.waiting import Waiting

NOW = 100.0
swaps = Swaps()


def calls(*ages: float, deadline: float = math.inf, first: int = 1) -> Queue:
    """That have waited so long, oldest first; deadline: seconds from now."""
    return Queue(
        Waiting(str(first + number), "v", first + number, NOW + deadline, NOW - age) for number, age in enumerate(ages)
    )


def side(name: str, *ages: float, each_s: float = 1.0, size: int = 10, deadline: float = math.inf, **more) -> Side:
    more.setdefault("load_s", 5.0)
    return Side(
        seat=name,
        bytes=size,
        calls=more.pop("calls", calls(*ages, deadline=deadline)),
        run_s=lambda count: count * each_s,
        **more,
    )


def names(sides: list[Side] | None) -> list[str]:
    assert sides is not None
    return [one.seat for one in sides]


# --- who is next ----------------------------------------------------------------------------------


def test_of_two_that_wait_for_memory_the_one_with_more_waiting_behind_it_is_next() -> None:
    assert names(swaps.order([side("one", 4), side("many", 3, 3, 3)], NOW)) == ["many", "one"]


def test_what_is_loaded_sooner_is_next_when_as_much_waits() -> None:
    assert names(swaps.order([side("large", 3, load_s=60.0), side("small", 3)], NOW)) == ["small", "large"]


def test_an_age_makes_up_for_a_long_load() -> None:
    assert names(swaps.order([side("large", 99, load_s=60.0), side("small", 3)], NOW)) == ["large", "small"]


def test_the_worker_that_answers_more_a_second_is_given_the_cores() -> None:
    assert names(swaps.turns([side("slow", 5, each_s=6.0), side("quick", 4, each_s=0.1)], NOW)) == ["quick", "slow"]


def test_a_call_that_would_be_too_late_after_the_other_goes_before_it() -> None:
    pressing = side("pressing", 0, deadline=3.0, each_s=2.0)
    assert names(swaps.turns([side("other", 9, 9, each_s=2.0), pressing], NOW)) == ["pressing", "other"]


def test_one_that_is_too_late_anyway_does_not_press() -> None:
    lost = side("lost", 0, deadline=1.0, each_s=2.0)
    assert names(swaps.turns([side("other", 9, 9, each_s=2.0), lost], NOW)) == ["other", "lost"]


def test_a_load_that_saves_a_deadline_goes_before_one_for_more_calls() -> None:
    pressing = side("pressing", 0, deadline=7.0)
    assert names(swaps.order([side("many", 9, 9, 9), pressing], NOW)) == ["pressing", "many"]


def test_overdue_calls_go_before_all_others_the_oldest_first() -> None:
    first = side("first", 5, overdue=True)
    second = side("second", overdue=True, calls=calls(4, first=7))
    pressing = side("pressing", 0, deadline=7.0)
    for decide in (swaps.order, swaps.turns):
        assert names(decide([pressing, second, first], NOW)) == ["first", "second", "pressing"]


def test_what_an_operator_wants_is_loaded_after_what_calls_wait_for() -> None:
    assert names(swaps.order([side("wanted"), side("asked", 0)], NOW)) == ["asked", "wanted"]


# --- who leaves -----------------------------------------------------------------------------------


def test_the_one_that_is_asked_for_less_often_leaves() -> None:
    held = [side("hot", rate=1.0, used=1.0), side("cold", rate=0.01, used=2.0)]
    assert names(swaps.victims(side("x", 1), held, 10)) == ["cold"]


def test_of_two_that_nobody_asks_for_the_one_unused_for_longest_leaves() -> None:
    held = [side("late", used=2.0), side("early", used=1.0)]
    assert names(swaps.victims(side("x", 1), held, 10)) == ["early"]


def test_the_one_that_is_back_sooner_leaves() -> None:
    held = [side("large", rate=0.1, load_s=60.0), side("small", rate=0.1, load_s=2.0)]
    assert names(swaps.victims(side("x", 1), held, 10)) == ["small"]


def test_one_that_is_enough_leaves_rather_than_two() -> None:
    held = [side("a", rate=0.1, size=5), side("b", rate=0.1, size=5), side("c", rate=0.15)]
    assert names(swaps.victims(side("x", 1), held, 10)) == ["c"]


def test_a_busy_one_stays_when_an_idle_one_is_enough() -> None:
    held = [side("busy", 1, busy=1), side("idle", rate=0.05)]
    assert names(swaps.victims(side("x", 1), held, 10)) == ["idle"]


def test_one_that_is_being_loaded_stays_when_an_idle_one_is_enough() -> None:
    held = [side("loading", fresh=True), side("idle", rate=0.05)]
    assert names(swaps.victims(side("x", 1), held, 10)) == ["idle"]


def test_one_copy_of_several_leaves_before_a_last_one() -> None:
    held = [side("last"), side("copy", rate=9.0, spare=True, used=5.0)]
    assert names(swaps.victims(side("x", 1), held, 10)) == ["copy"]


def test_who_has_to_leave_already_is_not_joined_by_another() -> None:
    held = [side("cold", rate=0.001), side("leaves", 1, 1, 1, gated=True)]
    assert names(swaps.victims(side("x", 1), held, 10)) == ["leaves"]


def test_nobody_leaves_where_all_together_are_not_enough() -> None:
    assert swaps.victims(side("x", 1), [side("a"), side("b")], 21) is None


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 5)), min_size=1, max_size=16), st.integers(1, 100))
def test_those_who_leave_hold_enough_and_none_of_them_needlessly(held: list[tuple[int, float]], short: int) -> None:
    sides = [side(f"s{n}", size=size, rate=rate, used=float(n)) for n, (size, rate) in enumerate(held)]

    chosen = swaps.victims(side("x", 1), sides, short)

    assert (chosen is None) == (sum(size for size, _ in held) < short)
    sizes = [one.bytes for one in chosen or []]
    assert chosen is None or all(short <= sum(sizes) < short + size for size in sizes)


# --- when -----------------------------------------------------------------------------------------


def test_idle_ones_leave_at_once() -> None:
    assert swaps.decide(side("x", 0), [side("v", rate=9.0)], NOW).kind == "now"


def test_a_busy_one_keeps_its_turn_until_the_others_have_waited_as_long_as_the_switch_costs() -> None:
    busy = side("busy", 3, busy=1, load_s=5.0)
    away_s = 5.0 + 5.0 + 1.0

    switch = swaps.decide(side("x", 2), [busy], NOW)

    assert switch.kind == "hold"
    assert switch.until == pytest.approx(NOW + 2 * away_s - 2)
    assert swaps.decide(side("x", 2 * away_s), [busy], NOW).kind == "now"


def test_the_more_wait_the_sooner_it_is_decided() -> None:
    busy = side("busy", 3, busy=1)
    one, five = (swaps.decide(side("x", *[2] * count), [busy], NOW) for count in (1, 5))
    assert five.until < one.until


def test_what_the_victim_is_asked_for_lately_counts_against_the_switch() -> None:
    cold, hot = (swaps.decide(side("x", 2), [side("v", busy=1, rate=rate)], NOW) for rate in (0.0, 1.0))
    assert cold.until < hot.until


def test_a_switch_that_saves_a_deadline_is_decided_at_once_and_nothing_goes_before_it() -> None:
    busy = side("busy", 1, 1, 1, 1, busy=1, each_s=3.0)

    switch = swaps.decide(side("x", 0, deadline=8.0), [busy], NOW)

    assert (switch.kind, switch.up_to) == ("now", NONE)


def test_but_not_where_it_makes_as_many_late() -> None:
    busy = side("busy", 1, 1, 1, 1, busy=1, each_s=3.0, deadline=14.0)
    assert swaps.decide(side("x", 0, deadline=8.0), [busy], NOW).kind == "hold"


def test_and_not_where_it_would_be_too_late_all_the_same() -> None:
    busy = side("busy", 1, 1, 1, 1, busy=1, each_s=3.0)
    assert swaps.decide(side("x", 0, deadline=4.0), [busy], NOW).kind == "hold"


def test_an_overdue_call_is_next_and_only_what_is_older_goes_before_it() -> None:
    overdue = side("x", overdue=True, calls=calls(9, first=7))
    for busy in (side("busy", 1, busy=1), side("busy", 1, busy=1, gated=True)):
        switch = swaps.decide(overdue, [busy], NOW)
        assert (switch.kind, switch.up_to) == ("now", 7)


def test_who_has_an_overdue_call_is_not_made_to_leave_for_others() -> None:
    assert swaps.decide(side("x", *[90] * 9), [side("v", 5, overdue=True)], NOW).kind == "hold"
