from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rung.runtime.engine.watch import EVERY_S, GROW_S, SILENCE_S, Watch
from rung.runtime.spec import GiB, MiB

ALL = 8 * GiB


def watch(told: int = ALL) -> Watch:
    """One that was read a moment ago."""
    made = Watch(told=told, most=ALL)
    made.see(told, 0.0)
    return made


def said(watching: Watch, *readings: int, start: float = 1.0, every: float = EVERY_S) -> list[int | None]:
    return [watching.see(share, start + at * every) for at, share in enumerate(readings)]


def test_memory_that_others_take_counts_when_two_readings_say_so() -> None:
    assert said(watch(), 4 * GiB, 3 * GiB) == [None, 4 * GiB]


def test_one_low_reading_is_a_wobble() -> None:
    assert said(watch(), 4 * GiB, ALL, 4 * GiB, ALL) == [None] * 4


def test_small_differences_are_not_told() -> None:
    assert said(watch(), *[ALL - 60 * MiB] * 5) == [None] * 5


def test_memory_that_others_give_back_is_used_when_it_has_stood_for_seconds() -> None:
    watching = watch(told=2 * GiB)

    assert said(watching, ALL, 6 * GiB, ALL, ALL) == [None, None, None, 6 * GiB]
    assert watching.told == 6 * GiB


def test_what_comes_and_goes_is_not_counted_on() -> None:
    assert said(watch(told=2 * GiB), *[ALL, 2 * GiB] * 5) == [None] * 10


def test_after_a_silence_the_first_reading_counts() -> None:
    assert watch(told=2 * GiB).see(ALL, SILENCE_S + 1) == ALL


def test_more_than_we_may_have_is_never_told() -> None:
    assert watch(told=2 * GiB).see(2 * ALL, SILENCE_S + 1) == ALL


def test_a_refused_claim_counts_at_once() -> None:
    watching = watch()

    assert watching.deny(GiB, 0.5) == GiB
    assert watching.narrowed
    assert not watching.due(0.5 + EVERY_S / 2)


@given(st.lists(st.integers(0, 2 * ALL), max_size=30))
def test_what_is_told_is_within_what_was_seen_and_what_there_may_be(readings: list[int]) -> None:
    watching = watch()
    for at, share in enumerate(readings):
        told = watching.see(share, 1.0 + at * GROW_S / 2)
        assert told is None or 0 <= told <= min(ALL, max(readings[: at + 1]))
        assert told is None or told == watching.told


def test_while_somebody_waits_the_first_reading_of_more_counts_however_little_it_is() -> None:
    watching = watch(told=4 * GiB)

    assert watching.see(4 * GiB + MiB, 1.0) is None
    assert watching.see(4 * GiB + MiB, 2.0, eager=True) == 4 * GiB + MiB
    assert watching.see(4 * GiB + MiB, 3.0, eager=True) is None, "it is told already"
    assert watching.see(4 * GiB, 4.0, eager=True) is None, "and a little less is not told"
