"""What is learned of how often a variant is asked for."""

from __future__ import annotations

import math

import pytest

from rung.runtime.scheduling.demand import Demand


def asked(*times: float) -> Demand:
    demand = Demand(memory_s=100.0)
    for now in times:
        demand.arrive(now)
    return demand


def test_nobody_ever_asked() -> None:
    assert Demand().rate(5.0) == 0.0


def test_a_steady_rate_is_found() -> None:
    demand = asked(*range(0, 1000, 2))

    assert demand.rate(1000.0) == pytest.approx(0.5, rel=0.02)


def test_it_is_forgotten_exponentially() -> None:
    demand = asked(*range(0, 1000, 2))

    assert demand.rate(1100.0) == pytest.approx(demand.rate(1000.0) / math.e)
    assert demand.rate(2000.0) == pytest.approx(0.0, abs=1e-4)


def test_of_two_that_were_asked_for_as_often_the_later_one_counts_more() -> None:
    assert asked(1, 2, 3).rate(100) < asked(51, 52, 53).rate(100)
