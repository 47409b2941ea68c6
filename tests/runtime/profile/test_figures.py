"""The rules by which samples become figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_makers import MP, call, record

from rung.runtime.profile import figures
from rung.runtime.profile.record import KEEP
from rung.runtime.spec import LARGEST_PIXELS, MiB

LINE = [call(mp, 50 + 10 * mp) for mp in (0.25, 1, 12)]


def test_a_line_is_found_again():
    found = figures(record(*LINE)).footprint

    assert (found.resident, found.source) == (100 * MiB, "measured")
    assert found.working_at(0) / MiB == pytest.approx(50, abs=0.1)
    assert found.working_at(12 * MP) / MiB == pytest.approx(170, abs=0.1)


@given(st.lists(st.tuples(st.floats(0.1, 20), st.floats(0, 3000)), min_size=3, max_size=3 * KEEP))
def test_no_sample_that_counts_lies_above_the_line(points):
    calls = [call(0.1, 1), call(20, 1), *(call(mp, mib) for mp, mib in points)]
    found = figures(record(*calls)).footprint

    by_class = {}
    for one in calls:
        by_class.setdefault(one.size_class, []).append(one)
    for of in by_class.values():
        counted = sorted(of, key=lambda one: one.working)[: -1 if len(of) >= 4 else None]
        assert all(one.working <= found.working_at(one.pixels) + 1 for one in counted)
    assert found.working >= 0 and found.working_per_pixel >= 0


@pytest.mark.parametrize("odd", [0, 40, 5000])
def test_one_odd_sample_does_not_move_a_footprint(odd):
    usual = [call(mp, 50 + 10 * mp) for mp in (0.25, 1, 12) for _ in range(4)]

    found = figures(record(*usual, call(12, odd), loaded=(100, 100, 100, 100, odd), rested=())).footprint

    assert found.peak(12 * MP) / MiB == pytest.approx(270, abs=1)


def test_two_samples_that_agree_do():
    usual = [call(mp, 50 + 10 * mp) for mp in (0.25, 1, 12) for _ in range(4)]

    found = figures(record(*usual, call(12, 400), call(12, 400))).footprint

    assert found.working_at(12 * MP) >= 400 * MiB


def test_of_a_few_samples_the_largest_counts():
    assert figures(record(*LINE, loaded=(100, 300, 100))).footprint.resident == 300 * MiB


def test_what_it_holds_between_calls_is_resident_and_the_peak_stays_the_same():
    before, after = (figures(record(*LINE, rested=rested)).footprint for rested in ((), (140 * MiB,)))

    assert (before.resident, after.resident) == (100 * MiB, 140 * MiB)
    assert after.working_at(0) / MiB == pytest.approx(10, abs=0.1)
    assert after.peak(12 * MP) == pytest.approx(before.peak(12 * MP), abs=2)


def test_holding_more_between_calls_than_a_small_call_takes_is_no_debt():
    found = figures(record(*LINE, rested=(500 * MiB,))).footprint

    assert (found.resident, found.working) == (500 * MiB, 0)


def test_an_old_maximum_is_forgotten_when_enough_newer_samples_have_come():
    high = record(*[call(mp, 900) for mp in (0.25, 12) for _ in range(2)], loaded=(900, 900))
    after = high
    for _ in range(KEEP - 2):
        after = after.plus(record(*LINE))
        assert figures(after).footprint.peak(12 * MP) > 270 * MiB * 1.1
    for _ in range(2):
        after = after.plus(record(*LINE))

    assert figures(after).footprint.peak(12 * MP) / MiB == pytest.approx(270, rel=0.02)


@pytest.mark.parametrize(
    ("calls", "why"),
    [
        ([call(0.25, 50), call(12, 60)], "two calls are not enough"),
        ([call(12, 50)] * 5, "nobody knows how it grows"),
        ([call(8, 50), call(10, 60), call(12, 70)], "from nearly one size a line cannot be told"),
        ([call(0.25, 50), call(1, 60), call(4, 70)], "4 megapixels would be stretched more than fivefold"),
        ([call(0.25, None), call(1, None), call(12, None)], "nobody could tell what they took"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_footprint_is_not_claimed_from_too_little(calls, why):
    assert figures(record(*calls)).footprint is None


def test_nor_without_a_load():
    assert figures(record(*LINE, loaded=())).footprint is None


def test_a_task_without_pictures_is_known_after_three_calls():
    assert figures(record(call(0, 5), call(0, 6))).footprint is None

    found = figures(record(call(0, 5), call(0, 6), call(0, 7))).footprint
    assert (found.working, found.working_per_pixel) == (7 * MiB, 0.0)
    assert found.peak(LARGEST_PIXELS) == 107 * MiB


def test_times_are_medians_that_one_busy_moment_does_not_move():
    calls = [call(mp, 0, run_s=0.5 + 0.1 * mp) for mp in (0.25, 1, 12) for _ in range(3)]

    found = figures(record(*calls, call(1, 0, run_s=60.0), load_s=(1.0, 1.2, 90.0)))

    assert found.load_s == 1.2
    assert found.latency.of(MP) == pytest.approx(0.6, rel=0.02)
    assert found.latency.of(12 * MP) == pytest.approx(1.7, rel=0.02)


def test_small_pictures_are_not_drowned_by_large_ones():
    calls = [call(mp, 0, run_s=s) for mp, s in ((0.25, 0.20), (1, 0.21), (12, 3.0)) for _ in range(3)]

    found = figures(record(*calls)).latency

    assert found.of(0.25 * MP) == pytest.approx(0.20, rel=0.35)


def test_a_latency_never_falls_with_size_nor_below_nothing():
    falling = figures(record(call(0.25, 0, 1.0), call(1, 0, 0.9), call(12, 0, 0.5))).latency
    steep = figures(record(call(1, 0, 0.1), call(4, 0, 1.0), call(12, 0, 4.0))).latency

    assert (falling.fixed, falling.per_pixel) == (0.9, 0.0)
    assert steep.fixed == 0.0 and steep.per_pixel > 0


@pytest.mark.parametrize("calls", [[], [call(1)], [call(1), call(1)]])
def test_two_calls_are_no_latency(calls):
    assert figures(record(*calls)).latency is None


def test_what_a_batch_adds_for_each_further_call_is_the_slope_over_its_size():
    batches = ((1, 0.30), (2, 0.41), (4, 0.58), (4, 9.0), (4, 0.60), (8, 1.0))

    assert figures(record(*LINE, batches=batches)).latency.per_call == pytest.approx(0.1, rel=0.1)
    assert figures(record(*LINE, batches=((4, 0.6),))).latency.per_call is None


def test_a_thousand_small_pictures_do_not_push_out_the_large_one():
    known = record(call(12, 500), call(12, 500))
    for _ in range(100):
        known = known.plus(record(*[call(0.25, 10)] * 10))

    assert len(known.calls) == 2 + KEEP
    assert figures(known).footprint.working_at(12 * MP) >= 500 * MiB
