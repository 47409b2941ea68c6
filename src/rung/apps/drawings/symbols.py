"""Says what is lettered at a sheet's symbols: a balloon's number, a weld's sizes, what a finish mark demands. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rung.apps.drawings import schema
from rung.apps.drawings.lines import Line, Polygon, bounds, centre, holds
from rung.models import notation
from rung.runtime.tasks import SheetPart

LETTERED: Final = ("balloon", "weld", "datum")
"""What is lettered in these is theirs; in all but a datum it is no dimension."""
BESIDE: Final = {"weld": (0.05, 0.2), "balloon": (0.0, 0.0), "datum": (0.0, 0.0)}
"""How far beside a symbol's strokes its letters may stand, in its width and its height."""
NEAR: Final = 1.2
"""The same for a finish mark, in its shorter side: its parameter stands over it, or under its bar."""
GRADE: Final = re.compile(r"[wxyz~∇▽]", re.IGNORECASE)
"""Of older drawings, over the mark."""
FIGURE: Final = re.compile(r"\d")
PROCESS: Final = re.compile(r"11[124]|12[1-6]|13[1-8]|14[1-7]|15[1-5]|31[1-3]")
"""Arc and gas welding by number (ISO 4063), which stands behind the fork at the reference line's end."""
SIZE: Final = re.compile(r"[asz]?\d+(?:[.,]\d+)?(?:[x×]\d+)?(?:\(\d+\))?", re.IGNORECASE)
"""Of a weld: its thickness, length, number of pieces and pitch."""
DIMENSION: Final = re.compile(r"[⌀RM°±]|[+-]\.?\d")
"""What a dimension may have and a weld's sizes have not: the sign of a feature, a tolerance."""
SIGNS: Final = ("V", "Y", "X", "U")
"""How the sign between two sizes of a line reads, where it is heard as a letter."""
FORK: Final = 2.0
"""Heights of that number: how far from the line's end it may begin, the fork between them."""
INTO: Final = 0.8
"""Heights of that number: how far it may stand in the fork."""


def lettering(parts: Sequence[SheetPart], lines: Sequence[Line]) -> list[bool]:
    """Of each line, whether it is lettered in a balloon or at a weld or is the grade of a finish mark, and so is no
    dimension."""
    signs = [part for part in parts if part.kind == "symbol" and part.label in ("balloon", "weld")]
    marks = [part for part in parts if part.kind == "symbol" and part.label == "surface"]
    return [
        any(_belongs(line, part) for part in signs) or any(_is_grade(line, part) for part in marks) for line in lines
    ]


def _is_grade(line: Line, mark: SheetPart) -> bool:
    """Whether it is one letter in a finish mark: a `w` on its side looks like a 3."""
    return len(line.text) == 1 and holds(mark.polygon, centre(line.polygon))


def symbol_of(part: SheetPart, id: str, lines: Sequence[Line] = ()) -> schema.Symbol:
    """A symbol as the answers have it, with the lines that are lettered in it."""
    text = None
    if part.label in LETTERED:
        held = [line for line in lines if line.guesses and _belongs(line, part)]
        said = (line.text for line in sorted(held, key=lambda line: centre(line.polygon)))
        text = " ".join(filter(None, map(_sizes, said) if part.label == "weld" else said)) or None
    return schema.Symbol(
        id=id,
        label=part.label,
        variant=part.variant or None,
        polygon=schema.rounded(part.polygon),
        score=part.score,
        text=text,
    )


def unread_at(parts: Sequence[SheetPart], lines: Sequence[Line], empty: str) -> list[schema.Unread]:
    """What stands at balloons and welds and could not be read. A datum's letters are told as any other line.

    empty: why a balloon has no text at all, which no balloon is drawn without; "": that is not told.
    """
    found = []
    for part in (one for one in parts if one.kind == "symbol" and one.label in ("balloon", "weld")):
        held = [line for line in lines if _belongs(line, part)]
        told = [(line.polygon, why, line.text) for line in held if (why := _why_unread(line, part.label))]
        if part.label == "balloon" and not held and empty:
            told.append((tuple(part.polygon), empty, ""))
        found += [
            schema.Unread(polygon=schema.rounded(polygon), reason=f"a {part.label}: {why}", text=text)
            for polygon, why, text in told
        ]
    return found


