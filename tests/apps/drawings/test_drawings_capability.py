"""Process capability by its figures: what each share of the spread is, and what follows for a tolerance."""

from dataclasses import replace

import pytest

from rung.apps.drawings.tolerances.capability import (
    Wanted,
    advice,
    capability,
    interference,
    needed_width,
    sag,
    spread_of,
    spring_back,
)
from rung.apps.drawings.tolerances.processes import material_named, process_named, processes
from rung.runtime.errors import InvalidInput

STEEL, MACHINING = material_named("steel"), process_named("machining")


def test_the_spread_is_a_sixth_of_the_grade_warmth_and_spring() -> None:
    spread = spread_of(100.0, MACHINING, STEEL)

    assert spread is not None and spread.process == pytest.approx(0.054 / 6)  # IT8 at 100 mm is 54 um
    assert spread.warmth == pytest.approx(11.7e-6 * 2 * 100)
    assert spread.spring == pytest.approx((1 - 0.29) * 2 / 206_000 * 100)
    assert spread.whole == pytest.approx(sum(one**2 for one in (0.009, 0.00234, 0.000689)) ** 0.5, rel=1e-3)


def test_a_tolerance_of_eight_standard_deviations_has_a_cp_of_four_thirds_and_drift_takes_from_it() -> None:
    sd = capability(Wanted(100.0, 1.0, -1.0), MACHINING, STEEL).sd  # type: ignore[union-attr]

    found = capability(Wanted(100.0, 4 * sd, -4 * sd), MACHINING, STEEL)

    assert found is not None and found.cp == pytest.approx(4 / 3)
    assert found.cpk == pytest.approx(3.5 / 3) and found.difficulty == "medium"
    assert found.outside == pytest.approx(2.326e-4 + 3.4e-6, rel=1e-2)  # beyond 3.5 and 4.5 deviations
    assert needed_width(found) == pytest.approx(9 * sd)


def test_measured_parts_are_believed_before_the_process_s_figures() -> None:
    found = capability(Wanted(25.0, 0.02, 0.0, mean=25.012, sd=0.002), MACHINING, STEEL)

    assert found is not None and found.spread is None
    assert (found.cp, found.cpk) == pytest.approx((0.01 / 0.006, 0.008 / 0.006))
    assert found.difficulty == "easy" and advice(Wanted(25.0, 0.02, 0.0), found, MACHINING, ()) == ""


def test_advice_names_the_numbers_the_width_that_would_do_and_who_could() -> None:
    wanted, casting = Wanted(50.0, 0.1, -0.1), process_named("casting")
    found, machined = (capability(wanted, one, STEEL) for one in (casting, MACHINING))
    assert found is not None and machined is not None

    sentence = advice(wanted, found, casting, [(MACHINING, machined)])

    assert "50 mm with a tolerance of 0.2 mm: casting spreads it by 6 sd = 0.62" in sentence
    assert f"open the tolerance to {needed_width(found):.3g} mm" in sentence
    assert "machine that face after casting" in sentence
    assert f"take machining (Cpk {machined.cpk:.2f})" in sentence


def test_a_mean_beside_the_middle_is_to_be_brought_back_and_no_finer_process_is_advised() -> None:
    wanted = Wanted(80.0, 0.1, -0.1, mean=80.09, sd=0.01)
    found = capability(wanted, MACHINING, STEEL)
    assert found is not None

    sentence = advice(wanted, found, MACHINING, ())

    assert "bring the mean back by 0.09 mm" in sentence and MACHINING.finer not in sentence


def test_a_softer_material_springs_back_further_and_a_heavier_one_sags_further() -> None:
    plastic = material_named("PLA")

    assert spring_back(100.0, MACHINING, plastic) > 50 * spring_back(100.0, MACHINING, STEEL)  # type: ignore[operator]
    heavy = replace(STEEL, density=2 * 7850.0)
    assert sag(500.0, 20.0, False, heavy) == pytest.approx(2 * sag(500.0, 20.0, False, STEEL))  # type: ignore[operator]


def test_a_steel_bar_sags_as_the_formula_of_a_beam_on_two_supports_says() -> None:
    weight = 7850e-9 * 9.81 * 3.14159265 / 4 * 20**2  # N/mm
    inertia = 3.14159265 / 64 * 20**4

    assert sag(1000.0, 20.0, True, STEEL) == pytest.approx(5 * weight * 1000**4 / (384 * 206_000 * inertia))


def test_a_fit_with_clearance_rarely_jams_and_one_with_interference_mostly_does() -> None:
    hole, loose, tight = Wanted(25.0, 0.021, 0.0), Wanted(25.0, -0.04, -0.061), Wanted(25.0, 0.048, 0.035)

    def both(one: Wanted) -> tuple[Wanted, object]:
        return one, capability(one, MACHINING, STEEL)

    mean, sd, risk = interference(both(hole), both(loose))  # type: ignore[arg-type]
    assert mean == pytest.approx(0.061) and sd > 0 and risk < 1e-9
    assert interference(both(hole), both(tight))[2] > 0.99  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "name"),
    [("S45C-N", "steel"), ("STS304", "stainless steel"), ("SUS 316", "stainless steel"), ("AL6061", "aluminium"),
     ("A5052P", "aluminium"), ("GC 250", "cast iron"), ("Ti6Al4V", "titanium"), ("SCM435", "steel"), ("황동", "brass"),
     ("SPHC", "steel"), ("alloy steel", "steel"), ("AL", "aluminium"),
     ("BC6", "bronze"), ("SKD11", "steel"), ("SUS3O4", "stainless steel"), ("stainless steel", "stainless steel")],
)  # fmt: skip
def test_what_drawings_call_a_material_finds_it(given: str, name: str) -> None:
    assert material_named(given).name == name


@pytest.mark.parametrize("name", ["unobtainium", "NBR", "babbitt", "tin", "alloy", ""])
def test_an_unknown_material_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"'{name}' is not known here; there are steel, stainless steel"):
        material_named(name)


def test_a_finer_process_is_never_less_capable() -> None:
    ranked = sorted(processes(), key=lambda one: one.grade)
    widths = [spread_of(80.0, one, STEEL) for one in ranked]

    assert [one.process for one in widths if one] == sorted(one.process for one in widths if one)
    assert [one.name for one in ranked] == ["machining", "sheet_metal", "3d_printing", "casting", "welding"]
