"""Which signs a text may have, and which of those that a recogniser was taught stand for one of them."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks.drawings import Alphabet

DIMENSION: Final = string.digits + string.ascii_letters + ".,+-±×°'\"/()[]:=⌀□ "
LOOK_ALIKE: Final = {
    "⌀": "ØøΦφϕ∅",
    "°": "º˚∘",
    "±": "土士",
    "×": "✕✖⨯х",
    "-": "−–—一",
    "'": "′’‘",
    '"': "″”“",
    "(": "（",
    ")": "）",
    ",": "，",
    ":": "：",
    "=": "＝",
    "+": "＋",
    "/": "／",
    "□": "口",
}
"""Signs of a recogniser of Chinese that stand for one of a dimension."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fold:
    """From shares over a recogniser's signs to shares over those that a text may have.

    signs: of the result, blank ("") first. columns: of the recogniser, in the order of `begins`, where each of them has
    its first.
    """

    signs: tuple[str, ...]
    columns: NDArray[np.intp]
    begins: NDArray[np.intp]

    def shares(self, all_shares: Floats) -> Floats:
        """f32 [T, S] from f32 [T, C]; each row sums to 1."""
        kept = np.add.reduceat(all_shares[:, self.columns], self.begins, axis=1)
        return np.asarray(kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12), np.float32)


def fold(known: Sequence[str], alphabet: Alphabet) -> Fold | None:
    """How to read an alphabet with a recogniser of the signs `known`, blank first; None: any of its signs."""
    if alphabet == "text":
        return None
    at = {sign: number for number, sign in reversed(list(enumerate(known)))}
    rows = [("", [0])]
    for sign in DIMENSION:
        columns = [at[one] for one in (sign, *LOOK_ALIKE.get(sign, "")) if one in at]
        if columns:
            rows.append((sign, columns))
    sizes = [len(columns) for _, columns in rows]
    return Fold(
        signs=tuple(sign for sign, _ in rows),
        columns=np.array([column for _, columns in rows for column in columns], np.intp),
        begins=np.cumsum([0, *sizes[:-1]]),
    )


def figured(text: str) -> str:
    """A dimension's text with its noughts: a letter O where no other letter stands is one."""
    others = [sign for sign in text if sign.isalpha() and sign not in "Oo"]
    return text if others else text.replace("O", "0").replace("o", "0")