def _why_unread(line: Line, label: str) -> str:
    """Empty: it was read. The strokes of a weld's own sign may be read as letters; only figures would be its sizes."""
    if not line.guesses:
        return line.reason or "nothing could be read"
    if label == "weld" and FIGURE.search(line.text) and not _sizes(line.text):
        return f"read as {line.text!r}, which is no size of a weld"
    return ""


def linked(symbols: Sequence[schema.Symbol], dimensions: Sequence[schema.Dimension], lines: Sequence[Line]) -> None:
    """Give each finish mark the nearest roughness that was read near it, else the grade; each roughness to one mark."""
    marks = [one for one in symbols if one.label == "surface"]
    rough = [one for one in dimensions if one.type == "roughness"]
    pairs = sorted(
        (far, place, other)
        for place, mark in enumerate(marks)
        for other, one in enumerate(rough)
        if (far := _apart(mark, tuple(one.polygon))) is not None
    )
    taken: set[int] = set()
    for _, place, other in pairs:
        mark, one = marks[place], rough[other]
        if mark.dimension is None and other not in taken:
            taken.add(other)
            mark.dimension, mark.text = one.id, one.text
    grades = [(grade, line.polygon) for line in lines if (grade := _grade(line))]
    for mark in (one for one in marks if one.text is None):
        near = [(far, grade) for grade, polygon in grades if (far := _apart(mark, polygon)) is not None]
        mark.text = min(near)[1] if near else None


def _grade(line: Line) -> str:
    """The grade that a lone sign is or may be; empty for all else."""
    told = (one.text for one in line.guesses if GRADE.fullmatch(one.text))
    return next(told, "") if len(line.text) == 1 else ""


def _apart(mark: schema.Symbol, polygon: Polygon) -> float | None:
    """Pixels between a mark's middle and a text's; None where it stands too far off to belong to it."""
    x0, y0, x1, y1 = bounds(tuple(mark.polygon))
    x, y = centre(polygon)
    spare = NEAR * min(x1 - x0, y1 - y0)
    if not (x0 - spare <= x <= x1 + spare and y0 - spare <= y <= y1 + spare):
        return None
    return float(((x - (x0 + x1) / 2) ** 2 + (y - (y0 + y1) / 2) ** 2) ** 0.5)


def _sizes(text: str) -> str:
    """The sizes that a line at a weld says; nothing where any word is none: the sign may have been read as figures."""
    words = [word for word in text.split() if word.upper() not in SIGNS]
    return " ".join(word.lower() for word in words) if all(SIZE.fullmatch(word) for word in words) else ""


def _belongs(line: Line, part: SheetPart) -> bool:
    if line.dimension is not None:  # The file says what it is, wherever it stands.
        return False
    if part.label == "weld" and _in_tail(line, part):
        return True
    return holds(_room(part), centre(line.polygon)) and not (part.label == "weld" and _is_toleranced(line))


def _is_toleranced(line: Line) -> bool:
    """Whether it is a dimension with more than a weld's sizes have: one that stands close to a weld by chance. The
    sign of the weld itself may be read as a square or an arc."""
    return DIMENSION.search(line.text) is not None and notation.parse(line.text) is not None


def _in_tail(line: Line, weld: SheetPart) -> bool:
    """Whether it is the number of a process, level with the symbol and behind one of its ends."""
    left, top, right, bottom = bounds(weld.polygon)
    x0, y0, x1, y1 = bounds(line.polygon)
    off = max(left - x1, x0 - right)
    level = top <= (y0 + y1) / 2 <= bottom
    return level and -INTO <= off / max(y1 - y0, 1.0) <= FORK and PROCESS.fullmatch(line.text) is not None


def _room(part: SheetPart) -> Polygon:
    x0, y0, x1, y1 = bounds(part.polygon)
    wide, high = ((x1 - x0), (y1 - y0))
    across, down = BESIDE[part.label]
    return (
        (x0 - across * wide, y0 - down * high),
        (x1 + across * wide, y0 - down * high),
        (x1 + across * wide, y1 + down * high),
        (x0 - across * wide, y1 + down * high),
    )
