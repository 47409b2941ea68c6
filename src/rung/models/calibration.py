"""How often a reading is right of which an engine is so sure: curves that were fitted on drawings of known truth.

They lie in `trained/confidence`, a file an engine: `curves`, by kind of text a slope and an offset, and beside them how
they were measured. `scripts/measure_readers.py` writes them. Pure but for reading the file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from rung.runtime.errors import LoadFailed
from rung.runtime.tasks import Reading
from rung.runtime.tasks.drawings import Alphabet

FOLDER: Final = Path(__file__).parent / "trained" / "confidence"
OPTION: Final = "calibration"
"""Of a variant: the name of its file here, or the path of one; without it nobody measured the variant."""
LEAST: Final = 1e-9
MOST: Final = 1 - 1e-6
"""Between these a chance has log odds that mean something."""
SUREST: Final = 0.999
"""No reading is said to be likelier right: curves are fitted on a thousand readings or two, which cannot tell more."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve over a chance's log odds (Platt 1999)."""

    slope: float
    offset: float

    def believed(self, chance: float) -> float:
        """How often a text of that chance, 0..1, is right; at most SUREST."""
        return min(1 / (1 + math.exp(-(self.slope * _odds(chance) + self.offset))), SUREST)


def _odds(chance: float) -> float:
    inside = min(max(chance, LEAST), MOST)
    return math.log(inside / (1 - inside))


@dataclass(frozen=True, slots=True)
class Calibration:
    """An engine's curves by kind of text (`kind_of`); a kind without one was not measured."""

    curves: Mapping[str, Curve]

    @classmethod
    def of(cls, name: str, variant: str) -> Self:
        """Of the file of that name; an empty name: nothing was measured. Raises LoadFailed for what is no such file."""
        if not name:
            return cls({})
        try:
            return cls.read(FOLDER / f"{name.removesuffix('.json')}.json")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LoadFailed(
                f"{variant}: its option `{OPTION}` names {name}, which is no file of curves ({error}); leave it out,"
                " and readings come without a confidence"
            ) from error

    @classmethod
    def read(cls, file: Path) -> Self:
        """Of that file. Raises OSError, ValueError, KeyError or TypeError where it is none."""
        curves = json.loads(file.read_text("utf-8"))["curves"]
        return cls({kind: Curve(float(slope), float(offset)) for kind, (slope, offset) in curves.items()})

    def told(self, readings: Sequence[Reading], alphabet: Alphabet) -> tuple[Reading, ...]:
        """The readings of one box, likeliest first, with how often each is right in place of the engine's own figure.

        The first is what the curves are about; the others share what it leaves. None where nobody measured the kind.
        """
        spare = 1.0
        told = []
        for one in readings:
            curve = self.curves.get(kind_of(one.text, alphabet))
            sure = None
            if curve is not None and one.confidence is not None:
                sure = min(curve.believed(one.confidence), spare)
                spare -= sure
            told.append(Reading(text=one.text, confidence=sure))
        return tuple(told)


def kind_of(text: str, alphabet: Alphabet) -> str:
    """The kind by which a reading is judged, by what it says, since nothing else is known of it.

    A dimension is `signed` where it says what it measures and `figures` where it does not: the sign may have been
    overlooked. Words are of the script that is read in them: an engine that does not know Hangul makes Latin or Chinese
    signs of it, and Chinese ones where a drawing has none.
    """
    if alphabet == "dimension":
        return "signed" if _SIGNED.search(text) else "figures"
    if alphabet == "frame":
        return "frame"
    if any(is_hangul(sign) for sign in text):
        return "hangul"
    return "chinese" if any(is_chinese(sign) for sign in text) else "latin"


_SIGNED: Final = re.compile(r"[A-Za-z⌀°□]")


def is_hangul(sign: str) -> bool:
    """Whether it is a syllable or a letter of it."""
    return "가" <= sign <= "힣" or "ㄱ" <= sign <= "ㆎ"


def is_chinese(sign: str) -> bool:
    """Whether it is a sign of Chinese, or a letter of Japanese."""
    return "一" <= sign <= "鿿" or "぀" <= sign <= "ヿ"
