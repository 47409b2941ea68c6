"""What a queue counts is what is in it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rung.runtime.scheduling.queue import Queue
from rung.runtime.scheduling.waiting import Waiting

steps = st.lists(
    st.tuples(st.sampled_from(["append", "append", "insert", "remove", "popleft", "clear"]), st.integers(0, 20)),
    max_size=40,
)


@given(steps)
def test_the_counts_follow_whatever_comes_and_goes(script: list[tuple[str, int]]) -> None:
    queue = Queue()
    for number, (step, place) in enumerate(script):
        call = Waiting(str(number), "ab"[place % 2], number, 1e9, float(number), due=float(place))
        match step:
            case "append":
                queue.append(call)
            case "insert":
                queue.insert(place % (len(queue) + 1), call)
            case "remove" if queue:
                queue.remove(queue[place % len(queue)])
            case "popleft" if queue:
                queue.popleft()
            case "clear":
                queue.clear()

        assert queue.counts == Counter(waiting.variant for waiting in queue)
        assert queue.waited(100.0) == pytest.approx(sum(100.0 - waiting.arrived for waiting in queue))
        dues = [waiting.due for waiting in queue]
        assert dues == sorted(dues)


def test_those_before_a_call_are_due_no_later_than_it() -> None:
    queue = Queue(Waiting(name, "v", order, 1e9, due=due) for order, (name, due) in enumerate([("a", 9), ("b", 5)]))

    assert [call.due for call in queue] == [5, 5]


def test_the_first_calls_are_counted_by_variant() -> None:
    queue = Queue(Waiting(str(order), name, order, 1e9) for order, name in enumerate("aab"))

    assert queue.of_first(2) == {"a": 2}
    assert queue.of_first(9) == {"a": 2, "b": 1}
