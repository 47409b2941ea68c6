"""Benchmarks in parts: what is measured is kept, what is not understood is refused before anything is measured."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from rung.lab.readings import Pair, Score, Told
from rung.runtime.errors import InvalidInput

BENCH = Path(__file__).parents[2] / "bench"
SQUARE = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    import _parts

    return _parts


def results(parts: ModuleType, path: Path) -> object:
    return parts.Results(name="sums", path=path, order=("a", "b", "c"), command="python sums.py", packages=["numpy"])


def figure(parts: ModuleType, value: float) -> object:
    return parts.Figure(name="sum", value=value, unit="")


def stored(path: Path) -> dict[str, float]:
    return {name: part["figures"][0]["value"] for name, part in json.loads(path.read_text())["parts"].items()}


def test_a_part_takes_its_own_place_and_no_other(parts: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "new" / "sums.json"
    parts.measure(results(parts, path), [("b", lambda: [figure(parts, 1.0)]), ("c", lambda: [figure(parts, 2.0)])])
    parts.measure(results(parts, path), [("a", lambda: [figure(parts, 3.0)]), ("c", lambda: [figure(parts, 4.0)])])

    assert list(stored(path).items()) == [("a", 3.0), ("b", 1.0), ("c", 4.0)]
    assert json.loads(path.read_text())["parts"]["b"]["command"] == "python sums.py --only b"
    assert [one.name for one in path.parent.iterdir()] == ["sums.json"]


def test_a_part_that_fails_is_told_and_costs_no_other(parts: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "sums.json"

    def refused() -> list[object]:
        raise InvalidInput("no such sheet", field="number")

    def ended() -> list[object]:
        sys.exit("cannot be fetched")

    with pytest.raises(SystemExit, match="could not measure: a, b"):
        parts.measure(results(parts, path), [("a", refused), ("b", ended), ("c", lambda: [figure(parts, 5.0)])])

    kept = json.loads(path.read_text())["parts"]
    assert stored(path) == {"a": None, "b": None, "c": 5.0}
    assert [kept[name]["figures"][0]["holds"] for name in "abc"] == [False, False, None]


def test_a_run_that_is_cut_keeps_what_has_ended(parts: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "sums.json"

    def cut() -> list[object]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parts.measure(results(parts, path), [("a", lambda: [figure(parts, 6.0)]), ("b", cut)])

    assert stored(path) == {"a": 6.0}


@pytest.mark.parametrize("words", [["--nope"], ["--sheet", "1"], ["--only", "a,d"], ["--sheets", "0"],
                                   ["--sheets", "19"], ["--split", "tset"]])  # fmt: skip
def test_what_is_not_understood_is_an_error(parts: ModuleType, words: list[str]) -> None:
    made = parts.parser("sums", "", ("a", "b"))
    with pytest.raises(SystemExit) as ended:
        parts.understood(made, ["--split", "validation", *words])
    assert ended.value.code == 2


def test_a_name_is_a_part_or_all_that_begin_with_it(parts: ModuleType) -> None:
    order = ("clean", "cut-a", "cut-b", "cutter")
    assert parts.chosen("cut,clean", order) == ["clean", "cut-a", "cut-b"]
    assert parts.chosen("cut-b", order) == ["cut-b"]


@pytest.mark.parametrize("name", ["drawings", "strokes"])
def test_help_is_help_and_runs_nothing(name: str, tmp_path: Path) -> None:
    asked = [sys.executable, BENCH / f"{name}.py", "--help"]
    ran = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, timeout=30)

    assert ran.returncode == 0 and "--only" in ran.stdout
    assert not list(tmp_path.iterdir())


def test_precision_by_type_counts_what_was_made_up(parts: ModuleType) -> None:
    import drawings

    def told(text: str, kind: str) -> Told:
        return Told(text=text, polygon=SQUARE, kind=kind)

    score = Score(
        pairs=[
            Pair(true=told("R5", "radius"), found=told("R5", "radius")),
            Pair(true=told("R6", "radius"), found=told("6", "length")),
            Pair(true=told("7", "length"), found=None),
        ],
        extra=[told("R9", "radius"), told("M8", "thread")],
    )
    assert drawings.answers_by_kind(score) == {"length": [False], "radius": [True, False], "thread": [False]}


def test_the_page_shows_each_part_with_its_command_and_machine(parts: ModuleType, tmp_path: Path) -> None:
    import run

    path = tmp_path / "sums.json"
    goal = parts.Figure(name="sum", value=0.5, unit="s", goal=">= 1", holds=False)
    parts.measure(results(parts, path), [("a", lambda: [goal])])
    page = "\n".join(run._page([json.loads(path.read_text())]))

    assert "## sums\n" in page and "### sums: a\n" in page
    assert "`python sums.py --only a` (python " in page and " cores, RAM " in page
    assert "| sum | 0.5 | s | >= 1 | **no** |" in page
