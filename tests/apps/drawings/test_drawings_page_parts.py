"""A page's frames and tables through the pipeline, with a scripted layout and reader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cells_maker import cell, part, row_part
from drawings_maker import Reader, box, dxf, pdf, ruled, scan

from rung.apps.drawings.layered import whole_in
from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest, Page
from rung.runtime.errors import WeightsMissing
from rung.runtime.spec import Policy
from rung.runtime.tasks import SheetPart

FAR = box(500, 300)


def scripted(one: SheetPart, *said: str, **more: Any) -> Reader:
    """Reads each cell of the part as said, and one dimension far from it."""
    frame = {held.polygon: text for held, text in zip(one.cells, said, strict=True)}
    return Reader({FAR: "25"}, {"frame": frame}, parts=[one], **more)


async def page_of(reader: Reader, **more: Any) -> Page:
    asked = AnalyzeRequest.model_validate({"file": scan(), "exports": []} | more)
    (page,) = (await analyze(reader.job(), asked)).pages
    return page


def steps(page: Page) -> dict[str, str]:
    return {step.step: step.state for step in page.steps}


async def test_a_frame_is_read_cell_by_cell_in_its_own_alphabet_and_its_texts_are_no_dimensions() -> None:
    one = row_part(3)
    reader = scripted(one, "⌖", "⌀0.1", "A")
    reader.texts = {**reader.texts, box(110, 10): "0.1"}

    page = await page_of(reader)

    assert [(frame.text, frame.engine) for frame in page.frames] == [("⌖|⌀0.1|A", "reader-frame")]
    assert [one.text for one in page.dimensions] == ["25"], "the finder saw the tolerance too"
    (asked,) = (input for task, input in reader.asked if task == "read" and input.alphabet == "frame")
    assert [box.polygon for box in asked.boxes] == [held.polygon for held in one.cells]
    assert steps(page)["read frame"] == steps(page)["frames"] == "done"


async def test_what_the_file_itself_says_in_a_frame_is_no_dimension_either() -> None:
    file = pdf(lambda sheet: sheet.drawString(72, 720, "25 H7"))
    around = box(190, 310, 140, 50)  # where it stands at 200 dpi
    one = SheetPart(kind="frame", polygon=around, cells=(replace(cell(0, 0), polygon=around, content=around),))

    page = await page_of(Reader({FAR: "30"}, {"frame": {around: "⏥"}}, parts=[one]), file=file)

    assert [one.text for one in page.dimensions] == ["30"] and [frame.text for frame in page.frames] == ["⏥"]


async def test_a_frame_with_a_fault_is_told_among_what_is_unread() -> None:
    page = await page_of(scripted(row_part(3), "⌖", "0.1", "7"))

    assert page.frames[0].errors[0].cell == 2
    assert [one.reason.split(":")[0] for one in page.unread] == ["cell 3 of a feature control frame"]


async def test_rows_that_read_as_no_frame_are_a_table_with_their_texts() -> None:
    one = row_part(2, rows=2)
    reader = scripted(one, "1", "25", "2", "30")
    reader.texts = {**reader.texts, box(10, 10): "HOLE", box(110, 10): "12", box(110, 50): "14"}

    page = await page_of(reader)

    assert page.frames == [] and [one.text for one in page.dimensions] == ["25"]
    assert [held.text for held in page.tables[0].cells] == ["HOLE", "12", "", "14"]
    assert ["row 2, column 1" in one.reason for one in page.unread] == [True]


async def test_frames_that_nobody_can_read_are_unread_and_the_rest_is_answered() -> None:
    page = await page_of(scripted(row_part(2), "⏥", "0.1", fails={"reader-frame": WeightsMissing("pull them")}))

    assert steps(page)["read frame"] == "failed" and [one.text for one in page.dimensions] == ["25"]
    assert ["no reader of its signs" in one.reason for one in page.unread] == [True]


SHEETS = {
    "dxf": lambda: dxf(lambda space: space.add_line((0, 0), (100, 80))),
    "pdf": lambda: pdf(ruled),
    "picture": scan,
}


@pytest.mark.parametrize("kind", SHEETS)
async def test_without_a_reader_of_frames_no_other_rung_s_guess_is_taken_for_one_and_the_remedy_is_told(
    kind: str,
) -> None:
    """The ladder's own choice would read them in signs of its own, and surely."""
    one = row_part(2)

    class Without(Reader):
        async def call(self, task: str, input: Any, ask: Any) -> Any:
            if task == "read" and input.alphabet == "frame" and ask.policy.variant:
                raise WeightsMissing("its file is not here")
            answer = await super().call(task, input, ask)
            if task != "read" or input.alphabet != "frame":
                return answer
            return replace(answer, output=replace(answer.output, alphabets=("dimension", "text")))

    said = {held.polygon: ((text, 0.997),) for held, text in zip(one.cells, ("D", "0.005"), strict=True)}
    job = Without({FAR: "25"}, {"frame": said}, parts=[one]).job()
    asked = AnalyzeRequest.model_validate({"file": SHEETS[kind](), "exports": []})
    (page,) = (await analyze(job, asked)).pages

    assert page.frames == [] and [one.text for one in page.dimensions] == ["25"]
    assert steps(page)["read frame"] == "failed"
    (unread,) = page.unread
    (warning,) = job.warnings
    assert unread.polygon == list(one.polygon)
    for told in (unread.reason, warning):
        assert "nobody who was made for them: its file is not here" in told and "`rung weights pull reader`" in told


