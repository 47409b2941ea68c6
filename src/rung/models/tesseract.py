"""Tesseract, the system's program: what a text says, Hangul too.

One process reads all boxes of a call: it is given a list of pictures of one line each, so that its languages are loaded
once. Texts with Hangul come back with spaces inside words, which are closed where the gap is no gap between words.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from rung.models.lettering.cutting import framed, whole
from rung.models.lettering.glyphs import ink
from rung.models.lettering.patches import Grey
from rung.models.pictures import decode
from rung.runtime.errors import LoadFailed, ModelFailed
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
POLL_S: Final = 0.05
QUOTED: Final = 300
"""Characters of what the program complained of."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as the program gives it. left, width, height: pixels. sure: 0..100."""

    text: str
    left: int
    width: int
    height: int
    sure: float


class Tesseract:
    """No weights of ours: the languages are those that are installed. Options: `program`, `languages` (`kor+eng`)."""

    def load(self, context: Context) -> None:
        """Find the program and its languages. LoadFailed, with the remedy, where one is missing."""
        program = str(context.options.get("program", "tesseract"))
        found = shutil.which(program)
        if found is None:
            raise LoadFailed(f"{context.variant}: there is no program {program} on PATH: apt install tesseract-ocr")
        self._languages = str(context.options.get("languages", "kor+eng"))
        said = subprocess.run([found, "--list-langs"], capture_output=True, text=True, check=False, timeout=60)
        missing = [one for one in self._languages.split("+") if one not in said.stdout.split()]
        if missing:
            packages = " ".join(f"tesseract-ocr-{one}" for one in missing)
            raise LoadFailed(f"{context.variant}: {found} lacks {', '.join(missing)}: apt install {packages}")
        self._program = found
        self._env = {**os.environ, "OMP_THREAD_LIMIT": str(context.threads)}

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
            _line(place, box, said) for place, (box, said) in enumerate(zip(call.input.boxes, words, strict=True))
        )
        return ReadOutput(lines=lines, alphabets=ALPHABETS)

    def _words(self, cut: Sequence[Grey], check: Callable[[], None]) -> list[list[Word]]:
        """What each picture of a line says. ModelFailed where the program fails."""
        with tempfile.TemporaryDirectory(prefix="rung-tesseract-") as folder:
            names = []
            for number, picture in enumerate(cut):
                names.append(str(Path(folder) / f"{number}.pgm"))
                cv2.imwrite(names[-1], picture)
            listed = Path(folder) / "list.txt"
            listed.write_text("\n".join(names) + "\n")
            command = [
                self._program,
                str(listed),
                str(Path(folder) / "out"),
                "-l",
                self._languages,
                "--psm",
                "7",
                "tsv",
            ]
            code, complaint = self._waited(command, Path(folder) / "complaint.txt", check)
            if code:
                raise ModelFailed(f"tesseract ended with {code}: {complaint}")
            return told((Path(folder) / "out.tsv").read_text(), len(cut))

    def _waited(self, command: Sequence[str], said: Path, check: Callable[[], None]) -> tuple[int, str]:
        """Its exit code and what it complained of. It is ended with the call."""
        with said.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file, env=self._env) as process:
            try:
                while process.poll() is None:
                    check()
                    time.sleep(POLL_S)
            except BaseException:
                process.kill()
                raise
        return process.returncode, said.read_text(errors="replace")[-QUOTED:].strip()


def sized(picture: Grey) -> Grey:
    """Enlarged so that it is at least HIGH pixels high."""
    if picture.shape[0] >= HIGH:
        return picture
    scale = HIGH / picture.shape[0]
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)


def told(table: str, count: int) -> list[list[Word]]:
    """The words of each of `count` pictures from the program's table (`tsv`), whose pages are counted from 1."""
    words: list[list[Word]] = [[] for _ in range(count)]
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) == COLUMNS and cells[0] == WORD_LEVEL and cells[11].strip():
            word = Word(cells[11].strip(), int(cells[6]), int(cells[8]), int(cells[9]), float(cells[10]))
            words[int(cells[1]) - 1].append(word)
    return words


COLUMNS: Final = 12
WORD_LEVEL: Final = "5"


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


def is_hangul(sign: str) -> bool:
    """Whether it is a syllable or a letter of it."""
    return "가" <= sign <= "힣" or "ㄱ" <= sign <= "ㆎ"


def _line(place: int, box: TextBox, words: Sequence[Word]) -> TextLine:
    if not words:
        return TextLine(box=place, polygon=box.polygon, readings=(), reason="no sign was told in it")
    sure = min(word.sure for word in words) / 100.0
    said = Reading(text=sentence(words), confidence=min(max(sure, 0.0), 1.0))
    return TextLine(box=place, polygon=box.polygon, readings=(said,))
