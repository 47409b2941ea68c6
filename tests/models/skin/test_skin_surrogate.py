"""The trees answer as XGBoost does, inside their range as the simulation does, and outside it not at all."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_call import FakeCall

from rung.models.skin.simulation import quantiles, zones_of
from rung.models.skin.surrogate import CARD, FOLDER, outside, read_card
from rung.models.skin.trees import read_forest
from rung.models.skin_surrogate import SkinSurrogate
from rung.runtime.errors import LoadFailed, OutsideRange
from rung.runtime.model import Error, Result
from rung.runtime.tasks import ToleranceInput, ToleranceOutput

PLATE = ToleranceInput(surface="plane", length_mm=80.0, width_mm=50.0, sigma_mm=0.01, correlation_mm=20.0, samples=1500)
SHAFT = ToleranceInput(surface="cylinder", length_mm=80.0, diameter_mm=30.0, sigma_mm=0.01, correlation_mm=20.0,
                       samples=500)  # fmt: skip
RANGE = read_card(FOLDER).range


@pytest.mark.parametrize("surface", ["plane", "cylinder"])
def test_the_loop_says_what_the_library_said_when_the_trees_were_trained(surface: str) -> None:
    proof = json.loads((FOLDER / CARD).read_text("utf-8"))["proof"][surface]

    told = read_forest(FOLDER / f"{surface}.json")(np.array([row for row, _ in proof]))

    assert told == pytest.approx(np.array([answers for _, answers in proof]), abs=2e-6)


@pytest.mark.parametrize("surface", ["plane", "cylinder"])
def test_the_loop_says_what_the_library_says_of_a_thousand_rows(surface: str) -> None:
    xgboost = pytest.importorskip("xgboost", reason="rung[trees] brings it")
    rows = np.random.default_rng(1).uniform(-1.5, 4, (1000, 2)).astype(np.float32)
    booster = xgboost.Booster(model_file=FOLDER / f"{surface}.json")

    told = read_forest(FOLDER / f"{surface}.json")(rows.astype(np.float64))

    assert told == pytest.approx(booster.predict(xgboost.DMatrix(rows)), abs=2e-6)


@pytest.mark.parametrize("asked", [PLATE, SHAFT])
def test_inside_its_range_it_says_what_a_new_simulation_says(asked: ToleranceInput) -> None:
    (outcome,) = answered(asked)
    truth = {name: quantiles(widths) for name, widths in zones_of(asked, 99).items()}

    assert isinstance(outcome, Result) and outcome.output.how == "surrogate" and outcome.output.error < 0.05
    for name, true in truth.items():
        told = outcome.output.zones[name]
        assert (told.p50, told.p95) == pytest.approx((true.p50, true.p95), rel=0.05), name


def test_its_quantiles_are_in_order_wherever_it_answers() -> None:
    sides = np.exp(np.random.default_rng(8).uniform(np.log(1), np.log(20), (100, 2))) * 20

    zones = [zone for a, b in sides for zone in output(replace(PLATE, length_mm=a, width_mm=b)).zones.values()]

    assert all(0 < zone.p50 <= zone.p90 <= zone.p95 <= zone.p99 for zone in zones)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (replace(PLATE, length_mm=900.0), "length / correlation is 45, and the surrogate was trained from 1 to 20"),
        (replace(PLATE, width_mm=5.0), "width / correlation is 0.25"),
        (replace(SHAFT, diameter_mm=500.0), "diameter / correlation is 25"),
        (replace(PLATE, shrinkage=0.1), "length / correlation is 0.4"),
        (replace(PLATE, sigma_mm=1.0), "sigma / correlation is 0.05, and the surrogate was trained up to 0.01"),
        (replace(SHAFT, sigma_mm=0.19, diameter_mm=20.0), "sigma / radius is 0.019"),
    ],
)
def test_outside_its_range_it_refuses_with_the_numbers(asked: ToleranceInput, said: str) -> None:
    (outcome,) = answered(asked)

    assert isinstance(outcome, Error) and isinstance(outcome.error, OutsideRange) and said in outcome.error.message
    assert outside(asked, RANGE).startswith(said.partition(",")[0])


def test_the_record_s_error_is_under_five_percent_for_every_zone() -> None:
    error = json.loads((FOLDER / CARD).read_text("utf-8"))["error"]

    assert error["median_relative"] < 0.05 and read_card(FOLDER).error == error["median_relative"]
    assert all(off < 0.05 for zone in error["by_characteristic"].values() for off in zone.values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", "no XGBoost model in JSON"),
        ('{"learner": {}}', "KeyError"),
        ('{"learner": {"objective": {"name": "binary:logistic"}}}', "its objective is binary:logistic"),
    ],
)
def test_a_file_that_is_no_such_model_is_refused_by_its_name(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "plane.json"
    path.write_text(text)

    with pytest.raises(LoadFailed, match=said):
        read_forest(path)


def test_without_its_card_nothing_is_answered(tmp_path: Path) -> None:
    with pytest.raises(LoadFailed, match=r"card record\.json cannot be used"):
        read_card(tmp_path)


def test_the_boosters_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 5_000_000


def answered(*asked: ToleranceInput) -> list[Any]:
    model = SkinSurrogate()
    model.load(None)  # type: ignore[arg-type]
    return [outcome for _, outcome in model.run([FakeCall(one) for one in asked])]  # type: ignore[misc]


def output(asked: ToleranceInput) -> ToleranceOutput:
    (outcome,) = answered(asked)
    assert isinstance(outcome, Result), outcome
    told: ToleranceOutput = outcome.output
    return told
