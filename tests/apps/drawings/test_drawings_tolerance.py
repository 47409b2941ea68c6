"""The operation `tolerance`, with the real simulation: nothing is made up, and no property is accepted and ignored."""

import time
from typing import Any

import pytest
from fake_tolerance import Simulated
from pydantic import ValidationError

from rung.apps.drawings.tolerances.pipeline import tolerance
from rung.apps.drawings.tolerances.schema import DimensionIn, ToleranceReply, ToleranceRequest
from rung.runtime.caller import Ask
from rung.runtime.errors import InvalidInput, ModelFailed
from rung.runtime.job import Job
from rung.runtime.spec import Answer

BORE = {"id": "bore", "type": "diameter", "nominal": 25, "fit": "H7"}
LONG, WIDE = {"id": "L", "nominal": 80, "upper": 0.1, "lower": -0.1}, {"id": "W", "nominal": 40}
PROPERTIES = {"youngs_modulus_gpa": 206, "poisson_ratio": 0.29}


async def answered(caller: Simulated | None = None, **more: Any) -> ToleranceReply:
    given = {"material": "steel", "manufacturing_process": "machining", "samples": 60, **more}
    job = Job(id="t", caller=caller or Simulated(), deadline=time.monotonic() + 60)
    return await tolerance(job, ToleranceRequest.model_validate(given))


async def test_surfaces_come_from_the_dimensions_and_say_from_which() -> None:
    reply = await answered(dimensions=[BORE, WIDE, LONG, {"id": "t", "nominal": 12}])

    plane, cylinder = reply.surfaces
    assert (plane.length, plane.width, plane.taken_from) == (80, 40, ["L", "W"])
    assert (cylinder.diameter, cylinder.length, cylinder.taken_from) == (25, 80, ["bore", "L"])
    assert set(reply.predicted_tolerances) == {"flatness", "cylindricity", "perpendicularity", "position"}
    assert plane.how == "simulation" and 0 < plane.zones["flatness"].p50 < plane.zones["flatness"].p99


async def test_a_cylinder_without_any_length_is_not_made_up() -> None:
    reply = await answered(dimensions=[BORE])

    assert reply.surfaces == [] and reply.predicted_tolerances == {}
    assert [(one.id, one.reason) for one in reply.not_judged] == [
        ("bore", "no length is known that its cylinder could have")
    ]


async def test_fits_are_looked_up_by_size_and_what_has_no_limits_is_not_judged() -> None:
    reply = await answered(dimensions=[BORE, LONG, WIDE, {"id": "odd", "nominal": 9, "fit": "Q7"}])

    bore, length = reply.capability
    assert (bore.upper, bore.lower, bore.limits) == (0.021, 0, "fit") and length.limits == "given"
    assert bore.difficulty == "hard" and length.difficulty == "easy" and reply.manufacturability.difficulty == "hard"
    assert [one.id for one in reply.not_judged] == ["W", "odd"]
    assert reply.manufacturability.score == pytest.approx((1 - bore.share_outside) * (1 - length.share_outside))
    assert reply.manufacturability.recommendations[0].startswith("bore: 25 mm with a tolerance of 0.021 mm: machining")


async def test_each_property_of_a_material_changes_what_is_answered() -> None:
    stiff, soft, warm = [
        (await answered(dimensions=[LONG, WIDE], material={**PROPERTIES, **more})).capability[0]
        for more in ({}, {"youngs_modulus_gpa": 2.5}, {"expansion_um_m_k": 90})
    ]

    assert stiff.sd_warmth is None and soft.sd_spring > 50 * stiff.sd_spring and soft.sd > stiff.sd  # type: ignore[operator]
    assert warm.sd_warmth == pytest.approx(90e-6 * 2 * 80) and warm.sd > stiff.sd
    rubber = await answered(dimensions=[LONG, WIDE], material={**PROPERTIES, "poisson_ratio": 0.5})
    assert rubber.capability[0].sd_spring < stiff.sd_spring  # type: ignore[operator]


