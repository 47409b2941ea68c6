"""The rules say what was read and what follows from it, and call themselves no model."""

import json

import pytest
from fake_call import FakeCall

from rung.models.describe_rules import describe
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
        "⌓|0.005|A-B|B|C: profile-surface to A-B, B, C; a coordinate measuring machine or a dial gauge",
        "⏥|0.01: flatness; a coordinate measuring machine or a dial gauge",
    ]


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
