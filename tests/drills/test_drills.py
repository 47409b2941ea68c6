"""The drills' own parts: their mutations fit the source, their figures say what is broken, their page names all."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from drills.all import DRILLS
from drills.drill import Drill, Figures, Tally
from drills.report import Row, document, page
from drills.source import SOURCE, changed


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: str(drill.number))
def test_every_drill_names_a_mutation_that_stands_in_the_source_once_and_can_be_read(
    drill: Drill, tmp_path: Path
) -> None:
    mutation = drill.mutation
    text = (SOURCE / mutation.file).read_text()

    assert text.count(mutation.old) == 1
    assert mutation.new != mutation.old
    ast.parse(text.replace(mutation.old, mutation.new))


def test_a_change_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "a.py").write_text("x = 1\nx = 1\n")

    with pytest.raises(ValueError, match="2 times"):
        changed(str(tmp_path / "from"), tmp_path / "one", "a.py", "x = 1", "x = 2")
    with pytest.raises(ValueError, match="0 times"):
        changed(str(tmp_path / "from"), tmp_path / "two", "a.py", "y", "z")


def test_numbers_are_each_drills_own_and_in_order() -> None:
    numbers = [drill.number for drill in DRILLS]

    assert numbers == sorted(set(numbers))
    assert set(numbers) == {*range(1, 20), *range(22, 28), 29, 31}


GOOD = Figures(rounds=3, faults=3, accepted=9, recover_s=(0.1, 0.2, 0.9))


def test_figures_hold_only_when_all_counts_are_zero_and_a_fault_happened() -> None:
    assert GOOD.holds
    for name in ("lost", "doubled", "wrong", "orphans", "descriptors", "segments"):
        assert not replace(GOOD, **{name: 1}).holds
    assert not replace(GOOD, broken=("it was not as promised",)).holds
    assert not replace(GOOD, faults=0).holds


def test_a_tally_keeps_what_was_promised_and_not_kept() -> None:
    tally = Tally()
    tally.demand(True, "not this")
    tally.demand(False, "but this")

    assert tally.figures().broken == ("but this",)


def test_the_page_has_a_line_for_every_drill_and_says_where_a_promise_is_broken() -> None:
    rows = [Row(drill=drill, figures=GOOD, seconds=1.0) for drill in DRILLS[:-1]]
    rows.append(Row(drill=DRILLS[-1], figures=replace(GOOD, lost=2, broken=("two are gone",)), seconds=1.0))

    text = page(document(rows, long=True), DRILLS)

    for drill in DRILLS:
        assert f"python -m drills {drill.number} --long" in text
        assert drill.promise in text and drill.mutation.file in text
    assert "**no**" in text and "two are gone" in text


def test_a_drill_that_the_figures_do_not_have_is_named_on_the_page() -> None:
    rows = [Row(drill=drill, figures=GOOD, seconds=1.0) for drill in DRILLS[:-1]]

    text = page(document(rows, long=True), DRILLS)

    assert f"Not among these figures: {DRILLS[-1].number} ({DRILLS[-1].title})." in text
