"""Tune files: the shipped one, and what is refused in others."""

from pathlib import Path

import pytest

from rung.cli.compose import apps
from rung.lab.metrics import METRICS
from rung.lab.tunefile import read_tune_file, shipped
from rung.models.catalog import VARIANTS
from rung.runtime.errors import InvalidInput


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_file_names_what_exists(name: str) -> None:
    file = read_tune_file(name)

    app, _, operation = file.operation.partition(".")
    found = next(one.operation(operation) for one in apps() if one.name == app)
    assert found is not None
    assert file.metric in METRICS
    assert VARIANTS[file.variant].task in found.tasks
    assert {*file.fields, *(vary.name for vary in file.varied)} <= found.input.model_fields.keys()


def test_the_replaced_systems_claims_stand_beside_their_settings() -> None:
    file = read_tune_file("sam3d-steps")

    claims = {
        steps: (claim.error, claim.speed_up)
        for steps in (25, 20, 15, 12, 10)
        if (claim := file.claim({"steps": steps, "detail_steps": 12})) is not None
    }

    assert claims == {25: (0.0, 1.0), 20: (0.0547, 1.23), 15: (0.0131, 1.47), 12: (0.1104, 1.65), 10: (0.1509, 1.84)}
    assert len(file.claims) == len(claims)
    assert file.claim({"steps": 15, "detail_steps": 8}) is None  # nobody claimed anything of both
    assert [vary.values for vary in file.varied] == [(25, 20, 15, 12, 10), (12, 8)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('operation = "a.b"\nmetric = "missed"\n', "'vary'"),
        ('operation = "a.b"\nmetric = "m"\nvary = { a = [1, 2] }\nnote = 1\n', "'note'"),
        ('operation = "a.b"\nmetric = "m"\nvary = { a = 3 }\n', r"\[vary\]"),
        ('operation = "a.b"\nmetric = "m"\nvary = { a = [1, 2] }\n[[claim]]\nat = { a = 9 }\n', "not varied"),
        ("operation =\n", "Invalid value"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)

    with pytest.raises(InvalidInput, match=said):
        read_tune_file(str(path))


def test_an_unknown_name_is_answered_with_the_shipped_ones() -> None:
    with pytest.raises(InvalidInput, match="sam3d-steps"):
        read_tune_file("sam3d")
