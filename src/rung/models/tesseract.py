"""Tesseract, the system's program: what a text says, Hangul too.

One process reads all boxes of a call: it is given a list of pictures of one line each, so that its languages are loaded
once. Texts with Hangul come back with spaces inside words, which are closed where the gap is no gap between words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import cv2
import numpy as np

from rung.models.calibration import OPTION, Calibration, is_hangul
from rung.models.lettering.cutting import framed, whole
from rung.models.lettering.glyphs import ink
from rung.models.lettering.patches import Grey
from rung.models.pictures import decode
from rung.models.tesseract_program import ONE_LINE, SPARSE, Program
from rung.models.tesseract_table import Word, around, lines_of, rows_of
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import Reading, ReadInput, ReadOutput, TextBox, TextLine
from rung.runtime.tasks.drawings import Alphabet

ALPHABETS: Final[tuple[Alphabet, ...]] = ("text",)
MARGIN: Final = 0.3
"""Heights of the line: paper around it."""
HIGH: Final = 48
"""Pixels: lower lines are enlarged to it."""
WORD_GAP: Final = 0.22
"""Heights of the line: between the boxes of two words; inside a word of Hangul it is less."""
FAINT: Final = 0.01
"""Of confidence: it gives per cents, and 0 also where it has no figure."""


class Tesseract:
    """No weights of ours: the languages are those that are installed. Options: `program`, `languages` (`kor+eng`),
    `calibration`, the file of curves that were measured for them."""

    def load(self, context: Context) -> None:
        """Find the program and its languages. LoadFailed, with the remedy, where one is missing."""
        self._program = Program.of(context)
        self._calibration = Calibration.of(str(context.options.get(OPTION, "")), context.variant)

    def run(self, calls: Sequence[Call[ReadInput]]) -> Iterator[tuple[int, Outcome]]:
        """The texts of each picture's boxes."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[ReadInput]) -> ReadOutput:
        grey = cv2.cvtColor(decode(call.input.picture), cv2.COLOR_RGB2GRAY)
        cut = [sized(framed(whole(grey, box), MARGIN)) for box in call.input.boxes]
        # Of plain paper it would read a nought.
        written = [place for place, picture in enumerate(cut) if ink(picture).any()]
        words: list[list[Word]] = [[] for _ in cut]
        if written:
            for place, said in zip(written, self._words([cut[place] for place in written], call.check), strict=True):
                words[place] = said
        lines = tuple(
            self._line(place, box, said, box.alphabet or call.input.alphabet)
            for place, (box, said) in enumerate(zip(call.input.boxes, words, strict=True))
        )
        if call.input.own_boxes:
            lines += tuple(self._found(grey, len(lines), call.input.alphabet, call.check))
        return ReadOutput(lines=lines, alphabets=ALPHABETS)

    def _line(self, place: int, box: TextBox, words: Sequence[Word], alphabet: Alphabet) -> TextLine:
        if not words:
            return TextLine(box=place, polygon=box.polygon, readings=(), reason="no sign was told in it")
        sure = min(word.sure for word in words) / 100.0
        said = Reading(text=sentence(words), confidence=min(max(sure, FAINT), 1.0))
        return TextLine(box=place, polygon=box.polygon, readings=self._calibration.told((said,), alphabet))

    def _words(self, cut: Sequence[Grey], check: Callable[[], None]) -> list[list[Word]]:
        """What each picture of a line says. ModelFailed where the program fails."""
        return told(self._program.table(cut, ONE_LINE, check), len(cut))

    def _found(self, grey: Grey, count: int, alphabet: Alphabet, check: Callable[[], None]) -> Iterator[TextLine]:
        """The lines that it finds itself, of the upright page and of the page on its side. count: lines before them."""
        for turned in (False, True):
            page = np.ascontiguousarray(np.rot90(grey, -1)) if turned else grey
            for words in lines_of(rows_of(self._program.table([page], SPARSE, check))):
                polygon = around(words)
                if turned:
                    polygon = tuple((y, grey.shape[0] - x) for x, y in polygon)
                yield self._line(count, TextBox(polygon=polygon), words, alphabet)
                count += 1


def sized(picture: Grey) -> Grey:
    """Enlarged so that it is at least HIGH pixels high."""
    if picture.shape[0] >= HIGH:
        return picture
    scale = HIGH / picture.shape[0]
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)


def told(table: str, count: int) -> list[list[Word]]:
    """The words of each of `count` pictures from the program's table (`tsv`)."""
    words: list[list[Word]] = [[] for _ in range(count)]
    for (page, *_), word in rows_of(table):
        words[page].append(word)
    return words


def sentence(words: Sequence[Word]) -> str:
    """The words with the spaces between them: between two of Hangul only where the gap is one between words."""
    text = ""
    before: Word | None = None
    for word in words:
        if before is not None:
            inside = is_hangul(before.text[-1]) and is_hangul(word.text[0])
            gap = word.left - before.left - before.width
            text += "" if inside and gap < WORD_GAP * max(before.height, word.height) else " "
        text += word.text
        before = word
    return text
