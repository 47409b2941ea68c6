"""Owns one page's texts: those of the file itself, and those that are found and read in its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rung.apps.drawings import engines, ensemble, schema, scripts
from rung.apps.drawings.cell_boxes import ill_boxed
from rung.apps.drawings.filling import filling
from rung.apps.drawings.joining import joined
from rung.apps.drawings.lines import Line, Polygon, centre, covered, holds
from rung.apps.drawings.nearby import all_covered
from rung.apps.drawings.opening.preparing import Prepared, prepare
from rung.apps.drawings.opening.sheets import OpenSheet
from rung.apps.drawings.opening.sizes import page_bytes
from rung.apps.drawings.page_steps import Steps
from rung.apps.drawings.squeezed import needed, taken_in
from rung.models import notation
from rung.runtime.job import Job
from rung.runtime.tasks import Alphabet, FindTextInput, FindTextOutput, Picture, TextBox

DOUBTFUL = 0.8
"""A dimension read with less confidence is looked at again by the recogniser of words, and in the mode `hybrid` by a
second one of dimensions."""


ROWS = "rung.apps.drawings.cell_rows:rows"
Vote = Literal["no", "same boxes", "own boxes"]
"""Of engines: none, on the boxes that were found once, or with those that find texts themselves."""
LONE = 2
LEAST_WORDS = 0.5
"""Where words are less likely, the other recogniser's guess is no more than a guess at them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """Parts of the page that decide how a text in them is read. cells: of frames, which are read cell by cell.

    contents: places in tables and the title block where ink stands, each in a cell of its own.
    """

    worded: tuple[Polygon, ...] = ()
    cells: tuple[Polygon, ...] = ()
    contents: tuple[Polygon, ...] = ()


async def lines_of(
    job: Job,
    sheet: OpenSheet,
    wanted: schema.Finding,
    steps: Steps,
    areas: Areas,
    *,
    thorough: bool,
    vote: Vote = "no",
) -> list[Line]:
    """Every line of the page, pieces of one dimension put together; the cells of the file's own frames as they are.

    thorough: doubtful ones are looked at again. vote: whether all engines for dimensions read, and what most of them
    read stands.
    """
    own = list(sheet.lines) if wanted.text_layer else []
    if own:
        steps.note("text-layer", own[0].engine, len(own))
    else:
        steps.off("text-layer") if not wanted.text_layer else steps.note("text-layer", "", 0)
    read = await _seen(job, sheet, wanted, steps, areas, own, thorough, vote) if _is_looked(wanted, own) else []
    if not _is_looked(wanted, own):
        steps.off("find-text")
        steps.off("read")
    loose = [line for line in own if line.framed is None]
    return [*joined(loose), *(line for line in own if line.framed is not None), *joined(read)]


def _is_looked(wanted: schema.Finding, own: Sequence[Line]) -> bool:
    """A DXF that holds texts holds all of them as entities; a PDF may hold some as letters and others as lines."""
    return wanted.ocr and not (own and own[0].engine == "dxf")


async def _seen(
    job: Job,
    sheet: OpenSheet,
    wanted: schema.Finding,
    steps: Steps,
    areas: Areas,
    own: Sequence[Line],
    thorough: bool,
    vote: Vote,
) -> list[Line]:
    prepared = await prepare(job, sheet.picture, wanted)
    found = await _boxes(job, prepared, wanted, steps)
    if found is None:
        return _or_raise(steps, own)
    boxes = found.boxes
    known = [line.polygon for line in own] + list(areas.cells)
    told = all_covered([prepared.back(box.polygon) for box in boxes], known)
    free = [box for box, known_already in zip(boxes, told, strict=True) if not known_already]
    free = await _in_cells(job, free, own, prepared, areas)
    reader = _Reader(job=job, picture=prepared.picture, boxes=free, steps=steps, vote=vote)
    lines = await reader.read(_in_words(free, prepared, areas), thorough)
    if free and not lines:
        return _or_raise(steps, own)
    if thorough:
        lines = await _once_more(job, prepared, found.doubtful, lines, areas, own, steps)
    return [Line(polygon=prepared.back(line.polygon), guesses=line.guesses, reason=line.reason) for line in lines]


async def _once_more(
    job: Job,
    prepared: Prepared,
    doubtful: Sequence[TextBox],
    lines: list[Line],
    areas: Areas,
    own: Sequence[Line],
    steps: Steps,
) -> list[Line]:
    """The lines with short figures that stand among the lines of a chain of dimensions, where they are sure."""
    taken = [*areas.worded, *areas.cells, *(line.polygon for line in own)]
    told = all_covered([prepared.back(box.polygon) for box in doubtful], taken)
    free = [box for box, known_already in zip(doubtful, told, strict=True) if not known_already]
    worth = needed(lines, [box.polygon for box in free])
    free = [box for box, is_needed in zip(free, worth, strict=True) if is_needed]
    reader = _Reader(job=job, picture=prepared.picture, boxes=free, steps=steps)
    tried, _ = await reader.asked(range(len(free)), "dimension")
    return taken_in(lines, list(tried.values()))


async def _boxes(job: Job, prepared: Prepared, wanted: schema.Finding, steps: Steps) -> FindTextOutput | None:
    asked = FindTextInput(
        picture=prepared.picture, patch=wanted.patch, overlap=wanted.overlap, merge_px=wanted.merge_px
    )
    found: FindTextOutput | None
    found, engine = await steps.ask(job, "find-text", job.run("find-text", asked))
    if found is None:
        return None
    steps.note("find-text", engine, len(found.boxes))
    return found


def _or_raise(steps: Steps, own: Sequence[Line]) -> list[Line]:
    """Nothing, where the file's own texts are answered; else a page without any text would pass for an empty one."""
    if own:
        return []
    raise steps.failed[-1]


