"""Drawings' pipelines with a scripted reader: what is answered, what is told to be unread, what fails and how."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from drawings_maker import Polygon, Reader, box, document, dxf, pdf, ruled, scan, upwards

from rung.apps.drawings import engines
from rung.apps.drawings.app import APP
from rung.apps.drawings.opening.sheets import open_sheet
from rung.apps.drawings.opening.sizes import page_bytes
from rung.apps.drawings.pipeline import analyze, read
from rung.apps.drawings.schema import AnalyzeRequest, Page, ReadRequest
from rung.models.catalog.read import FOR_ALPHABET, WITH_OWN_BOXES
from rung.runtime.errors import InvalidInput, ModelFailed, NoRung, NothingFound, TooLarge, WeightsMissing
from rung.runtime.spec import MiB
from rung.runtime.tasks import Cell, Picture, Reading, ReadOutput, SheetPart, TextBox, TextLine

HERE, UP, NOTE = box(100, 100), upwards(300, 300), box(100, 300, 200)


async def page_of(reader: Reader, **more: Any) -> Page:
    asked = AnalyzeRequest.model_validate({"file": scan(), "exports": []} | more)
    (page,) = (await analyze(reader.job(), asked)).pages
    return page


async def test_a_scan_s_texts_are_read_and_each_is_a_dimension_a_text_or_unread() -> None:
    blurred = box(400, 100)
    reader = Reader({HERE: "∅25 H7", UP: "30+0.1/-0.2", NOTE: "DEBURR ALL EDGES", blurred: ""})

    page = await page_of(reader)

    first, second = page.dimensions
    assert (first.text, first.type, first.nominal, first.fit, first.limits) == ("⌀25H7", "diameter", 25.0, "H7", "fit")
    assert (first.upper, first.lower) == (0.021, 0.0)
    assert (second.upper, second.lower, second.unit, second.limits) == (0.1, -0.2, "mm", "written")
    assert second.polygon == list(UP) and second.confidence == 0.9 and second.engine == "reader-dimension"
    assert [text.text for text in page.texts] == ["DEBURR ALL EDGES"]
    assert [(one.polygon, one.reason) for one in page.unread] == [(list(blurred), "no letters in it")]
    assert {(step.step, step.state) for step in page.steps} >= {("find-text", "done"), ("layout", "done")}


async def test_a_reading_that_is_a_dimension_is_taken_over_a_likelier_one_that_is_none_and_the_rest_are_told() -> None:
    reader = Reader({HERE: (("255-", 0.6), ("255", 0.55), ("256", 0.05))})

    (dimension,) = (await page_of(reader)).dimensions

    assert (dimension.text, dimension.confidence) == ("255", 0.55)
    assert {one.text for one in dimension.alternatives} >= {"255-", "256"}


async def test_doubtful_readings_of_dimensions_are_read_as_words_too_and_sure_ones_are_not() -> None:
    dimension = {HERE: (("25.5", 0.95),), NOTE: (("0.8", 0.3),)}
    reader = Reader({HERE: "", NOTE: ""}, {"dimension": dimension, "text": {NOTE: (("Note 8", 0.97),)}})

    page = await page_of(reader, mode="speed")

    words = [input.boxes for task, input in reader.asked if task == "read" and input.alphabet == "text"]
    assert [[one.polygon for one in boxes] for boxes in words] == [[NOTE]]
    assert [one.text for one in page.dimensions] == ["25.5"] and [one.text for one in page.texts] == ["Note 8"]


@pytest.mark.parametrize("dpi", [100, 300])
async def test_a_page_s_dpi_is_that_of_its_picture_and_polygons_are_its_pixels(dpi: int) -> None:
    file = pdf(lambda sheet: sheet.drawString(72, 72, "25 H7"))

    (page,) = (await analyze(Reader().job(), AnalyzeRequest(file=file, dpi=dpi, ocr=False, exports=[]))).pages

    assert (page.dpi, page.dpi_source, page.width) == (dpi, "rendered", pytest.approx(595.3 * dpi / 72, abs=1))
    left, _ = page.dimensions[0].polygon[3]
    assert left == pytest.approx(dpi, abs=dpi / 20), "one inch from the left"


@pytest.mark.parametrize(("mode", "looks"), [("speed", 1), ("hybrid", 2)])
async def test_a_doubtful_dimension_is_read_by_a_second_engine_in_hybrid_alone(mode: str, looks: int) -> None:
    reader = Reader({HERE: (("25.5", 0.6),)})

    page = await page_of(reader, mode=mode)

    asked = [input.boxes for task, input in reader.asked if task == "read" and input.alphabet == "dimension"]
    assert [[one.polygon for one in boxes] for boxes in asked] == [[HERE]] * looks
    assert [one.text for one in page.dimensions] == ["25.5"]


async def test_readings_below_the_asked_confidence_are_listed_as_unread_with_their_guess() -> None:
    reader = Reader({HERE: (("25", 0.95),), UP: (("30", 0.55),)})

    page = await page_of(reader, least=0.6)

    assert [one.text for one in page.dimensions] == ["25"]
    assert [(one.text, "0.55" in one.reason) for one in page.unread] == [("30", True)]


async def test_texts_in_tables_and_the_title_block_are_no_dimensions_and_views_are_named() -> None:
    parts = [
        SheetPart(kind="title-block", polygon=box(90, 290, 300, 60)),
        SheetPart(kind="view", polygon=box(50, 50, 300, 200), label="front"),
    ]
    reader = Reader({HERE: "25", box(100, 300, 200): "100"}, parts=parts)

    page = await page_of(reader)

    assert [(one.text, one.view) for one in page.dimensions] == [("25", "1.v1")]
    assert [view.label for view in page.views] == ["front"]


async def test_views_and_symbols_that_are_not_asked_for_are_left_out_and_the_step_is_told_to_be_off() -> None:
    parts = [SheetPart(kind="view", polygon=box(50, 50, 300, 200)), SheetPart(kind="symbol", polygon=UP, label="datum")]
    reader = Reader({HERE: "25"}, parts=parts)

    off, on = await page_of(reader, views=False), await page_of(reader)

    assert (off.views, off.symbols, off.dimensions[0].view) == ([], [], None)
    assert [step.state for step in off.steps if step.step == "views"] == ["off"]
    assert (len(on.views), len(on.symbols), on.dimensions[0].view) == (1, 1, "1.v1")
    assert "off" not in [step.state for step in on.steps if step.step == "views"]


async def test_a_dimension_in_a_box_is_basic_one_in_brackets_is_a_reference_and_one_with_a_tolerance_is_neither() -> (
    None
):
    boxes = [
        SheetPart(kind="symbol", polygon=box(x - 5, y - 5, 70, 30), label="boxed") for x, y in ((100, 100), (100, 200))
    ]
    datum = SheetPart(kind="symbol", polygon=box(295, 95, 70, 30), label="datum")
    texts = {HERE: "30", box(100, 200): "25±0.1", box(300, 100): "12.5", box(300, 200): "(25)", box(300, 300): "R8"}

    page = await page_of(Reader(texts, parts=[*boxes, datum]), views=False)

    assert [(one.text, one.form) for one in page.dimensions] == [
        ("30", "basic"), ("25±0.1", "plain"), ("12.5", "plain"), ("(25)", "reference"), ("R8", "plain"),
    ]  # fmt: skip


async def test_a_dxf_s_own_texts_are_taken_as_they_stand_and_no_model_is_asked() -> None:
    def draw(space: Any) -> None:
        made = space.add_linear_dim((0, -15), (0, 0), (120, 0), override={"dimdec": 3})
        made.set_tolerance(0.021, 0.0, dec=3)
        made.render()

    reader = Reader()
    page = await page_of(reader, file=dxf(draw), views=False, tables=False, title_block=False, frames=False)

    (dimension,) = page.dimensions
    assert (dimension.nominal, dimension.upper, dimension.lower) == (120.0, 0.021, 0.0)
    assert (dimension.engine, dimension.confidence) == ("dxf", 1.0)
    assert {task for task, _ in reader.asked} == {"compute"}


async def test_a_pdf_s_own_text_is_not_read_again_and_what_it_draws_as_lines_is() -> None:
    file = pdf(lambda sheet: sheet.drawString(72, 720, "25 H7"))
    over: Polygon = box(200, 320, 120, 30)  # where "25 H7" stands at 200 dpi
    reader = Reader({over: "25M7", HERE: "30"})

    page = await page_of(reader, file=file)
    switched_off = await page_of(reader, file=file, text_layer=False)

    assert [(one.text, one.engine) for one in page.dimensions] == [("25H7", "pdf-text"), ("30", "reader-dimension")]
    assert [one.text for one in switched_off.dimensions] == ["25M7", "30"]


@pytest.mark.parametrize(
    ("reader", "file", "error", "said"),
    [
        (Reader({HERE: "25"}), scan(ink=0), NothingFound, "nothing could be found on page 1: it is blank"),
        (Reader(), scan(), NothingFound, "nothing could be found"),
        (Reader(fails={"find-text": WeightsMissing("pull them")}), scan(), WeightsMissing, "pull them"),
        (Reader({HERE: "25"}, fails={"read": WeightsMissing("pull them")}), scan(), WeightsMissing, "pull them"),
        (Reader({HERE: "25"}), pdf(ruled, password="x"), InvalidInput, "encrypted"),
        (Reader({HERE: "25"}), pdf(*[ruled] * 500), TooLarge, "the file has 500 pages"),
        (Reader({HERE: "25"}), document(b"%PDF-1.4", "application/pdf"), InvalidInput, "cannot be opened"),
    ],
)
async def test_no_failure_and_no_empty_sheet_passes_for_a_success(
    reader: Reader, file: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        await page_of(reader, file=file)
    if error is not NothingFound or "blank" in said:
        with pytest.raises(error, match=said):
            await read(reader.job(), ReadRequest(file=file))


async def test_a_sheet_of_which_nothing_could_be_read_or_that_has_views_alone_is_answered_with_them() -> None:
    views = [
        SheetPart(kind="view", polygon=box(50, 50, 300, 200)),
        SheetPart(kind="symbol", polygon=HERE, label="datum"),
    ]

    blurred = await page_of(Reader({HERE: ""}))
    doubtful = await page_of(Reader({HERE: (("25", 0.95),)}), least=1)
    wordless = await page_of(Reader(parts=views))

    assert [(one.polygon, one.text) for one in blurred.unread] == [(list(HERE), "")]
    assert [(one.polygon, one.text) for one in doubtful.unread] == [(list(HERE), "25")]
    assert not blurred.dimensions and not doubtful.dimensions
    assert len(wordless.views) == len(wordless.symbols) == 1


async def test_a_step_beside_the_reading_that_fails_is_told_and_the_rest_is_answered() -> None:
    reader = Reader({HERE: "25"}, fails={"layout": ModelFailed("it broke")})
    job = reader.job()

    (page,) = (await analyze(job, AnalyzeRequest(file=scan(), exports=[]))).pages

    assert [one.text for one in page.dimensions] == ["25"]
    assert [(step.state, step.code, step.message) for step in page.steps if step.step == "layout"] == [
        ("failed", "model-failed", "it broke")
    ]
    assert job.warnings == ["it broke"]


async def test_pages_are_answered_in_order_and_a_blank_one_among_them_is_told() -> None:
    reader = Reader({HERE: "25"})
    job, told = reader.job(), []
    job.report = lambda stage, share: told.append((stage, share))

    reply = await analyze(job, AnalyzeRequest(file=pdf(ruled, lambda sheet: None, ruled), pages="1-3", exports=[]))

    assert [(page.page, len(page.dimensions)) for page in reply.pages] == [(1, 1), (2, 0), (3, 1)]
    assert reply.page_count == 3 and job.warnings == ["page 2 is blank"]
    assert told[-1] == ("3 of 3 pages read", 1.0) and len(told) == 4


@pytest.mark.parametrize(("height", "told"), [(16, True), (24, False)])
async def test_figures_that_are_too_small_to_be_read_are_told(height: int, told: bool) -> None:
    job = Reader({box(100, 60 * row, 60, height): f"{row}25.5" for row in range(1, 6)}).job()

    await analyze(job, AnalyzeRequest(file=scan(), exports=[]))

    sentence = "page 1: figures 16 pixels high; below 20 many are misread: send it at 200 dpi or more"
    assert job.warnings == ([sentence] if told else [])


async def test_where_reading_is_switched_off_nothing_found_says_so_and_not_that_the_page_is_blank() -> None:
    off = {name: False for name in ("ocr", "views", "tables", "title_block", "frames")}

    with pytest.raises(NothingFound, match="page 1 with ocr=false"):
        await analyze(Reader({HERE: "25"}).job(), AnalyzeRequest(file=scan(), exports=[], **off))


async def test_texts_are_found_in_the_page_as_it_was_prepared_and_answered_where_they_stand() -> None:
    reader = Reader({HERE: "25"})

    (page,) = (await analyze(reader.job(), AnalyzeRequest(file=scan(), clahe=True, blur=True, exports=[]))).pages

    assert page.dimensions[0].polygon == list(HERE)
    pictures = [input.picture for task, input in reader.asked if task == "find-text"]
    assert pictures[0].key != page.picture.data and pictures[0].data != page.picture.data


async def test_ink_in_a_cell_that_no_text_was_found_in_is_read_all_the_same() -> None:
    digit = box(220, 100, 10, 20)
    cells = (
        Cell(box=(90, 90, 200, 130), row=0, column=0, content=box(100, 100)),
        Cell(box=(200, 90, 300, 130), row=0, column=1, content=digit),
    )
    parts = [SheetPart(kind="table", polygon=box(90, 90, 210, 40), cells=cells)]
    reader = Reader({box(100, 100): "BOLT"}, {"text": {box(100, 100): "BOLT", digit: "8"}}, parts=parts)

    (table,) = (await page_of(reader)).tables

    assert [cell.text for cell in table.cells] == ["BOLT", "8"]


async def test_what_the_reader_of_dimensions_makes_of_words_is_not_believed() -> None:
    words = {NOTE: (("1. DO NOT SCALE", 0.8),)}
    reader = Reader({NOTE: ""}, {"dimension": {NOTE: (("1.D0N0TSCALE", 0.95),)}, "text": words})

    page = await page_of(reader)

    assert [one.text for one in page.texts] == ["1. DO NOT SCALE"] and not page.dimensions


async def test_figures_that_are_made_of_a_whole_sentence_are_no_dimension_and_it_is_told() -> None:
    note, size = box(100, 200, 284, 27), box(100, 260, 60, 27)

    page = await page_of(Reader({note: "1.5", size: "1.5"}))

    assert [one.text for one in page.dimensions] == ["1.5"]
    assert page.dimensions[0].polygon[0] == (100.0, 260.0)
    assert ["far shorter" in one.reason for one in page.unread] == [True]

    page = await page_of(Reader({note: (("1.5", 0.9), ("1. 지시 없는 모따기 C0.5", 0.6))}))
    assert [one.text for one in page.texts] == ["1. 지시 없는 모따기 C0.5"] and not page.dimensions


async def test_a_lone_letter_that_looks_like_a_figure_is_read_as_words_too_and_the_surer_reading_stands() -> None:
    dimension, words = {HERE: (("1", 0.85),), UP: (("5", 0.9),)}, {HERE: (("C", 0.97),), UP: (("5", 0.99),)}
    reader = Reader({HERE: "", UP: ""}, {"dimension": dimension, "text": words})

    page = await page_of(reader)

    assert [one.text for one in page.dimensions] == ["5"] and [one.text for one in page.texts] == ["C"]


async def test_a_lone_figure_outside_of_every_view_is_no_dimension() -> None:
    parts = [SheetPart(kind="view", polygon=box(50, 50, 300, 200))]
    reader = Reader({HERE: "25", box(400, 300): "8", box(400, 340): "12.5"}, parts=parts)

    page = await page_of(reader)

    assert [one.text for one in page.dimensions] == ["25", "12.5"] and [one.text for one in page.texts] == ["8"]


async def test_with_a_vote_every_engine_for_dimensions_is_asked_and_one_that_cannot_answer_is_told() -> None:
    reader = Reader({HERE: "25H7"}, fails={"reader-dimension": WeightsMissing("pull them")})
    voted = Reader({HERE: "25H7"})

    page = await page_of(voted, ensemble=True)

    asked = [input for task, input in voted.asked if task == "read" and input.alphabet == "dimension"]
    assert len(asked) >= 2 and [one.text for one in page.dimensions] == ["25H7"]
    assert page.dimensions[0].engine.count(" + ") >= 1
    told = await page_of(reader, ensemble=True)
    assert [step.state for step in told.steps if step.step.startswith("read dimension by")].count("failed") >= 2


class Differing(Reader):
    """Engines that read otherwise, all of which have to be asked before one answers; some are not planned."""

    def __init__(self, said: dict[str, str]) -> None:
        super().__init__({HERE: ""})
        self.said, self.waiting = said, asyncio.Barrier(len(said))

    async def call(self, task: str, input: Any, ask: Any) -> Any:
        engine = ask.policy.variant
        if task != "read" or not engine or input.alphabet != "dimension":
            return await super().call(task, input, ask)
        if engine not in self.said:
            raise NoRung(f"{engine} is not planned")
        async with asyncio.timeout(5):
            await self.waiting.wait()
        return await Reader({HERE: self.said[engine]}).call(task, input, ask)


async def test_engines_of_a_vote_are_asked_at_once_and_where_they_differ_the_dimension_says_so() -> None:
    best, second, *others = FOR_ALPHABET["dimension"]
    job = Differing({best: "25H7", second: "25H8"}).job()

    (page,) = (await analyze(job, AnalyzeRequest(file=scan(), exports=[], ensemble=True))).pages

    (dimension,) = page.dimensions
    assert (dimension.text, dimension.engine) == ("25H7", best)
    assert dimension.notes[-1] == f"engines differ here, the most weight first: {best}: 25H7; {second}: 25H8"
    assert ("25H8", second) in [(one.text, one.engine) for one in dimension.alternatives]
    steps = {step.step: step for step in page.steps}
    assert [steps[f"read dimension by {name}"].state for name in others] == ["off"] * len(others)
    assert all(steps[f"read dimension by {name}"].message == f"{name} is not planned" for name in others)
    assert "failed" not in [step.state for step in page.steps] and job.warnings == []


class Looking(Reader):
    """Engines for dimensions read what `texts` says; one with boxes of its own sees `own`."""

    def __init__(self, texts: dict[Any, str], own: dict[Any, str]) -> None:
        super().__init__(texts)
        self.own = own

    async def call(self, task: str, input: Any, ask: Any) -> Any:
        found = await super().call(task, input, ask)
        if task != "read" or not input.own_boxes:
            return found
        lines = [
            TextLine(box=number, polygon=polygon, readings=(Reading(text=text, confidence=0.9),))
            for number, (polygon, text) in enumerate(self.own.items())
        ]
        return replace(found, output=ReadOutput(lines=tuple(lines), alphabets=("text",)))


async def test_an_engine_with_boxes_of_its_own_votes_where_they_are_of_the_same_text_and_nowhere_else() -> None:
    near, piece, away = box(103, 101), box(100, 100, 20), box(400, 300)
    assert near != HERE
    reader = Looking({HERE: "25H7"}, {near: "25H8", piece: "25", away: "99"})

    page = await page_of(reader, ensemble=True)

    (dimension,) = page.dimensions
    (own,) = WITH_OWN_BOXES
    assert dimension.text == "25H7" and ("25H8", own) in [(one.text, one.engine) for one in dimension.alternatives]
    assert "99" not in [one.text for one in (*page.texts, *page.unread)]
    (step,) = [step for step in page.steps if step.step == "cluster"]
    assert (step.engine, step.found) == (own, 1)
    assert step.message == (
        "1 of 1 boxes were found by others too; 1 places where only others saw a text are left out, and 1 boxes of"
        " theirs that hold parts of texts"
    )


async def test_on_the_same_boxes_no_engine_looks_for_texts_itself() -> None:
    reader = Looking({HERE: "25H7"}, {HERE: "25H8"})

    page = await page_of(reader, ensemble=True, own_boxes=False)

    assert not any(input.own_boxes for task, input in reader.asked if task == "read")
    assert "cluster" not in [step.step for step in page.steps]


async def test_where_the_best_reader_is_missing_the_next_one_reads_and_it_is_told() -> None:
    best = FOR_ALPHABET["dimension"][0]

    class Missing(Reader):
        async def call(self, task: str, input: Any, ask: Any) -> Any:
            if task == "read" and ask.policy.variant == best:
                raise WeightsMissing("pull them")
            return await super().call(task, input, ask)

    job = Missing({HERE: "25H7"}).job()
    (page,) = (await analyze(job, AnalyzeRequest(file=scan(), exports=[]))).pages

    assert [one.text for one in page.dimensions] == ["25H7"]
    assert job.warnings == [f"{best} could not be asked, which reads this best: pull them"]


async def test_a_second_look_that_nobody_can_take_says_who_read_it_already() -> None:
    class Alone(Reader):
        async def call(self, task: str, input: Any, ask: Any) -> Any:
            if task == "read" and ask.policy.variant != "ppocr-v6-read":
                raise WeightsMissing("pull them")
            return await super().call(task, input, ask)

    job, page = Alone().job(), Picture(data=b"", key="", width=9, height=9, media_type="image/png")
    with pytest.raises(WeightsMissing, match="by nobody but ppocr-v6-read who was made for them: pull them"):
        await engines.read(job, page, [TextBox(polygon=HERE)], "dimension", skip="ppocr-v6-read")


async def test_work_on_a_page_says_what_it_takes_of_memory_and_a_large_scan_is_a_page_too() -> None:
    reader = Reader()

    await open_sheet(reader.job(), scan(3_000, 2_000), 1, None, text_layer=True)

    ((_, asked),) = reader.asked
    assert asked.working == page_bytes(3_000, 2_000) == 60 * MiB + 12 * 6_000_000
    assert asked.arguments["most_pixels"] == 64_000_000
    assert APP.operations[0].limits.pixels == 150_000_000


async def test_a_confidence_has_four_figures_and_dimensions_that_are_switched_off_are_a_step_that_is() -> None:
    reader = Reader({HERE: (("25H7", 0.997002999),)})

    page, off = await page_of(reader), await page_of(reader, dimensions=False)

    assert page.dimensions[0].confidence == 0.997
    assert not off.dimensions and [text.text for text in off.texts] == ["25H7"]
    states = [{step.step: step.state for step in one.steps}.get("dimensions") for one in (page, off)]
    assert states == [None, "off"]
