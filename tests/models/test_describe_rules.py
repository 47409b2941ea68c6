"""The rules say what was read and what follows from it, and call themselves no model."""

import json

import pytest
from fake_call import FakeCall

from rung.models.describe_rules import describe
from rung.models.describe_words import ENGLISH, KOREAN
from rung.models.notation.symbols import CHARACTERISTICS
from rung.runtime.errors import OutsideRange
from rung.runtime.tasks import DescribeInput

FACTS = {
    "title.material": "S45C",
    "title.heat_treatment": "HRC 58",
    "dimension.1": "⌀25H7",
    "dimension.2": "80±0.1",
    "dimension.3": "4×M8",
    "dimension.4": "(30)",
    "dimension.5": "Ra0.4",
    "dimension.6": "4×⌀9",
    "dimension.7": "smudge",
    "frame.1": "⏊|0.05|A",
    "frame.2": "⏊|?|A",
}
SCHEMA = json.dumps({"type": "object", "properties": {name: {} for name in (
    "information_block", "dimensions", "manufacturing_process", "qc_checklist")}})  # fmt: skip


def told(facts: dict[str, str] = FACTS, schema: str = SCHEMA) -> tuple[str, list[str]]:
    call = FakeCall(DescribeInput(pictures=(), prompt="Describe.", schema=schema, facts=facts))  # type: ignore[arg-type]
    return describe(call.input, call).text, call.warnings  # type: ignore[arg-type]


def test_it_repeats_what_was_read_with_the_limits_of_fits_and_warns_that_no_model_looked() -> None:
    text, warnings = told()
    values = json.loads(text)

    assert {"field": "material", "value": "S45C"} in values["information_block"]
    assert values["dimensions"][:2] == ["⌀25H7 (25 to 25.021 mm)", "80±0.1 (79.9 to 80.1 mm)"]
    assert "smudge" in values["dimensions"] and "no model looked at the drawing" in warnings[0]


def test_each_step_names_what_it_follows_from() -> None:
    steps = {one["process"]: one["because"] for one in json.loads(told()[0])["manufacturing_process"]}

    assert steps["threading"] == "it says 4×M8" and steps["drilling"] == "it says 4×⌀9"
    assert steps["turning or boring"] == "it says ⌀25H7" and steps["heat treatment"] == "it says HRC 58"
    assert steps["grinding or honing"] == "it says ⌀25H7, Ra0.4"
    assert "chamfering" not in steps


def test_what_has_limits_is_to_be_measured_with_what_its_tolerance_wants() -> None:
    checks = json.loads(told()[0])["qc_checklist"]

    assert "80±0.1 (79.9 to 80.1 mm): a calliper" in checks and "4×M8: a go and a no-go thread gauge" in checks
    assert any(one.startswith("⌀25H7") and "bore gauge" in one for one in checks)
    assert [one for one in checks if "⏊" in one] == [
        "⏊|0.05|A: perpendicularity to A; a coordinate measuring machine or a dial gauge"
    ]
    assert not any("(30)" in one or "smudge" in one for one in checks)


def test_a_frame_is_checked_to_every_datum_it_names_common_ones_too() -> None:
    facts = {"frame.1": "⌓|0.005|A-B|B|C", "frame.2": "⏥|0.01"}

    checks = json.loads(told(facts)[0])["qc_checklist"]

    assert checks == [
        "⌓|0.005|A-B|B|C: profile of a surface to A-B, B, C; a coordinate measuring machine or a dial gauge",
        "⏥|0.01: flatness; a coordinate measuring machine or a dial gauge",
    ]


@pytest.mark.parametrize(
    ("dimension", "check"),
    [
        ("44±0.01", "44±0.01 (43.99 to 44.01 mm): a micrometer or a coordinate measuring machine"),
        ("⌀44±0.01", "⌀44±0.01 (43.99 to 44.01 mm): an air gauge, a snap gauge or a coordinate measuring machine"),
        ("25+0.05/-0.02", "25+0.05/-0.02 (24.98 to 25.05 mm): a micrometer or a height gauge"),
        ("1355±0.15", "1355±0.15 (1354.85 to 1355.15 mm): a coordinate measuring machine or a long calliper"),
        ("740±0.01", "740±0.01 (739.99 to 740.01 mm): a coordinate measuring machine"),
        ("40°±0.5°", "40°±0.5° (39.5 to 40.5 °): a bevel protractor or a coordinate measuring machine"),
    ],
)
def test_a_gauge_is_one_that_reaches_there_and_measures_such_a_thing(dimension: str, check: str) -> None:
    assert json.loads(told({"dimension.1": dimension})[0])["qc_checklist"] == [check]


def test_what_stands_twice_is_checked_once_and_many_dimensions_are_counted() -> None:
    facts = {f"dimension.{number}": text for number, text in enumerate(["Ra6.3", "Ra6.3", *map(str, range(1, 10))])}
    values = json.loads(told(facts)[0])

    assert values["qc_checklist"] == ["Ra6.3: a roughness tester"] and values["dimensions"].count("Ra6.3") == 2
    assert values["manufacturing_process"][0]["because"] == "it says 1, 2, 3, 4, 5, 6 and 3 more"


def test_a_pitch_circle_is_no_surface_that_is_turned() -> None:
    steps = {one["process"]: one["because"] for one in json.loads(told({"dimension.1": "PCD920"})[0])[
        "manufacturing_process"]}  # fmt: skip

    assert steps == {"drilling": "it says PCD920"}


def test_a_korean_title_block_is_answered_in_korean() -> None:
    facts = {"title.title": "커버", "dimension.1": "⌀25H7", "dimension.2": "2×⌀5.5", "frame.1": "⌰|0.08|A"}
    values = json.loads(told(facts)[0])

    assert values["dimensions"][0] == "⌀25H7 (25~25.021 mm)"
    assert {"process": "드릴 가공", "because": "도면 표기: 2×⌀5.5"} in values["manufacturing_process"]
    assert told(facts, schema="")[0].startswith("표제란: title: 커버.\n치수: ")
    assert values["qc_checklist"][-1] == "⌰|0.08|A: 온 흔들림, 데이텀 A 기준; 3차원 측정기 또는 다이얼 게이지"


def test_both_languages_have_words_for_every_step_and_characteristic() -> None:
    assert KOREAN.steps.keys() == ENGLISH.steps.keys()
    assert KOREAN.characteristics.keys() == set(CHARACTERISTICS.values())


def test_without_a_schema_it_is_sentences() -> None:
    text, _ = told(schema="")

    assert "information block: material: S45C; heat_treatment: HRC 58." in text


@pytest.mark.parametrize(
    ("facts", "schema", "said"),
    [
        ({}, SCHEMA, "nothing was read from the drawing"),
        (FACTS, '{"type": "object", "properties": {"colour": {}}}', "the schema asks for colour"),
    ],
)
def test_what_rules_cannot_say_is_refused_and_not_made_up(facts: dict[str, str], schema: str, said: str) -> None:
    with pytest.raises(OutsideRange, match=said):
        told(facts, schema)
