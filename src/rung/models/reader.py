"""Our own reader of the two alphabets of drawings, dimensions and feature control frames, on ONNX Runtime.

The net gives shares of signs by step; what they are read as is settled by a beam search along the grammar of
`notation`. A text that is none of the grammar's is given only where the picture says it far more clearly than any
that is: a drawing may hold what the grammar does not know, and must not be bent to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models import cells, ctc
from rung.models.calibration import Curve
from rung.models.lettering.crops import upright
from rung.models.lettering.cutting import MARGIN, pieces
from rung.models.lettering.quads import of_polygon
from rung.models.lettering.stacks import Parts, together
from rung.models.notation import (
    Automaton,
    cell_automaton,
    deviation_automaton,
    dimension_automaton,
    limit_automaton,
)
from rung.models.onnx_session import session
from rung.models.pictures import decode
from rung.models.signs import ALPHABETS, SIGNS
from rung.models.strips import STEP, Strip, batch, strip
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome, Progress, Result
from rung.runtime.tasks import Reading, ReadInput, ReadOutput, TextBox, TextLine
from rung.runtime.tasks.drawings import Alphabet

OURS: Final[tuple[Alphabet, ...]] = ("dimension", "frame")
BATCH: Final = 16
BEND: Final = 20.0
"""A text outside the grammar is believed where its chance is so many times that of the best one inside."""
DARK: Final = 100
"""Of 255: a page whose middle shade is darker is light on dark."""
MOST: Final = 4
"""Readings of one row."""
LEAST: Final = 0.01
"""Of confidence: a less likely reading is not named."""
SURE: Final = 0.5
"""With a higher chance no other text can have a higher one."""
Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Loose:
    """A grammar as drawings write it: a decimal comma is a point, and a beginning may do. ended: whether a text has to
    be whole."""

    grammar: Automaton
    ended: bool = True

    @property
    def start(self) -> int:
        """Before the first sign."""
        return self.grammar.start

    def step(self, state: int, sign: str) -> int | None:
        """After one more sign."""
        return self.grammar.step(state, "." if sign == "," else sign)

    def accepts(self, state: int) -> bool:
        """Whether a text may end here."""
        return not self.ended or self.grammar.accepts(state)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of signs to be read."""

    strip: Strip
    alphabet: Alphabet
    language: Loose


