"""What is learned of how long batches take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rung.runtime.scheduling.latency import KEPT, LatencyLine


def learned(*batches: tuple[int, float]) -> LatencyLine:
    latency = LatencyLine()
    for calls, seconds in batches:
        latency.learn(calls, seconds)
    return latency


def test_nothing_is_known_before_the_first_batch() -> None:
    assert LatencyLine().of(3) is None


def test_the_line_through_batches_of_several_sizes_tells_others() -> None:
    latency = learned((1, 0.7), (4, 1.3), (8, 2.1))

    assert latency.of(2) == pytest.approx(0.9)
    assert latency.of(20) == pytest.approx(4.5)


def test_batches_of_one_size_promise_nothing_cheap_for_larger_ones() -> None:
    latency = learned((2, 1.0), (2, 1.0))

    assert latency.of(8) == pytest.approx(4.0)


def test_what_was_given_counts_like_batches_and_is_displaced_by_them() -> None:
    latency = LatencyLine([(1, 10.0), (8, 17.0)])
    assert latency.of(4) == pytest.approx(13.0)

    for _ in range(KEPT):
        latency.learn(4, 2.0)

    assert latency.of(4) == pytest.approx(2.0)


def test_a_variant_that_grew_slower_is_known_after_so_many_batches() -> None:
    latency = learned(*[(1, 0.1), (2, 0.2)] * 100, *[(1, 1.0), (2, 2.0)] * (KEPT // 2))

    assert latency.of(2) == pytest.approx(2.0)


@given(st.lists(st.tuples(st.integers(1, 16), st.floats(0.001, 100)), min_size=1, max_size=60), st.integers(1, 15))
def test_a_larger_batch_is_never_held_to_be_faster_and_none_takes_less_than_nothing(
    batches: list[tuple[int, float]], calls: int
) -> None:
    latency = learned(*batches)

    less, more = latency.of(calls), latency.of(calls + 1)

    assert less is not None and more is not None
    assert 0 <= less <= more + 1e-9


@given(st.floats(0.0, 5.0), st.floats(0.01, 5.0), st.lists(st.integers(1, 16), min_size=2, max_size=50, unique=True))
def test_a_true_line_is_found(once: float, each: float, sizes: list[int]) -> None:
    latency = learned(*((size, once + each * size) for size in sizes))

    assert latency.of(20) == pytest.approx(once + each * 20, rel=1e-4, abs=1e-4)
