"""Decides whether a page lies upside down or on its side, by which way its texts can be read.

A sheet is lettered level and, along upright dimension lines, from below to above. Turned by 90 degrees against the
clock, what was level runs up and what ran up is level and on its head; turned with the clock, it is the level ones that
can be read and those that run up that cannot. So the page's place follows from which of the two are on their heads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from rung.apps.drawings import engines
from rung.apps.drawings.lines import Axes, Line, Polygon
from rung.apps.drawings.opening.sheets import OpenSheet, open_sheet
from rung.apps.drawings.page_steps import Steps
from rung.apps.drawings.schema import AnalyzeRequest, ReadRequest
from rung.runtime.job import Job
from rung.runtime.tasks import TextBox

Result = TypeVar("Result")
Turn = Literal[0, 90, 180, 270]
"""Degrees with the clock that set a page upright."""
LONG: Final = 2.5
"""Heights: a shorter text (0, 8, 1:1) says little of which way it runs."""
SURE: Final = 0.8
FEW_SURE: Final = 0.5
"""Of the texts that run one way: as few are read surely only where they may be on their heads. On upright sheets, scans
and photographs 0.7 to 1.0 of them are sure, on turned ones 0 to 0.2."""
LEAST: Final = 3
"""Texts that run one way, below which they say nothing."""
TRIED: Final = 16
BETTER: Final = 0.2
"""By how much the mean confidence has to grow where texts are read the other way round."""
ASIDE: Final = 5
"""Times as many texts that run up as level ones, words among them, stand on no upright sheet."""
LEAST_WORDS: Final = 3
LETTERS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Texts that run one way. over: whether they stand on their heads. words: how many are more than figures."""

    count: int
    over: bool = False
    words: int = 0


def turn_for(level: Running, upward: Running) -> Turn:
    """How a page is turned upright whose level texts, and those that run up or down it, are these."""
    aside = upward.count >= max(ASIDE * level.count, LEAST) and upward.words >= LEAST_WORDS
    if level.over:
        return 90 if not upward.over and upward.count >= level.count else 180
    if upward.over:
        return 270 if upward.count >= level.count else 0
    return 90 if aside else 0


def turn_of_layer(lines: Sequence[Line]) -> Turn:
    """How a page is turned upright whose file says which way its texts run."""
    level, upward = _two_ways(lines)
    return turn_for(*(_running(ways, _on_heads(ways)) for ways in (level, upward)))


async def turn_of_picture(job: Job, sheet: OpenSheet, lines: Sequence[Line], steps: Steps) -> Turn:
    """How the page is turned upright on which these lines were read. Only where few of those that run one way were
    read surely are some of them read the other way round."""
    found = []
    for ways in _two_ways(lines):
        doubted = len(ways) >= LEAST and sum(map(_sure, ways)) < FEW_SURE * len(ways)
        found.append(_running(ways, doubted and await _better_over(job, sheet, ways, steps)))
    return turn_for(*found)


def _two_ways(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Those of a length that says something: level, and running up or down. Slanting ones are neither."""
    level: list[Line] = []
    upward: list[Line] = []
    for line in lines:
        axes = Axes.of(line.polygon)
        start, _, end, _ = axes.seen(line.polygon)
        if end - start >= LONG * axes.height and max(map(abs, axes.along)) > 0.95:
            (level if abs(axes.along[0]) > 0.95 else upward).append(line)
    return level, upward


def _running(ways: Sequence[Line], over: bool) -> Running:
    words = sum(sum(map(str.isalpha, line.text)) >= LETTERS and _sure(line) for line in ways)
    return Running(count=len(ways), over=over, words=words)


def _on_heads(ways: Sequence[Line]) -> bool:
    """Whether most of them run to the left, or down."""
    ahead = [(axes := Axes.of(line.polygon)).along[0] - axes.along[1] for line in ways]
    return len(ways) >= LEAST and sum(one < 0 for one in ahead) > len(ways) / 2


def _sure(line: Line) -> bool:
    return bool(line.guesses) and (line.confidence is None or line.confidence >= SURE)


async def _better_over(job: Job, sheet: OpenSheet, ways: Sequence[Line], steps: Steps) -> bool:
    """Whether they are read with more confidence upside down, the shorter ones first: sentences may be in letters that
    the recogniser does not know either way."""
    tried = sorted((line.polygon for line in ways), key=_stretch)[:TRIED]
    boxes = [TextBox(polygon=polygon, alphabet="text") for polygon in (*tried, *map(_over, tried))]
    read, engine = await steps.ask(job, "upright", engines.read(job, sheet.picture, boxes, "text"))
    if not read:
        return False
    steps.note("upright", engine, len(tried))
    sure = [line.confidence or 0.0 if line.guesses else 0.0 for line in read]
    here, over = sure[: len(tried)], sure[len(tried) :]
    return sum(over) - sum(here) >= BETTER * len(tried)


def _stretch(polygon: Polygon) -> float:
    axes = Axes.of(polygon)
    start, _, end, _ = axes.seen(polygon)
    return (end - start) / axes.height


def _over(polygon: Polygon) -> Polygon:
    """The same place, read the other way round."""
    return (*polygon[2:], *polygon[:2])


async def set_upright(
    job: Job,
    request: ReadRequest | AnalyzeRequest,
    number: int,
    work: Callable[[OpenSheet, Steps], Awaitable[tuple[Result, Sequence[Line]]]],
) -> tuple[Result, Steps]:
    """What comes of the page as it stands upright, and the account of its steps. One that turns out to lie otherwise is
    worked on once more.

    work: gives what it makes of an open page, and the lines that it read there.
    """

    async def opened(turned: int) -> OpenSheet:
        return await open_sheet(job, request.file, number, request.dpi, text_layer=request.text_layer, turned=turned)

    steps, sheet = Steps(), await opened(0)
    turn = turn_of_layer(sheet.lines) if request.upright else 0
    if turn:
        sheet = await opened(turn)
    if not request.upright:
        steps.off("upright")
    made, lines = await work(sheet, steps)
    if turn or not request.upright or not (turn := await turn_of_picture(job, sheet, lines, steps)):
        return made, steps
    steps = Steps(done=[step for step in steps.done if step.step == "upright"])
    made, _ = await work(await opened(turn), steps)
    return made, steps