class Reader:
    """One `.onnx` file: strips f32 [N, 1, 32, W] -> scores f32 [N, W / 4, classes].

    In its metadata `signs`, the classes from 1 on, and `calibration`, by alphabet the two figures of `believed`.
    """

    def load(self, context: Context) -> None:
        """Open the session. LoadFailed where the file was made for other signs."""
        self._session = session(context.weight(".onnx"), context)
        notes = self._session.get_modelmeta().custom_metadata_map
        if notes.get("signs") != SIGNS:
            raise LoadFailed(f"{context.variant}: the file was not trained on the signs that this reader gives")
        for grammar in (dimension_automaton, deviation_automaton, limit_automaton, cell_automaton):
            grammar()  # Half a second, once: as part of the load and not of the first call.
        self._calibration: Mapping[str, tuple[float, float]] = json.loads(notes["calibration"])

    def run(self, calls: Sequence[Call[ReadInput]]) -> Iterator[tuple[int, Outcome]]:
        """The texts of each picture's boxes."""
        for index, call in enumerate(calls):
            yield from ((index, outcome) for outcome in self._answer(call))

    def _answer(self, call: Call[ReadInput]) -> Iterator[Outcome]:
        grey = dark_on_light(cv2.cvtColor(decode(call.input.picture), cv2.COLOR_RGB2GRAY))
        cut = [(box.alphabet or call.input.alphabet, box) for box in call.input.boxes]
        found = [(parts(grey, box, alphabet) if alphabet in OURS else None, alphabet) for alphabet, box in cut]
        rows = [row for some, alphabet in found if some is not None for row in rows_of(some, alphabet)]
        read: dict[int, tuple[Reading, ...]] = {}
        order = sorted(range(len(rows)), key=lambda number: rows[number].strip.shape[1])
        for start in range(0, len(order), BATCH):
            call.check()
            taken = order[start : start + BATCH]
            for number, shares in zip(taken, self._shares([rows[number] for number in taken]), strict=True):
                read[number] = readings(shares, rows[number], *self._calibration[rows[number].alphabet])
            yield Progress(len(read) / len(rows), "read")
        yield Result(ReadOutput(lines=lines(call.input.boxes, [some for some, _ in found], read), alphabets=OURS))

    def _shares(self, rows: Sequence[Row]) -> Iterator[Floats]:
        """Of each row, f32 [T, classes] among its alphabet's signs."""
        (scores,) = self._session.run(None, {"strips": batch([row.strip for row in rows])})
        for row, seen in zip(rows, scores, strict=True):
            yield shared(seen[: row.strip.shape[1] // STEP] + mask(row.alphabet))


def dark_on_light(grey: Grey) -> Grey:
    """The page, or its negative where it is mostly dark, as on a CAD program's screen."""
    return np.asarray(255 - grey, np.uint8) if np.median(grey[::8, ::8]) < DARK else grey


def parts(grey: Grey, box: TextBox, alphabet: Alphabet) -> Parts:
    """The rows of a box: a dimension may be stacked, a frame's cell has one."""
    if alphabet == "frame":
        cell, _ = upright(grey, of_polygon(box.polygon))
        return Parts(main=cells.inside(cell))
    found = pieces(grey, box, MARGIN)
    return Parts(*(None if one is None else cells.closely(one) for one in (found.main, found.upper, found.lower)))


def rows_of(found: Parts, alphabet: Alphabet) -> list[Row]:
    """What is read of a box, each row along its own grammar: main, upper, lower."""
    if alphabet == "frame":
        return [Row(strip(one), alphabet, Loose(cell_automaton())) for one in found.rows()]
    main = [] if found.main is None else [Row(strip(found.main), alphabet, _main(stacked=found.upper is not None))]
    stack = Loose(deviation_automaton() if found.main is not None else limit_automaton())
    return main + [Row(strip(one), alphabet, stack) for one in (found.upper, found.lower) if one is not None]


def _main(*, stacked: bool) -> Loose:
    """What stands before a stack need not be whole: `25H7(`."""
    return Loose(dimension_automaton(), ended=not stacked)


@cache
def mask(alphabet: Alphabet) -> Floats:
    """f32 [classes], added to scores: 0 for the blank and the alphabet's signs, hardly possible for others."""
    known = ALPHABETS[alphabet]
    return np.array([0.0, *(0.0 if sign in known else -1e4 for sign in SIGNS)], np.float32)


def shared(scores: Floats) -> Floats:
    """Shares that sum to 1 along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


def readings(shares: Floats, row: Row, slope: float, offset: float) -> tuple[Reading, ...]:
    """What a row says, likeliest first, each with the confidence that the calibration gives its chance; none where it
    most likely says nothing."""
    said = weighed(shares, row.language)
    if said and not said[0].text:
        return ()
    found = [Reading(text=one.text, confidence=believed(one.chance, slope, offset)) for one in said if one.text]
    spare = 1.0
    kept: list[Reading] = []
    for reading in found[:MOST]:
        # The first is what the calibration is about; the others share what it leaves.
        confidence = min(reading.confidence or 0.0, spare)
        spare -= confidence
        if not kept or confidence >= LEAST:
            kept.append(Reading(text=reading.text, confidence=round(confidence, 4)))
    return tuple(kept)


def weighed(shares: Floats, language: Loose) -> list[ctc.Text]:
    """The texts of the grammar and, where none of them is sure, those outside it, whose chance counts for less: what
    no drawing says is less likely to be what is written."""
    inside = ctc.texts(shares, SIGNS, language)
    if inside and inside[0].chance > SURE:
        return inside
    known = {one.text for one in inside}
    others = [one for one in ctc.texts(shares, SIGNS) if one.text not in known]
    outside = [ctc.Text(one.text, one.chance / BEND) for one in others]
    return sorted([*inside, *outside], key=lambda one: -one.chance)


def believed(chance: float, slope: float, offset: float) -> float:
    """How often a text of that chance is right: a logistic curve over the chance's log odds, fitted on crops in fonts
    that the net was not trained on."""
    return Curve(slope, offset).believed(chance)


def lines(
    boxes: Sequence[TextBox], found: Sequence[Parts | None], read: Mapping[int, tuple[Reading, ...]]
) -> tuple[TextLine, ...]:
    """The lines of boxes from what was read of their rows, which are counted through."""
    answers, number = [], 0
    for place, (box, some) in enumerate(zip(boxes, found, strict=True)):
        rows = 0 if some is None else len(some.rows())
        said: tuple[Any, ...] = () if some is None else together(some, [read[number + i] for i in range(rows)])
        number += rows
        answers.append(TextLine(box=place, polygon=box.polygon, readings=said, reason="" if said else _why(some)))
    return tuple(answers)


def _why(some: Parts | None) -> str:
    return "no sign was told in it" if some is not None else "this reader knows dimensions and frames, no other words"
