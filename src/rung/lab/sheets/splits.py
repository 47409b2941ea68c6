"""Which sheets are for training, for choosing and for measuring: styles and seeds that never meet."""

from __future__ import annotations

from dataclasses import dataclass

from rung.lab.sheets.sheet import Sheet, sheet_of
from rung.lab.sheets.style import Style
from rung.lab.sheets.styles_chains import CHAINS, CHAINS_TRAIN
from rung.lab.sheets.styles_letters import LETTERS
from rung.lab.sheets.styles_test import TEST
from rung.lab.sheets.styles_train import TRAIN
from rung.lab.sheets.styles_validation import VALIDATION
from rung.lab.sheets.typefaces import ready
from rung.runtime.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """first: seed of its first sheet. sheets: how many are measured with; training may take as many as it likes."""

    first: int
    sheets: int
    styles: tuple[Style, ...]


SPLITS = {
    "train": Split(first=1, sheets=100_000, styles=TRAIN),
    "validation": Split(first=1_000_001, sheets=18, styles=VALIDATION),
    "test": Split(first=2_000_001, sheets=20, styles=TEST),
    "chains-train": Split(first=3_000_001, sheets=100_000, styles=CHAINS_TRAIN),
    "chains": Split(first=4_000_001, sheets=9, styles=CHAINS),
}
EVERY = SPLITS | {"letters": Split(first=5_000_001, sheets=36, styles=LETTERS)}
"""With the one whose fonts are not of the packages that tests have; a font that is missing is an error there too."""


def hindrance() -> str:
    """Why sheets cannot be lettered on this machine, with the remedy; empty: they can."""
    try:
        for split in SPLITS.values():
            for style in split.styles:
                ready(style.lettering)
    except InvalidInput as error:
        return error.message
    return ""


def drawn(split: str, number: int) -> Sheet:
    """The sheet of that number, from 0, of a split; styles follow each other. Raises InvalidInput for what is none."""
    if split not in EVERY:
        raise InvalidInput(f"there is no split {split!r}; there are {', '.join(EVERY)}", field="split")
    found = EVERY[split]
    if not 0 <= number < found.sheets:
        raise InvalidInput(f"{split} has the sheets 0 to {found.sheets - 1}, not {number}", field="number")
    return sheet_of(found.styles[number % len(found.styles)], found.first + number, f"{split}-{number:03d}")
