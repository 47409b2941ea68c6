"""Who is begun next, and what the past says of the future."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rung.runtime.jobs.estimate import ENOUGH, History, retry_after
from rung.runtime.jobs.line import PASSES, Line, Waiting


def line_of(slots: int, *jobs: tuple[str, str, int]) -> Line:
    line = Line(slots)
    for order, (job, key, priority) in enumerate(jobs):
        line.join(Waiting(job=job, key=key, priority=priority, order=order))
    return line


def drained(line: Line) -> list[str]:
    """Everything in the order in which it is begun, one ending after the other."""
    begun = []
    while (job := line.next()) is not None:
        begun.append(job)
        line.leave(job)
    return begun


def test_one_key_is_served_in_the_order_of_arrival() -> None:
    assert drained(line_of(1, ("a", "", 0), ("b", "", 0), ("c", "", 0))) == ["a", "b", "c"]


def test_no_more_run_than_there_are_slots() -> None:
    line = line_of(2, ("a", "", 0), ("b", "", 0), ("c", "", 0))

    assert [line.next(), line.next(), line.next()] == ["a", "b", None]
    line.leave("a")
    assert (line.next(), line.running, line.waiting) == ("c", 2, 0)


def test_a_key_that_floods_the_line_delays_no_other_key() -> None:
    flood = [(f"f{n}", "flood", 1) for n in range(20)]
    line = line_of(2, *flood, ("quiet", "other", -1))

    assert [line.next(), line.next()] == ["f0", "quiet"]


def test_keys_take_turns_with_one_slot() -> None:
    line = line_of(1, *((f"a{n}", "a", 0) for n in range(4)), *((f"b{n}", "b", 0) for n in range(4)))

    assert drained(line) == ["a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3"]


def test_a_higher_priority_of_the_same_key_goes_first() -> None:
    assert drained(line_of(1, ("low", "", -1), ("normal", "", 0), ("high", "", 1))) == ["high", "normal", "low"]


def test_a_low_priority_is_passed_by_eight_times_and_then_has_its_turn() -> None:
    highs = [(f"h{n}", "", 1) for n in range(20)]
    order = drained(line_of(1, ("low", "", -1), *highs))

    assert order.index("low") == PASSES


def test_a_job_that_left_is_never_begun() -> None:
    line = line_of(1, ("a", "", 0), ("b", "", 0))
    line.leave("a")
    line.leave("nobody")

    assert drained(line) == ["b"]


def test_people_are_told_how_many_wait_before_them() -> None:
    line = line_of(1, ("a", "", 0), ("b", "", 0), ("c", "", 0))
    line.next()

    assert (line.ahead("b"), line.ahead("c"), line.ahead("a")) == (0, 1, 0)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([-1, 0, 1])), max_size=40), st.integers(1, 4), st.data()
)
def test_every_job_is_begun_once_and_the_shares_of_waiting_keys_differ_by_one_at_most(
    jobs: list[tuple[str, int]], slots: int, data: st.DataObject
) -> None:
    line, begun, running = Line(slots), [], []
    for order, (key, priority) in enumerate(jobs):
        line.join(Waiting(job=f"{order}", key=key, priority=priority, order=order))
    left = Counter(key for key, _ in jobs)
    while len(line):
        while (job := line.next()) is not None:
            begun.append(job)
            running.append(job)
            left[jobs[int(job)][0]] -= 1
        held = Counter(jobs[int(j)][0] for j in running)
        waiting = [k for k in left if left[k]]
        assert line.running == len(running) <= slots
        for key in waiting:
            assert all(held[key] >= held[other] - 1 for other in held), "a waiting key holds less than its share"
        ended = data.draw(st.sampled_from(running))
        running.remove(ended)
        line.leave(ended)
        if set(left.elements()):
            running_keys = Counter(jobs[int(j)][0] for j in running)
            if max(running_keys.values(), default=0) - min((running_keys[k] for k in waiting), default=0) > 1:
                return  # ends come as they like: what runs cannot be taken back to even the shares out
    assert sorted(begun, key=int) == [str(n) for n in range(len(jobs))]


def test_the_past_is_a_guide_only_when_there_is_enough_of_it() -> None:
    history = History()
    for _ in range(ENOUGH - 1):
        history.add("a", 2.0)
    assert (history.least("a"), history.usual("a")) == (0.0, 2.0)

    history.add("a", 1.0)
    assert (history.least("a"), history.least("b"), history.usual("b")) == (1.0, 0.0, None)


def test_a_mixture_takes_what_each_of_its_operations_takes_and_the_unknown_are_like_the_rest() -> None:
    history = History()
    for name, seconds in (("short", 1.0), ("long", 40.0), ("long", 60.0), ("long", 50.0)):
        history.add(name, seconds)

    assert history.mean({"short": 3, "long": 1}) == (3 * 1.0 + 50.0) / 4
    assert history.mean({"long": 2, "never seen": 8}) == 50.0
    assert history.mean({"never seen": 8}) is None and history.mean({}) is None


def test_the_time_to_come_back_grows_with_the_line_and_stays_within_bounds() -> None:
    assert retry_after(None, 100, 2) == 1.0
    assert retry_after(0.01, 100, 2) == 1.0
    assert retry_after(4.0, 100, 2) == 20.0
    assert retry_after(400.0, 100, 2) == 60.0
