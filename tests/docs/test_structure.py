"""What structure.md, the glossary and the READMEs list, against the code: all of it is there, and all there is."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
from pages import ROOT

from rung.models.catalog import LADDERS
from rung.runtime.tasks import TASKS

RUNG = ROOT / "src" / "rung"
ROW = re.compile(r"^\| [\w ]*\| `([\w/*.]+)` \| (.*) \|$", re.MULTILINE)
READMES = ("README.md", "README.ko.md")


def units() -> list[tuple[str, str]]:
    """Of the map: each unit, and what is said of it."""
    return ROW.findall((ROOT / "docs" / "structure.md").read_text(encoding="utf-8"))


def test_every_unit_of_the_map_is_there_and_stands_in_it_once() -> None:
    names = [name for name, _ in units()]

    assert [name for name in names if not list(RUNG.glob(name.rstrip("/")))] == []
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_unit_of_the_runtime_stands_in_the_map_and_in_the_rows_that_imports_are_held_to() -> None:
    there = {
        path.stem for path in (RUNG / "runtime").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][1]["layers"]

    there.discard("__init__")
    assert there <= {Path(name).stem for name, _ in units() if name.startswith("runtime/")}
    assert there == {name.strip().removeprefix("rung.runtime.") for row in layers for name in row.split("|")}


def test_every_folder_of_modules_stands_in_the_map() -> None:
    named = {name.rstrip("/") for name, _ in units()}
    said = " ".join(text for _, text in units())
    folders = {str(path.parent.relative_to(RUNG)) for path in RUNG.rglob("*.py")} - {".", "apps", "models", "runtime"}

    assert {one for one in folders if one not in named and f"`{one.rpartition('/')[2]}/`" not in said} == set()


def test_the_glossary_has_every_task() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^\| task \| what a caller asks for: (.*) \|$", page, re.MULTILINE)

    assert sorted(listed.split(", ")) == sorted(TASKS)


@pytest.mark.parametrize("page", READMES)
def test_the_readme_has_a_row_for_every_ladder(page: str) -> None:
    rows = re.findall(r"^\| ([\w-]+) \| ", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)

    assert [task for task in LADDERS if LADDERS[task] and task != "compute" and task not in rows] == []


@pytest.mark.parametrize("page", READMES)
@pytest.mark.parametrize("app", ["editor", "furniture", "drawings"])
def test_the_readme_has_every_operation(page: str, app: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    (rows,) = [table for table in re.findall(r"((?:^\|.*\n)+)", text, re.MULTILINE) if f"`POST /v1/{app}/" in table]
    named = set(re.findall(r"`(?:POST /v1/\w+/)?(\w+)`", rows))

    assert {operation.name for operation in import_module(f"rung.apps.{app}.app").APP.operations} <= named
