"""Lone figures of tables: which cells hold one, and which reading of it is believed."""

from dataclasses import replace

from cells_maker import WIDE, cell, line, part
from drawings_maker import Reader, box, scan

from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest
from rung.apps.drawings.short_cells import boxes_of, settled, short_cells
from rung.runtime.tasks import Cell


def holding(row: int, column: int, wide: float, high: float = 20) -> Cell:
    x, y = column * WIDE + 40, row * 40 + 10
    return replace(cell(row, column), content=box(x, y, wide, high))


def test_cells_of_a_figure_or_two_are_short_and_words_and_two_lines_are_not() -> None:
    cells = [holding(0, 0, 8), holding(0, 1, 30), holding(0, 2, 50), holding(1, 0, 30, high=34), cell(1, 1, empty=True)]

    assert short_cells([part("table", cells)], []) == cells[:2]


def test_a_label_and_the_letter_below_it_are_no_short_text() -> None:
    one, other = holding(0, 0, 30), holding(0, 1, 30)
    label, letter, alone = line("REV.", one), line("B", one), line("4", other)

    assert short_cells([part("title-block", [one, other])], [label, letter, alone]) == [other]


def test_a_figure_takes_the_place_of_what_was_found_in_its_cell() -> None:
    one, other = holding(0, 0, 12), holding(1, 0, 12)
    wrong = line("ine)", one)
    kept = line("KEPT", cell(3, 3))

    lines = settled([wrong, kept], [one, other], [line("3", one), line("B", other)])

    assert [(found.text, found.polygon) for found in lines] == [
        ("KEPT", kept.polygon),
        ("3", one.content),
        ("B", other.content),
    ]


def test_what_is_no_figure_or_not_sure_changes_nothing() -> None:
    one = holding(0, 0, 12)
    found = [line("ON", one)]

    for said in ("⌀", "0.5", (("3", 0.4),), ""):
        assert settled(found, [one], [line(said, one)]) == found


async def test_a_table_s_figures_are_read_by_the_reader_of_signs() -> None:
    cells = [holding(0, 0, 12), cell(0, 1)]
    (asked,) = boxes_of(cells[:1])
    texts = {box(45, 12, 10, 16): "ine)", box(110, 10, 60): "BUSH"}
    reader = Reader(texts, {"frame": {asked.polygon: "7"}}, parts=[part("table", cells)])

    (page,) = (await analyze(reader.job(), AnalyzeRequest(file=scan(), exports=[]))).pages

    assert [(held.text, held.engine) for held in page.tables[0].cells] == [
        ("7", "reader-frame"),
        ("BUSH", "reader-text"),
    ]
    assert {step.step for step in page.steps} >= {"read cells"}
