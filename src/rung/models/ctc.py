"""Reads texts out of a CTC net's answer: the likeliest path, or the likeliest texts, if wanted of a language only.

An answer is shares [T, C] by step, class 0 the blank; a sign that stands on neighbouring steps is one sign.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

Shares = Annotated[NDArray[np.float32], ("steps", "classes")]

FAINT: Final = 1e-4
"""A sign with a smaller share at a step is not tried there."""


class Language(Protocol):
    """Which texts there are, sign by sign. States are hashable."""

    @property
    def start(self) -> Any:
        """Before the first sign."""

    def step(self, state: Any, sign: str) -> Any | None:
        """After one more sign; None: no text begins so."""

    def accepts(self, state: Any) -> bool:
        """Whether a text may end here."""


@dataclass(frozen=True, slots=True)
class Text:
    """chance: of all ways to read the answer, how many give this text; 0..1."""

    text: str
    chance: float


class Anything:
    """The language of all texts."""

    start = 0

    def step(self, state: int, sign: str) -> int:
        """Always on."""
        return state

    def accepts(self, state: int) -> bool:
        """Always."""
        return True


def greedy(shares: Shares, signs: Sequence[str]) -> str:
    """The text of the likeliest path. signs: of the classes from 1 on."""
    row = shares.argmax(axis=1)
    kept = row[(row != 0) & (row != np.concatenate(([0], row[:-1])))]
    return "".join(signs[place - 1] for place in kept)


class _Beam:
    """A beginning: its state, and its shares by whether its last step was a blank."""

    __slots__ = ("blank", "sign", "state")

    def __init__(self, state: Any) -> None:
        self.state, self.blank, self.sign = state, 0.0, 0.0

    @property
    def both(self) -> float:
        return self.blank + self.sign


def texts(shares: Shares, signs: Sequence[str], language: Language | None = None, width: int = 12) -> list[Text]:
    """The likeliest texts of the language, likeliest first, by prefix beam search (Hannun 2014); none where no text of
    it is among the `width` likeliest beginnings of any step."""
    words = language or Anything()
    first = _Beam(words.start)
    first.blank = 1.0
    beams: dict[tuple[int, ...], _Beam] = {(): first}
    scale = 0.0
    for row in shares:
        beams = _after(beams, row, signs, words, width)
        best = max((beam.both for beam in beams.values()), default=0.0)
        if best <= 0.0:
            return []
        scale += math.log(best)
        for beam in beams.values():
            beam.blank /= best
            beam.sign /= best
    ended = [(path, beam) for path, beam in beams.items() if words.accepts(beam.state)]
    found = [
        Text("".join(signs[place - 1] for place in path), min(math.exp(math.log(beam.both) + scale), 1.0))
        for path, beam in ended
        if beam.both > 0.0
    ]
    return sorted(found, key=lambda one: -one.chance)


def _after(
    beams: dict[tuple[int, ...], _Beam], row: NDArray[np.float32], signs: Sequence[str], words: Language, width: int
) -> dict[tuple[int, ...], _Beam]:
    """The beginnings after one more step, the likeliest `width` of them."""
    blank = float(row[0])
    heard = [(int(place), float(row[place])) for place in np.flatnonzero(row > FAINT) if place]
    after: dict[tuple[int, ...], _Beam] = {}
    for path, beam in beams.items():
        last = path[-1] if path else 0
        same = after.setdefault(path, _Beam(beam.state))
        same.blank += beam.both * blank
        if last:
            same.sign += beam.sign * float(row[last])
        for place, share in heard:
            # Two equal signs are two only with a blank between them.
            gain = (beam.blank if place == last else beam.both) * share
            if gain <= 0.0:
                continue
            longer = (*path, place)
            there = after.get(longer)
            if there is None:
                state = words.step(beam.state, signs[place - 1])
                if state is None:
                    continue
                there = after[longer] = _Beam(state)
            there.sign += gain
    if len(after) <= width:
        return after
    kept = sorted(after.items(), key=lambda item: -item[1].both)[:width]
    return dict(kept)
