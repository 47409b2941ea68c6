"""eDOCr2's two recognisers, dimensions and frames, by its authors' package (Villena Toro and others, 2025; MIT).

It runs under an interpreter of the user's that has TensorFlow and the folder of their repository on its path
(`[variant.NAME] options = { python = "..." }`). Of a `.keras` file only the weights are read, into a net that the
package builds: what else such a file may hold is code. Its figures are no confidence that anybody measured, so readings
come without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models import cells, ctc
from rung.models.lettering.crops import upright
from rung.models.lettering.cutting import pieces
from rung.models.lettering.quads import of_polygon
from rung.models.lettering.stacks import Parts, together
from rung.models.pictures import decode
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.sections import section
from rung.runtime.tasks import Reading, ReadInput, ReadOutput, TextBox, TextLine
from rung.runtime.tasks.drawings import Alphabet

HEIGHT: Final = 31
WIDTH: Final = 200
"""Of the net's input; a longer text is made smaller, what is left over is black, as it was trained."""
KNOWN: Final[tuple[Alphabet, ...]] = ("dimension", "frame")
ROWS: Final = 8
"""At once: their widest layer takes 6 MB a row."""
MOST: Final = 3
"""Readings of one row."""
LEAST: Final = 0.01
"""Of the first reading's chance: a less likely one is not named."""
Grey = NDArray[np.uint8]


class Edocr2:
    """Four files: weights (`.keras`) and signs (`.txt`) of the recogniser of dimensions and of that of frames."""

    def load(self, context: Context) -> None:
        """Build both nets and fill them. LoadFailed where the package is missing, or a file does not fit."""
        recognition = _package(context.variant)
        _limit_threads(context.threads)
        self._nets: dict[Alphabet, tuple[Any, str]] = {}
        for alphabet, name in zip(KNOWN, ("dimensions", "gdts"), strict=True):
            signs = alphabet_of(context.weight(f"{name}.txt"))
            net = recognition.build_model(alphabet=signs, **recognition.DEFAULT_BUILD_PARAMS)[1]
            try:
                _fill(net, context.weight(f"{name}.keras"))
            except (ValueError, KeyError, OSError, BadZipFile) as error:
                raise LoadFailed(
                    f"{context.variant}: the weights of {name} do not fit a net for the {len(signs)} signs of its .txt:"
                    f" {error}"
                ) from error
            self._nets[alphabet] = net, signs

    def run(self, calls: Sequence[Call[ReadInput]]) -> Iterator[tuple[int, Outcome]]:
        """The texts of each picture's boxes."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[ReadInput]) -> ReadOutput:
        grey = cv2.cvtColor(decode(call.input.picture), cv2.COLOR_RGB2GRAY)
        boxes = [(box, box.alphabet or call.input.alphabet) for box in call.input.boxes]
        found = [_parts(grey, box, alphabet) if alphabet in self._nets else None for box, alphabet in boxes]
        said: dict[int, list[tuple[Reading, ...]]] = {}
        for alphabet in KNOWN:
            rows = [(at, row) for at, one in enumerate(found) if one and boxes[at][1] == alphabet for row in one.rows()]
            for start in range(0, len(rows), ROWS):
                call.check()
                for (at, _), reading in self._read(alphabet, rows[start : start + ROWS]):
                    said.setdefault(at, []).append(reading)
        lines = [_line(at, boxes[at][0], one, said.get(at, ())) for at, one in enumerate(found)]
        return ReadOutput(lines=tuple(lines), alphabets=KNOWN)

    def _read(
        self, alphabet: Alphabet, rows: Sequence[tuple[int, Grey]]
    ) -> Iterator[tuple[tuple[int, Grey], tuple[Reading, ...]]]:
        """Each row (of the box with that number) with its readings."""
        net, signs = self._nets[alphabet]
        seen = net.predict_on_batch(np.stack([letterbox(row) for _, row in rows]))
        for row, shares in zip(rows, seen, strict=True):
            yield row, readings(shares, signs)


def _line(place: int, box: TextBox, found: Parts | None, rows: Sequence[tuple[Reading, ...]]) -> TextLine:
    if found is None:
        reason = "this reader knows dimensions and frames, no other words"
        return TextLine(box=place, polygon=box.polygon, readings=(), reason=reason)
    said = together(found, rows)
    return TextLine(box=place, polygon=box.polygon, readings=said, reason="" if said else "no sign was told in it")


def alphabet_of(path: Path) -> str:
    """The signs of a net's classes, in order: the first line of the file, as its authors read it."""
    return path.read_text(encoding="utf-8").partition("\n")[0].strip()


def letterbox(row: Grey) -> NDArray[np.float32]:
    """f32 [31, 200, 1], 0..1: the row at its own shape in the upper left corner, black beside it.

    Cut off and rounded as its authors' `tools.fit` does, so that the net sees what they show it to the pixel.
    """
    rows, columns = row.shape
    across, down = WIDTH / columns, HEIGHT / rows
    size = (WIDTH, int(across * rows)) if across <= down else (int(down * columns), HEIGHT)
    size = max(size[0], 1), max(size[1], 1)
    fitted = np.zeros((HEIGHT, WIDTH), np.float32)
    fitted[: size[1], : size[0]] = cv2.resize(row, size).astype(np.float32) / 255
    return fitted[..., None]


def readings(shares: NDArray[np.float32], signs: str) -> tuple[Reading, ...]:
    """What a row says: first the likeliest path's text, which is its authors' answer, then other likely texts; none
    where that path is all blank. shares: [T, signs and the blank, which is the last]."""
    blank_first = np.roll(shares, 1, axis=1)
    first = ctc.greedy(blank_first, signs)
    if not first:
        return ()
    others = ctc.texts(blank_first, signs)
    named = [one.text for one in others if one.text not in ("", first) and one.chance >= LEAST * others[0].chance]
    return tuple(Reading(text=text, confidence=None) for text in (first, *named[: MOST - 1]))


def _parts(grey: Grey, box: TextBox, alphabet: Alphabet) -> Parts:
    if alphabet == "frame":
        return Parts(main=cells.inside(upright(grey, of_polygon(box.polygon))[0]))
    return pieces(grey, box)


def _package(variant: str) -> Any:
    try:
        from edocr2.keras_ocr import recognition
    except (ImportError, AttributeError) as error:  # imgaug asks numpy 2 for what only numpy 1 has
        raise LoadFailed(
            f"{variant} needs eDOCr2's own code and TensorFlow in its interpreter ({error}): clone"
            " github.com/javvi51/edocr2, install its requirements with numpy below 2, and put the folder on that"
            f' interpreter\'s path: {section(variant)} env = {{ PYTHONPATH = "/its/folder" }}'
        ) from error
    return recognition


def _limit_threads(threads: int) -> None:
    """TensorFlow takes every core otherwise. It listens before its first operation only, and each worker is new."""
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)


def _fill(net: Any, path: Path) -> None:
    """Every weight of the net from the file. ValueError where it leaves one out, which Keras itself passes over with a
    warning at most: the reader would make up signs."""
    net.set_weights([np.full_like(values, np.nan) for values in net.get_weights()])
    net.load_weights(str(path))
    missing = sum(bool(np.isnan(values).any()) for values in net.get_weights())
    if missing:
        raise ValueError(f"{path.name} has nothing for {missing} of the net's {len(net.get_weights())} arrays")