async def test_density_counts_as_sag_where_the_thickness_is_known() -> None:
    material = {**PROPERTIES, "density_kg_m3": 7850}
    light, heavy = [
        await answered(dimensions=[LONG, WIDE], thickness=2, material={**material, "density_kg_m3": density})
        for density in (1000, 20_000)
    ]

    assert heavy.surfaces[0].sag == pytest.approx(20 * light.surfaces[0].sag)  # type: ignore[operator]
    assert heavy.predicted_tolerances["flatness"] > light.predicted_tolerances["flatness"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"material": {**PROPERTIES, "density_kg_m3": 7850}},
            "density_kg_m3 was given, and nothing here depends on it",
        ),
        (
            {"material": {**PROPERTIES, "expansion_um_m_k": 12}, "dimensions": [WIDE, {"nominal": 9}]},
            "expansion_um_m_k",
        ),
        ({"material": PROPERTIES, "sigma": 0.01, "dimensions": [WIDE, {"nominal": 9}]}, "poisson_ratio was given"),
        ({"material": "unobtainium"}, "is not known here"),
        ({"dimensions": [{"nominal": 9}]}, "neither a surface nor a dimension with limits"),
        ({"dimensions": [LONG, LONG]}, "two dimensions have the id 'L'"),
        ({"pairs": [{"hole": "L", "shaft": "L"}]}, "'L' cannot be its own hole and shaft"),
        ({"pairs": [{"hole": "L", "shaft": "gone"}]}, "names 'gone', which is no dimension with limits"),
    ],
)
async def test_what_could_only_be_ignored_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        await answered(**{"dimensions": [LONG, WIDE], **more})


