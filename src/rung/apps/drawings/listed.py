"""Tells the lines of a parts list from those of a title block, where neither was seen as a table. Pure.

Both are labelled with the same words: 재질 over a list's column is no label of the drawing's own material.
"""

from __future__ import annotations

from collections.abc import Sequence

from rung.apps.drawings.lines import Line, bounds
from rung.apps.drawings.quoting.bom import columns_of
from rung.apps.drawings.title import label_of

FEWEST = 3
"""Headings of a parts list that stand in one row."""
FEWEST_ROWS = 2
LISTS_OWN = {"no", "remark"}
"""What a list has a column for and a title block has no field for: one of them is among the headings."""
ROW = 2.5
"""Heights of a heading's text, at most, between the texts of two rows."""

Box = tuple[float, float, float, float]


def listed(lines: Sequence[Line]) -> set[int]:
    """Places of the lines that are headings of a parts list, or rows of it below or, as on drawings, above them.

    A single row under such headings is no list: it is how a drawing of one part names its material.
    """
    boxes = [bounds(line.polygon) for line in lines]
    found: set[int] = set()
    for place in range(len(lines)):
        if place in found:
            continue
        heads = _headings(place, lines, boxes)
        for rows in (_rows(heads, lines, boxes, down=down) for down in (True, False) if heads):
            if len(rows) >= FEWEST_ROWS:
                found |= heads.union(*rows)
    return found


def _headings(place: int, lines: Sequence[Line], boxes: Sequence[Box]) -> set[int]:
    """The headings that stand in a row with that line; nothing where they make no list's."""
    row = sorted((one for one in range(len(lines)) if _level(boxes[place], boxes[one])), key=lambda one: boxes[one][0])
    columns = columns_of([lines[one].text for one in row])
    if len(columns) < FEWEST or not LISTS_OWN & set(columns.values()):
        return set()
    heads = {row[column] for column in columns}
    return heads if place in heads else set()


def _level(one: Box, other: Box) -> bool:
    """Whether both stand in one row: the middle of each beside the other."""
    return one[1] < (other[1] + other[3]) / 2 < one[3] or other[1] < (one[1] + one[3]) / 2 < other[3]


def _rows(heads: set[int], lines: Sequence[Line], boxes: Sequence[Box], *, down: bool) -> list[set[int]]:
    """The lines that follow the headings, by rows, up to one that is a label or stands too far away."""
    x0, x1 = min(boxes[one][0] for one in heads), max(boxes[one][2] for one in heads)
    y0, y1 = min(boxes[one][1] for one in heads), max(boxes[one][3] for one in heads)
    most = ROW * max(boxes[one][3] - boxes[one][1] for one in heads)
    middles = {one: (box[1] + box[3]) / 2 for one, box in enumerate(boxes) if x0 <= (box[0] + box[2]) / 2 <= x1}
    ahead = [one for one, y in middles.items() if one not in heads and (y > y1 if down else y < y0)]
    rows: list[set[int]] = []
    edge = y1 if down else y0
    for one in sorted(ahead, key=lambda one: middles[one], reverse=not down):
        beyond = middles[one] - edge if down else edge - middles[one]
        if beyond > most or label_of(lines[one].text):
            break
        if beyond > 0:
            rows.append(set())
        rows[-1].add(one)
        edge = max(edge, boxes[one][3]) if down else min(edge, boxes[one][1])
    return rows
