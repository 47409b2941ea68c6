"""Tesseract's table of words (`tsv`): its rows, and the lines of a page that are made of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from rung.runtime.tasks.drawings import Polygon

COLUMNS: Final = 12
WORD_LEVEL: Final = "5"
APART: Final = 1.0
"""Heights between two words: more is a gap between two texts. It makes one line of the texts of a whole row of a
drawing."""
Line = tuple[int, int, int, int]
"""Page, block, paragraph and line, from 0, 1, 1 and 1."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as the program gives it. left, width, height, top: pixels. sure: 0..100."""

    text: str
    left: int
    width: int
    height: int
    sure: float
    top: int = 0


def rows_of(table: str) -> Iterator[tuple[Line, Word]]:
    """Each word with the line that it stands in, in the table's order."""
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) == COLUMNS and cells[0] == WORD_LEVEL and cells[11].strip():
            page, block, paragraph, line, _, left, top, width, height = (int(one) for one in cells[1:10])
            word = Word(cells[11].strip(), left, width, height, float(cells[10]), top)
            yield (page - 1, block, paragraph, line), word


def lines_of(rows: Iterator[tuple[Line, Word]]) -> Iterator[list[Word]]:
    """The words of each text of a page, from the left: a line is parted at its wide gaps."""
    for _, group in groupby(rows, key=lambda row: row[0]):
        text: list[Word] = []
        for word in sorted((word for _, word in group), key=lambda word: word.left):
            if text and word.left - text[-1].left - text[-1].width > APART * max(word.height, text[-1].height):
                yield text
                text = []
            text.append(word)
        yield text


def around(words: Sequence[Word]) -> Polygon:
    """The box that holds them."""
    left, top = min(one.left for one in words), min(one.top for one in words)
    right, bottom = max(one.left + one.width for one in words), max(one.top + one.height for one in words)
    return ((left, top), (right, top), (right, bottom), (left, bottom))
