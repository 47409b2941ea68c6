"""What bench/furniture.py says of the ladder: a rung that is no better than the class prior must not pass for one."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    import furniture

    return furniture


RIGHT: list[Any] = [{"class": "sofa", "box_volume_m3": 1.0}, {"class": "desk", "box_volume_m3": 2.0}]


def measured(bench: ModuleType, *volumes: float) -> Any:
    from rung.lab.sizes import Pair

    found = [{"box_volume_m3": {"value": v, "low": 0.9 * v, "high": 1.1 * v}} for v in volumes]
    return bench.Sizes(pairs=[Pair(one, right) for one, right in zip(found, RIGHT, strict=True)])


def test_a_rung_above_the_prior_that_measures_no_better_is_counted(bench: ModuleType) -> None:
    prior, good, bad = measured(bench, 1.5, 3.0), measured(bench, 1.1, 2.2), measured(bench, 1.5, 3.0)

    assert bench.order(["good", "class-prior"], {"good": good, "class-prior": prior}).holds
    assert not bench.order(["bad", "class-prior"], {"bad": bad, "class-prior": prior}).holds
    assert bench.order(["class-prior", "bad"], {"bad": bad, "class-prior": prior}).holds  # it stands below


def test_a_rung_that_failed_everywhere_is_no_better_than_the_prior(bench: ModuleType) -> None:
    prior = measured(bench, 1.5, 3.0)

    assert not bench.order(["broken", "class-prior"], {"broken": bench.Sizes(), "class-prior": prior}).holds


def test_the_share_in_the_interval_and_the_score_are_of_the_volume(bench: ModuleType) -> None:
    found = measured(bench, 1.05, 4.0)

    assert found.covered == 0.5
    assert found.score == pytest.approx((0.21 + 0.4 + 20 * 0.8) / 2)


def test_sides_are_held_against_the_truth_longer_and_shorter_whichever_is_called_width(bench: ModuleType) -> None:
    from rung.lab.sizes import Pair

    def side(value: float) -> dict[str, float]:
        return {"value": value, "low": 0.9 * value, "high": 1.1 * value}

    turned = {"width_mm": side(500), "depth_mm": side(1000), "height_mm": side(700)}
    found = bench.Sizes(pairs=[Pair(turned, {"width_mm": 1050, "depth_mm": 490, "height_mm": 900})])

    assert [known for _, known in found.sides] == [1050, 490, 900]
    assert [bench.covers(measure, known) for measure, known in found.sides] == [1.0, 1.0, 0.0]
    assert bench.Sizes(pairs=[Pair({"width_mm": None}, turned)]).sides == []


def test_pieces_that_are_cut_off_or_hidden_are_not_measured(bench: ModuleType) -> None:
    assert bench.whole({"class": "sofa"})
    assert not bench.whole({"class": "sofa", "visible": 0.5, "inside": 1.0})
    assert not bench.whole({"class": "sofa", "visible": 1.0, "inside": 0.8})


def test_few_pieces_leave_the_median_in_doubt_and_many_that_agree_do_not(bench: ModuleType) -> None:
    low, high = measured(bench, 1.1, 4.0).doubt()
    assert low == pytest.approx(0.1) and high == pytest.approx(1.0)

    sure = measured(bench, 1.2, 2.4)
    sure.pairs *= 20
    assert sure.doubt() == (pytest.approx(0.2), pytest.approx(0.2))