async def _in_cells(
    job: Job, boxes: Sequence[TextBox], own: Sequence[Line], prepared: Prepared, areas: Areas
) -> list[TextBox]:
    """The boxes, with those of a cell's lines where the finder passed over one, cut one off or took two together. On a
    page that was set straight they are not looked for."""
    told = all_covered(areas.contents, [line.polygon for line in own])
    contents = [one for one, known_already in zip(areas.contents, told, strict=True) if not known_already]
    if not contents or prepared.matrix is not None:
        return [*boxes]
    size = page_bytes(prepared.picture.width, prepared.picture.height)
    found: list[list[Polygon]] = await job.compute(ROWS, size, picture=prepared.picture, contents=contents)
    kept = [*boxes]
    for content, lines in zip(contents, found, strict=True):
        mine = [box for box in kept if covered(content, [box.polygon])]
        if not mine or ill_boxed(lines, [box.polygon for box in mine]):
            kept = [box for box in kept if box not in mine]
            kept += [TextBox(polygon=line, alphabet="text") for line in lines or [content]]
    return kept


def _in_words(boxes: Sequence[TextBox], prepared: Prepared, areas: Areas) -> list[bool]:
    """Which of them stand in a table or a title block."""
    return [
        box.alphabet == "text" or any(holds(area, centre(prepared.back(box.polygon))) for area in areas.worded)
        for box in boxes
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Asks for the boxes of one picture, by their places."""

    job: Job
    picture: Picture
    boxes: Sequence[TextBox]
    steps: Steps
    vote: Vote = "no"

    async def dimensions(self, places: Sequence[int]) -> tuple[dict[int, Line], str]:
        """As `asked`; with a vote, what all engines made for dimensions say together."""
        if self.vote == "no" or not places:
            return await self.asked(places, "dimension")
        work = ensemble.dimensions(
            self.job, self.picture, self.boxes, places, self.steps, own_boxes=self.vote == "own boxes"
        )
        return await work, ""

    async def asked(self, places: Sequence[int], alphabet: Alphabet, skip: str = "") -> tuple[dict[int, Line], str]:
        """The lines by place, and the variant that read them; nothing where that failed, which the steps tell."""
        if not places:
            return {}, ""
        work = engines.read(self.job, self.picture, [self.boxes[place] for place in places], alphabet, skip)
        lines, engine = await self.steps.ask(self.job, f"read {alphabet}", work)
        if not lines:
            return {}, ""
        self.steps.note(f"read {alphabet}", engine, sum(bool(line.guesses) for line in lines))
        return dict(zip(places, lines, strict=True)), engine

    async def by_script(self, words: dict[int, Line]) -> dict[int, Line]:
        """Lines of words, of which those that may be Hangul are read by the recogniser that knows it."""
        places = [place for place, line in words.items() if scripts.may_be_hangul(line)]
        if not places or self.job.policy.variant:
            return words
        boxes = [self.boxes[place] for place in places]
        work = engines.read_by(self.job, self.picture, boxes, "text", scripts.HANGUL)
        lines, engine = await self.steps.ask(self.job, "read hangul", work)
        if not lines:
            return words
        read = {place: scripts.by_script(words[place], line) for place, line in zip(places, lines, strict=True)}
        self.steps.note("read hangul", engine, sum(line.engine == engine for line in read.values()))
        return words | read

    async def read(self, worded: Sequence[bool], thorough: bool) -> list[Line]:
        """Dimensions are tried first where no words are expected; what is none, or is doubtful, is read as words too.

        thorough: what is doubtful still is read by a second recogniser of dimensions.
        """
        drawn = [place for place, words in enumerate(worded) if not words]
        found, engine = await self.dimensions(drawn)
        rest = [place for place in range(len(self.boxes)) if place not in found or not _sure(found[place])]
        words, _ = await self.asked(rest, "text", skip=engine)
        for place, line in (await self.by_script(words)).items():
            found[place] = _as_words(found[place], line) if place in found else line
        doubtful = [place for place in drawn if place in found and _is_doubtful(found[place])]
        again, _ = await self.asked(doubtful if thorough and engine else [], "dimension", skip=engine)
        for place, line in again.items():
            found[place] = _better(found[place], line)
        return [filling(found[place], worded=worded[place]) for place in sorted(found)]


def _sure(line: Line) -> bool:
    """A lone figure or two is never sure by itself: a letter of a section or a datum looks like one."""
    likely = line.confidence is None or line.confidence >= DOUBTFUL
    return likely and len(line.text) > LONE and notation.parse(line.text) is not None


def _is_doubtful(line: Line) -> bool:
    return bool(line.guesses) and not _sure(line) and bool(notation.understood(line.text))


def _as_words(figures: Line, words: Line) -> Line:
    """A line that was read as a dimension and as words. What says no size to either is words: the recogniser of
    dimensions knows no other signs than theirs."""
    if notation.parse(figures.text) is not None or notation.parse(words.text) is not None:
        return _better(figures, words)
    likely = words.guesses and (words.confidence or 0.0) >= LEAST_WORDS
    return Line(
        polygon=words.polygon,
        guesses=(*words.guesses, *figures.guesses) if likely else words.guesses,
        reason=words.reason or "it is no dimension, and no words could be read",
    )


def _better(one: Line, other: Line) -> Line:
    """The line whose first reading is a dimension where one is, else the surer; the other's readings follow."""
    if not one.guesses or not other.guesses:
        return one if one.guesses else other
    first, second = sorted((one, other), key=_rank, reverse=True)
    return Line(polygon=first.polygon, guesses=(*first.guesses, *second.guesses), reason="")


def _rank(line: Line) -> float:
    sure = 0.5 if line.confidence is None else line.confidence
    return sure + (0.25 if len(line.text) > LONE and notation.parse(line.text) is not None else 0.0)
