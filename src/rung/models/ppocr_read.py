"""PP-OCR's recogniser on ONNX Runtime: what a text says; all but the net is written here.

It knows 18,708 signs, Chinese ones most of them and no Hangul. For a dimension its answer is restricted to the signs
that a dimension has: a look-alike (the Greek phi, a letter O with a stroke) counts for the sign that it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.calibration import OPTION, Calibration
from rung.models.lettering.cutting import pieces
from rung.models.lettering.greedy import readings
from rung.models.lettering.patches import Grey
from rung.models.lettering.signs import figured, fold
from rung.models.lettering.stacks import Parts, together
from rung.models.onnx_session import session
from rung.models.pictures import decode
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome, Progress, Result
from rung.runtime.tasks import Reading, ReadInput, ReadOutput, TextBox, TextLine
from rung.runtime.tasks.drawings import Alphabet

ALPHABETS: Final[tuple[Alphabet, ...]] = ("dimension", "text")
HIGH: Final = 48
"""Pixels of a row for the net."""
LEAST_WIDE: Final = 160
MOST_WIDE: Final = 3200
BATCH: Final = 6
"""Rows at once: what it says of one takes 18,710 figures per 8 columns."""
Floats = NDArray[np.float32]


class PpOcrRead:
    """One `.onnx` file: x f32 [N, 3, 48, W], -1..1 -> f32 [N, T, 18710] shares, blank first, space last; the signs in
    its metadata `character`.

    Option: `calibration`, the file of curves that were measured for these weights.
    """

    def load(self, context: Context) -> None:
        """Open the session. LoadFailed where the file does not say which signs it knows."""
        self._session = session(context.weight(".onnx"), context)
        self._input = self._session.get_inputs()[0].name
        known = self._session.get_modelmeta().custom_metadata_map.get("character", "")
        if not known:
            raise LoadFailed(f"{context.variant}: the file has no metadata `character`, the signs that it was taught")
        self._signs = ("", *known.split("\n"), " ")
        self._calibration = Calibration.of(str(context.options.get(OPTION, "")), context.variant)
        self._folds = {alphabet: fold(self._signs, alphabet) for alphabet in ALPHABETS}

    def run(self, calls: Sequence[Call[ReadInput]]) -> Iterator[tuple[int, Outcome]]:
        """The texts of each picture's boxes."""
        for index, call in enumerate(calls):
            yield from ((index, outcome) for outcome in self._answer(call))

    def _answer(self, call: Call[ReadInput]) -> Iterator[Outcome]:
        grey = cv2.cvtColor(decode(call.input.picture), cv2.COLOR_RGB2GRAY)
        cut = [pieces(grey, box) for box in call.input.boxes]
        rows = [row for found in cut for row in found.rows()]
        wanted = [box.alphabet or call.input.alphabet for box in call.input.boxes]
        alphabets = [alphabet for alphabet, found in zip(wanted, cut, strict=True) for _ in found.rows()]
        order = sorted(range(len(rows)), key=lambda number: rows[number].shape[1] / rows[number].shape[0])
        read: dict[int, tuple[Reading, ...]] = {}
        for start in range(0, len(order), BATCH):
            call.check()
            taken = order[start : start + BATCH]
            shares = self._session.run(None, {self._input: tensor([rows[number] for number in taken])})[0]
            for number, seen in zip(taken, shares, strict=True):
                read[number] = self._readings(seen, alphabets[number])
            yield Progress(len(read) / len(rows), "read")
        lines = tuple(
            replace(line, readings=self._calibration.told(line.readings, alphabet))
            for line, alphabet in zip(answered(call.input.boxes, cut, read), wanted, strict=True)
        )
        yield Result(ReadOutput(lines=lines, alphabets=ALPHABETS))

    def _readings(self, seen: Floats, alphabet: Alphabet) -> tuple[Reading, ...]:
        narrowed = self._folds.get(alphabet)
        if narrowed is None:
            return readings(seen, self._signs)
        said = readings(narrowed.shares(seen), narrowed.signs)
        return tuple(Reading(text=figured(one.text), confidence=one.confidence) for one in said)


def answered(
    boxes: Sequence[TextBox], cut: Sequence[Parts], read: Mapping[int, tuple[Reading, ...]]
) -> tuple[TextLine, ...]:
    """The lines of boxes from what was read of their rows, which are counted through."""
    lines, number = [], 0
    for place, (box, found) in enumerate(zip(boxes, cut, strict=True)):
        count = len(found.rows())
        said = together(found, [read[number + i] for i in range(count)])
        number += count
        reason = "" if said else "no sign was told in it"
        lines.append(TextLine(box=place, polygon=box.polygon, readings=said, reason=reason))
    return tuple(lines)


def tensor(rows: Sequence[Grey]) -> Floats:
    """f32 [N, 3, 48, W]: each row at its own shape, grey beside it."""
    wide = [min(max(-(-HIGH * row.shape[1] // row.shape[0]), 1), MOST_WIDE) for row in rows]
    batch = np.zeros((len(rows), 3, HIGH, max(*wide, LEAST_WIDE)), np.float32)
    for number, (row, columns) in enumerate(zip(rows, wide, strict=True)):
        sized = cv2.resize(row, (columns, HIGH), interpolation=cv2.INTER_LINEAR)
        batch[number, :, :, :columns] = sized.astype(np.float32) / 127.5 - 1.0
    return batch
