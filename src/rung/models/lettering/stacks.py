"""Parts a text from the two deviations that are stacked behind it, and joins what was read of each."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.lettering.glyphs import ink
from rung.models.lettering.patches import Grey
from rung.models.notation import stacked
from rung.runtime.tasks import Reading

LEAST_ROW: Final = 0.22
"""Of the cut-out's height: each of two stacked figures is taller; the dots of a colon, the bars of an equals sign are
not."""
LEAST_GAP: Final = 0.04
"""Of the height, between the two."""
MOST_OFF: Final = 0.22
"""Of the height: how far from the middle the gap may lie."""


_SIGN: Final = re.compile(r"S?⌀|S?R|□")


@dataclass(frozen=True, slots=True)
class Parts:
    """Cut-outs that read to the right. main: None where the text is a stack and nothing else; upper and lower: None
    where nothing is stacked."""

    main: Grey | None
    upper: Grey | None = None
    lower: Grey | None = None

    def rows(self) -> tuple[Grey, ...]:
        """Those that are there: main, upper, lower."""
        return tuple(one for one in (self.main, self.upper, self.lower) if one is not None)


def parts(cut: Grey) -> Parts:
    """What a cut-out of one text holds. It may have a margin, which its parts keep along the line."""
    written = np.asarray(ink(cut) > 0)
    rows, columns = np.flatnonzero(written.any(axis=1)), np.flatnonzero(written.any(axis=0))
    if not len(rows):
        return Parts(main=cut)
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    for start in _begins(np.asarray(written.any(axis=0)), columns):
        gap = _gap(np.asarray(written[top:bottom, start:].any(axis=1)))
        if gap is not None:
            return _parted(cut, start, top + gap, bare=start == columns[0])
    return Parts(main=cut)


def _begins(inked: NDArray[np.bool_], columns: NDArray[np.intp]) -> list[int]:
    """Where a sign begins after an empty column, from the left."""
    return [int(x) for x in columns if x == columns[0] or not inked[x - 1]]


def _gap(rows: NDArray[np.bool_]) -> int | None:
    """The middle of the empty rows between two stacked figures; None: the rows are not two of that kind."""
    height = len(rows)
    empty = np.flatnonzero(~rows)
    near = empty[np.abs(empty - height / 2) <= MOST_OFF * height]
    if len(near) < max(LEAST_GAP * height, 1):
        return None
    first, last = int(near[0]), int(near[-1]) + 1
    if last - first != len(near):
        return None
    above, below = np.flatnonzero(rows[:first]), np.flatnonzero(rows[last:])
    if min(_reach(above), _reach(below)) < LEAST_ROW * height:
        return None
    return (first + last) // 2


def _reach(inked: NDArray[np.intp]) -> int:
    return int(inked[-1] - inked[0]) + 1 if len(inked) else 0


def _parted(cut: Grey, start: int, middle: int, *, bare: bool) -> Parts:
    begin = max(start - 1, 0)
    stack = cut[:, begin:]
    return Parts(main=None if bare else cut[:, :begin], upper=stack[:middle], lower=stack[middle:])


def joined(main: str, upper: str, lower: str) -> str:
    """The canonical text: `25+0.021/0`, `25H7/g6`; behind no figure they are limits of size, `⌀25.02/24.98`."""
    if not (upper or lower):
        return main
    if not main and (sign := _SIGN.match(lower)) and not _SIGN.match(upper):
        # Of two limits one alone is written behind the sign that is both's.
        main, lower = sign[0], lower[sign.end() :]
    behind = any(map(str.isdigit, main)) and not upper[:1].isalpha()
    return stacked(main, upper, lower) if behind else f"{main}{upper}/{lower}"


def together(found: Parts, rows: Sequence[tuple[Reading, ...]]) -> tuple[Reading, ...]:
    """The readings of a box from those of its rows, likeliest first; none where a row has none.

    A stack's others have one row read otherwise; confidences are multiplied, None where a row has none.
    """
    if found.upper is None or not all(rows):
        return rows[0] if rows and all(rows) else ()
    picks = [[row[0] for row in rows]]
    picks += [[*picks[0][:at], other, *picks[0][at + 1 :]] for at, row in enumerate(rows) for other in row[1:]]
    said = [_one(found, pick) for pick in picks]
    return tuple(sorted(said, key=lambda one: -(one.confidence or 0.0)))


def _one(found: Parts, rows: Sequence[Reading]) -> Reading:
    texts = [row.text for row in rows]
    confidences = [row.confidence for row in rows]
    known = [one for one in confidences if one is not None]
    return Reading(
        text=joined(*(texts if found.main is not None else ["", *texts])),
        confidence=math.prod(known) if len(known) == len(confidences) else None,
    )
