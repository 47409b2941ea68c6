"""What a reading's confidence says: curves by kind of text, and nothing where nobody measured."""

import json
from pathlib import Path

import pytest

from rung.models.calibration import OPTION, Calibration, Curve, kind_of
from rung.models.catalog.read import LADDER
from rung.runtime.errors import LoadFailed
from rung.runtime.tasks import Reading

HALVED = Calibration({"latin": Curve(1.0, -1.0986), "figures": Curve(1.0, 0.0)})
"""Even odds become one to three."""


def said(*readings: tuple[str, float | None]) -> list[Reading]:
    return [Reading(text=text, confidence=sure) for text, sure in readings]


def test_a_confidence_is_what_the_curve_of_its_kind_makes_of_the_engine_s_own() -> None:
    words, figures = (HALVED.told(said(("SCALE", 0.5)), "text"), HALVED.told(said(("25", 0.5)), "dimension"))

    assert words[0].confidence == pytest.approx(0.25, abs=1e-3)
    assert figures[0].confidence == pytest.approx(0.5)


def test_other_readings_share_what_the_first_leaves() -> None:
    told = HALVED.told(said(("25", 0.7), ("26", 0.6), ("28", 0.6)), "dimension")

    assert [one.confidence for one in told] == pytest.approx([0.7, 0.3, 0.0])


def test_a_kind_that_nobody_measured_has_no_confidence_and_neither_has_an_engine_without_curves() -> None:
    assert HALVED.told(said(("축", 0.99)), "text")[0].confidence is None
    assert Calibration.of("", "own").told(said(("25", 0.99)), "dimension")[0].confidence is None
    assert HALVED.told(said(("25", None)), "dimension")[0].confidence is None


def test_readings_are_judged_by_what_they_say() -> None:
    assert [kind_of(one, "dimension") for one in ("25±0.1", "⌀25", "R5", "45°")] == ["figures", *["signed"] * 3]
    assert [kind_of(one, "text") for one in ("SCALE 1:2", "축 25", "口水")] == ["latin", "hangul", "chinese"]
    assert kind_of("0.1", "frame") == "frame"


def test_a_file_that_is_none_is_named_with_the_remedy(tmp_path: Path) -> None:
    broken = tmp_path / "own.json"
    broken.write_text(json.dumps({"curves": {"latin": [1.0]}}))
    for name in ("no-such", str(broken)):
        with pytest.raises(LoadFailed, match="leave it out, and readings come without a confidence"):
            Calibration.of(name, "own")


def test_a_file_of_the_user_s_own_is_taken_by_its_path(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"curves": {"latin": [1.0, 0.0]}}))
    assert Calibration.of(str(own), "own").curves == {"latin": Curve(1.0, 0.0)}


@pytest.mark.parametrize("name", sorted({str(one.options[OPTION]) for one in LADDER if OPTION in one.options}))
def test_what_comes_with_the_package_was_measured_and_holds_on_sheets_that_it_was_not_fitted_on(name: str) -> None:
    shipped = Calibration.of(name, name)
    record = json.loads((Path(__file__).parents[2] / f"src/rung/models/trained/confidence/{name}.json").read_text())

    assert {"figures", "signed", "latin"} <= set(shipped.curves)
    assert all(curve.slope >= 0 for curve in shipped.curves.values())
    assert record["all"]["readings"] >= 1000 and "validation" in record["measured"]
    assert record["all"]["error_on_the_other_half"] < min(0.05, record["all"]["error_before"])
