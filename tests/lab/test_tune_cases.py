"""A folder of cases: what is read, and what is refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from rung.lab.cases import read_cases
from rung.runtime.errors import InvalidInput

PICTURES = frozenset({"image", "images"})


def folder(path: Path, cases: list[Any], version: int = 1) -> Path:
    (path / "cases.json").write_text(json.dumps({"version": version, "cases": cases}))
    (path / "a.jpg").write_bytes(b"picture")
    (path / "m.png").write_bytes(b"mask")
    return path


def test_pictures_become_paths_and_files_of_the_truth_become_bytes(tmp_path: Path) -> None:
    inputs = {"images": ["a.jpg"], "least": 0.3}
    here = folder(tmp_path, [{"id": "one", "inputs": inputs, "truth": {"objects": [{"mask": {"file": "m.png"}}]}}])

    (case,) = read_cases(here, "furniture.analyze", PICTURES)

    assert case.inputs == {"images": [tmp_path / "a.jpg"], "least": 0.3}
    assert case.truth == {"objects": [{"mask": b"mask"}]}


def test_cases_of_other_operations_are_passed_over(tmp_path: Path) -> None:
    cases = [{"id": name, "operation": name, "inputs": {}} for name in ("editor.segment", "editor.remove")]

    assert [one.id for one in read_cases(folder(tmp_path, cases), "editor.remove", PICTURES)] == ["editor.remove"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"inputs": {"image": "gone.jpg"}}, "no file gone.jpg"),
        ({"inputs": {"image": "../a.jpg"}}, "outside the folder"),
        ({"inputs": {"image": 3}}, "no file's name"),
        ({"inputs": {}, "truht": {}}, "'truht'"),
        ({"input": {}}, "`inputs`"),
        ({"operation": "editor.remove", "inputs": {}}, "no case of editor.segment"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, case: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_cases(folder(tmp_path, [case]), "editor.segment", PICTURES)


def test_a_file_of_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="version"):
        read_cases(folder(tmp_path, [{"inputs": {}}], version=2), "editor.segment", PICTURES)