@pytest.mark.parametrize(
    "more",
    [
        {"manufacturing_process": "forging"},
        {"dimensions": [{"nominal": 5, "upper": 0.1}]},
        {"dimensions": [{"nominal": 5, "upper": 0, "lower": 0}]},
        {"dimensions": [{"nominal": 5, "upper": 0.1, "lower": 0, "fit": "H7"}]},
        {"surfaces": [{"surface": "plane", "length": 5, "diameter": 3}]},
        {"material": {"youngs_modulus_gpa": 200}},
        {"colour": "red"},
    ],
)
async def test_what_makes_no_sense_is_refused_before_anything_is_reckoned(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await answered(**{"dimensions": [LONG, WIDE], **more})


async def test_a_surface_that_cannot_be_drawn_leaves_the_others_and_the_dimensions_alone() -> None:
    large = {"surface": "plane", "length": 9000, "width": 9000}
    reply = await answered(surfaces=[large, {"surface": "plane", "length": 30, "width": 20}], dimensions=[LONG])

    assert [one.length for one in reply.surfaces] == [30] and len(reply.capability) == 1
    (undrawn,) = reply.not_judged
    assert undrawn.id == "plane 9000 x 9000 mm" and "a grid of more than 100000 points" in undrawn.reason


async def test_where_nothing_can_be_drawn_and_nothing_judged_that_is_the_answer() -> None:
    with pytest.raises(InvalidInput, match=r"a correlation length of 0\.001 mm over"):
        await answered(dimensions=[WIDE, {"nominal": 9}], correlation_length=0.001, sigma=1e-5)


async def test_any_other_failure_of_a_surface_fails_the_request() -> None:
    class Broken(Simulated):
        async def call(self, task: str, input: Any, ask: Ask) -> Answer:
            raise ModelFailed("it broke")

    with pytest.raises(ModelFailed, match="it broke"):
        await answered(Broken(), dimensions=[LONG, WIDE])


async def test_a_frame_is_held_by_the_share_of_parts_that_needs_no_more() -> None:
    wide, narrow, other = (
        {"characteristic": "flatness", "tolerance": 1.0},
        {"characteristic": "flatness", "tolerance": 0.001},
        {"characteristic": "cylindricity", "tolerance": 0.1},
    )
    reply = await answered(dimensions=[LONG, WIDE], frames=[wide, narrow, other])

    assert [one.holds for one in reply.frames] == ["over 99 %", "under 50 %"]
    assert reply.frames[0].needed_p95 == reply.surfaces[0].zones["flatness"].p95
    assert reply.not_judged[-1].id == "cylindricity 0.1"


async def test_a_pair_tells_its_clearance_and_how_often_it_jams() -> None:
    shaft = {"id": "shaft", "type": "diameter", "nominal": 25, "fit": "g6"}
    reply = await answered(dimensions=[BORE, shaft, LONG], pairs=[{"hole": "bore", "shaft": "shaft"}])

    assert reply.assemblability is not None
    (pair,) = reply.assemblability.pairs
    assert pair.clearance == pytest.approx(0.0105 + 0.0135) and 0 < pair.interference_risk < 0.05
    assert reply.assemblability.score == 1 - pair.interference_risk


async def test_a_process_that_leaves_a_rougher_surface_needs_a_wider_zone() -> None:
    needs = [
        (await answered(dimensions=[LONG, WIDE], manufacturing_process=one)).predicted_tolerances["flatness"]
        for one in ("machining", "3d_printing", "casting", "sheet_metal", "welding")
    ]

    assert needs == sorted(needs)


async def test_the_answer_says_what_it_rests_on() -> None:
    reply = await answered(dimensions=[LONG, WIDE], material=PROPERTIES)

    said = " ".join(reply.assumptions)
    for words in ("Gaussian random field", "datum is ideal", "handbooks", "No sag", "No warmth"):
        assert words in said


PAGE = {
    "page": 1,
    "dimensions": [
        {"id": "1.1", "text": "⌀25H7", "type": "diameter", "nominal": 25, "upper": 0.021, "lower": 0.0, "fit": "H7"},
        {"id": "1.2", "text": "80±0.1", "type": "length", "nominal": 80, "upper": 0.1, "lower": -0.1, "view": "v"},
        {"id": "1.3", "text": "40", "type": "length", "nominal": 40},
        {"id": "1.4", "text": "(30)", "type": "length", "nominal": 30, "form": "reference"},
        {"id": "1.5", "text": "30°", "type": "angle", "nominal": 30, "unit": "deg"},
        {"id": "1.6", "text": "900", "type": "length", "nominal": 900, "status": "rejected"},
    ],
    "frames": [
        {"id": "f1", "text": "⏥|0.05", "characteristic": "flatness", "tolerance": 0.05, "polygon": []},
        {"id": "f2", "text": "◎|0.1|A", "characteristic": "concentricity", "tolerance": 0.1},
    ],
    "title_block": {"material": {"text": "S45C-N", "value": None}},
}


async def test_a_drawing_gives_its_sizes_frames_and_material_and_what_is_left_out_is_told() -> None:
    reply = await answered(sheets=[PAGE], material=None)

    plane, cylinder = reply.surfaces
    assert (plane.taken_from, cylinder.taken_from) == (["1.2", "1.3"], ["1.1", "1.2"])
    assert (reply.material, reply.material_source) == ("steel", "read")
    assert [one.id for one in reply.capability] == ["1.1", "1.2"]
    assert [(one.characteristic, one.holds) for one in reply.frames] == [("flatness", "over 99 %")]
    why = {one.id: one.reason for one in reply.not_judged}
    assert why["1.4"] == "(30): a reference dimension is not to be held" and "rejected" in why["1.6"]
    assert "only lengths" in why["1.5"] and "concentricity is not simulated here" in why["f2"]
    assert why["1.3"] == "it has no limits: neither deviations nor a fit class"


async def test_what_is_given_goes_before_what_the_title_block_says() -> None:
    reply = await answered(sheets=[PAGE], material="SUS304")

    assert (reply.material, reply.material_source) == ("stainless steel", "given")


async def test_equal_ids_of_two_pages_are_told_apart() -> None:
    reply = await answered(sheets=[PAGE, {**PAGE, "page": 2}])

    assert [one.id for one in reply.capability] == ["1:1.1", "1:1.2", "2:1.1", "2:1.2"]


@pytest.mark.parametrize("sheets", [[], [{**PAGE, "title_block": {}}]])
async def test_without_any_material_nothing_is_assumed(sheets: list[Any]) -> None:
    with pytest.raises(InvalidInput, match="material is not given"):
        await answered(dimensions=[LONG, WIDE], sheets=sheets, material=None)


def test_a_lower_deviation_leaves_something_of_the_nominal() -> None:
    with pytest.raises(ValidationError, match=r"lower -5 leaves nothing of nominal 1"):
        DimensionIn(nominal=1, upper=0.1, lower=-5)

    assert DimensionIn(nominal=1, upper=0.1, lower=-0.9).lower == -0.9