async def test_a_variant_that_the_request_names_reads_no_signs_that_it_was_not_made_for() -> None:
    one = row_part(2)

    class Words(Reader):
        async def call(self, task: str, input: Any, ask: Any) -> Any:
            answer = await super().call(task, input, ask)
            return answer if task != "read" else replace(answer, output=replace(answer.output, alphabets=("text",)))

    job = Words({FAR: "DEBURR"}, {"frame": {}}, parts=[one]).job(policy=Policy(variant="words"))
    (page,) = (await analyze(job, AnalyzeRequest.model_validate({"file": scan(), "exports": []}))).pages

    assert page.frames == page.dimensions == [] and [text.text for text in page.texts] == ["DEBURR"]
    assert any("reader-frame was not made for them" in sentence for sentence in job.warnings)


async def test_steps_that_are_switched_off_ask_nobody_and_say_so() -> None:
    reader = scripted(row_part(2), "⏥", "0.1")

    page = await page_of(reader, frames=False, tables=False)

    assert steps(page)["frames"] == steps(page)["tables"] == "off" and page.frames == page.tables == []
    assert not [1 for task, input in reader.asked if task == "read" and input.alphabet == "frame"]


async def test_a_table_s_lines_stand_in_its_cells() -> None:
    one = part("table", [cell(0, 0), cell(0, 1)])
    reader = Reader({box(10, 10): "NO", box(110, 10): "PART"}, parts=[one])

    page = await page_of(reader)

    assert [(held.text, held.engine) for held in page.tables[0].cells] == [
        ("NO", "reader-text"),
        ("PART", "reader-text"),
    ]


@pytest.mark.parametrize(
    ("texts", "place", "said"),
    [
        ([("⌀0.05", 0, 100)], 1, "⌀0.05"),
        ([("0.05", 20, 100), ("⌀", 0, 18)], 1, "⌀0.05"),
        ([("0.05", 40, 100)], 1, None),  # the sign before it is drawn with strokes
        ([("j", 0, 100)], 0, None),  # a letter of a symbol font
        ([("A", 0, 100)], 0, None),
        ([], 1, None),
    ],
)
def test_a_file_s_own_texts_are_taken_where_they_are_all_that_stands_in_the_cell(
    texts: list[tuple[str, int, int]], place: int, said: str | None
) -> None:
    lines = [
        Line(polygon=box(start, 10, end - start, 20), guesses=(Guess(text=text, confidence=1.0, engine="dxf"),))
        for text, start, end in texts
    ]

    found = whole_in(cell(0, 0), place, lines)

    assert (found.text if found else None) == said
