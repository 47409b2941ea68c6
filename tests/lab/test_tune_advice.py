"""What is recommended, what is said against the others, and what is shown as it is."""

import pytest

from rung.lab.advice import ablation, front, recommend, turns
from rung.lab.grid import Vary, all_settings
from rung.lab.study import Sample, rows

STEPS = Vary("steps", (25, 20, 15, 12))


def study(errors: dict[int, list[float]], seconds: dict[int, float]) -> list[Sample]:
    """One case per entry of the lists; steps -> errors, steps -> seconds."""
    return [
        Sample(setting=STEPS.values.index(steps), case=str(n), error=error, seconds=seconds[steps])
        for steps, of in errors.items()
        for n, error in enumerate(of)
    ]


CLAIMED = {25: [0.0] * 6, 20: [0.055, 0.054, 0.056] * 2, 15: [0.013, 0.014, 0.012] * 2, 12: [0.11, 0.112, 0.108] * 2}
TIMES = {25: 1.84, 20: 1.5, 15: 1.25, 12: 1.11}


def test_the_fastest_within_the_limit_is_taken_and_the_faster_one_is_refused_with_its_numbers() -> None:
    found = rows(all_settings([STEPS]), study(CLAIMED, TIMES))

    advice = recommend(found, within=0.02)

    assert advice.chosen == 2
    assert advice.reasons[0].startswith("steps=15: 1.47x as fast as steps=25, the error 0.013")
    assert any(one.startswith("steps=12: 1.66x as fast, but the error 0.11") for one in advice.reasons)


def test_what_is_not_monotone_is_said_with_every_value() -> None:
    found = rows(all_settings([STEPS]), study(CLAIMED, TIMES))

    (sentence,) = turns(found, [STEPS])

    assert "does not go one way" in sentence
    assert "12: +0.11, 15: +0.013, 20: +0.055, 25: +0" in sentence


def test_errors_that_rise_one_way_are_no_turn_nor_is_what_lies_within_the_standard_error() -> None:
    rising = {25: [0.0] * 4, 20: [0.01] * 4, 15: [0.02] * 4, 12: [0.04] * 4}
    noisy = {25: [0.0] * 4, 20: [0.06, 0.0, 0.05, 0.01], 15: [0.05, 0.0, 0.04, 0.01], 12: [0.2] * 4}

    assert turns(rows(all_settings([STEPS]), study(rising, TIMES)), [STEPS]) == ()
    assert turns(rows(all_settings([STEPS]), study(noisy, TIMES)), [STEPS]) == ()


def test_a_difference_that_the_cases_cannot_tell_from_more_is_not_taken() -> None:
    noisy = {25: [0.1] * 4, 20: [0.0, 0.2, 0.0, 0.24], 15: [0.5] * 4, 12: [0.5] * 4}
    found = rows(all_settings([STEPS]), study(noisy, TIMES))

    advice = recommend(found, within=0.02)

    assert advice.chosen == 0
    assert any("4 runs do not rule out more" in one for one in advice.reasons)


def test_a_setting_that_failed_once_is_never_recommended() -> None:
    samples = [*study({25: [0.1, 0.1], 20: [0.1]}, TIMES), Sample(setting=1, case="1", failure="out of memory")]
    found = rows(all_settings([Vary("steps", (25, 20))]), samples)

    advice = recommend(found)

    assert advice.chosen == 0
    assert any("failed in 1 of 2 runs: out of memory" in one for one in advice.reasons)


def test_a_speed_up_is_of_the_same_runs_so_one_slow_case_moves_nothing() -> None:
    slow = {"0": 1.0, "1": 1.0, "2": 30.0}
    samples = [Sample(setting=s, case=c, error=0.0, seconds=t / (1 + s)) for s in (0, 1) for c, t in slow.items()]

    found = rows(all_settings([Vary("steps", (2, 1))]), samples)

    assert found[1].speed_up == pytest.approx(2.0)


def test_a_better_error_at_no_less_time_is_pointed_out() -> None:
    samples = study({25: [0.3] * 4, 20: [0.1] * 4}, {25: 1.0, 20: 2.0})

    reasons = recommend(rows(all_settings([Vary("steps", (25, 20))]), samples)).reasons

    assert any("no faster, but the error 0.2" in one and "2.00x the time" in one for one in reasons)


def test_where_nothing_is_faster_one_that_is_as_fast_and_surely_nearer_is_taken() -> None:
    errors = {25: [0.3, 0.4, 0.5], 20: [0.2, 0.3, 0.39], 15: [0.1, 0.4, 0.6]}
    samples = study(errors, {25: 1.0, 20: 1.02, 15: 1.0})

    advice = recommend(rows(all_settings([Vary("steps", (25, 20, 15))]), samples))

    assert advice.chosen == 1
    assert advice.reasons[0].startswith("steps=20: 0.98x as fast as steps=25, the error 0.103")


def test_one_that_is_nearer_only_on_average_is_not_taken() -> None:
    samples = study({25: [0.3, 0.4, 0.5], 20: [0.1, 0.4, 0.6]}, {25: 1.0, 20: 1.0})

    assert recommend(rows(all_settings([Vary("steps", (25, 20))]), samples)).chosen == 0


def test_a_setting_that_changes_nothing_at_all_is_asked_about() -> None:
    samples = study({25: [0.1, 0.3, 0.2], 20: [0.1, 0.3, 0.2]}, {25: 1.0, 20: 1.0})

    reasons = recommend(rows(all_settings([Vary("steps", (25, 20))]), samples)).reasons

    assert any("to the last digit in all 3 runs" in one for one in reasons)


def test_without_a_baseline_nothing_is_recommended() -> None:
    failed = [Sample(setting=0, case="0", failure="gated"), Sample(setting=1, case="0", error=0.0, seconds=1.0)]

    assert recommend(rows(all_settings([Vary("steps", (2, 1))]), failed)).chosen is None


def test_the_front_holds_what_nothing_else_beats_in_both() -> None:
    found = rows(all_settings([STEPS]), study(CLAIMED, TIMES))

    assert front(found) == {0, 2, 3}  # 20 steps are slower and further off than 15


A, B = Vary("cache", (False, True)), Vary("half", (False, True))


def ablated(seconds: list[float]) -> str:
    samples = [Sample(setting=at, case="0", error=0.01 * at, seconds=s) for at, s in enumerate(seconds)]
    return ablation(rows(all_settings([A, B]), samples), [A, B]).sentence


def test_gains_that_add_up_and_gains_that_overlap_are_told_apart() -> None:
    assert ablated([10.0, 7.0, 8.0, 5.0]).endswith("the gains add up.")  # 2 and 3 alone, 5 together
    assert "overlap" in ablated([10.0, 6.0, 6.0, 5.0])
    assert "help each other" in ablated([10.0, 9.0, 9.0, 5.0])


def test_an_ablation_shows_each_change_alone_and_removed() -> None:
    samples = [Sample(setting=at, case="0", error=0.0, seconds=s) for at, s in enumerate([10.0, 6.0, 7.0, 5.0])]

    cache, half = ablation(rows(all_settings([A, B]), samples), [A, B]).gains

    assert (cache.name, cache.alone_s, cache.removed_s) == ("cache=true", 3.0, 1.0)
    assert (half.name, half.alone_s, half.removed_s) == ("half=true", 4.0, 2.0)
