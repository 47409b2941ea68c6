"""What the title block says: which text is the value of which field, and what the value means."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from rung.apps.drawings.grades import grade_within, title_table

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A line of text in the title block. box: x0, y0, x1, y1 in pixels. cell: which cell it stands in; None: none."""

    text: str
    box: Box
    cell: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the title block. value: normalised (date as 2026-11-30, scale as 1:2), None where it is the text.

    sources: places of its lines in what was given. how: the label that named it, or that its pattern alone did. note: a
    sentence where something was undone.
    """

    name: str
    text: str
    value: str | None
    sources: tuple[int, ...]
    how: str
    note: str = ""


def fields_of(lines: Sequence[Placed], cells: Mapping[int, Box] | None = None) -> dict[str, Field]:
    """The fields by name. A value stands behind its label, in the same cell, in the cell to the right or below.

    cells: the box of each cell, where they are known; labels without lines beside them have no value.
    """
    labels = {at: found for at, line in enumerate(lines) if (found := label_of(line.text))}
    fields: dict[str, Field] = {}
    taken = set(labels)
    for at, (name, label, rest) in labels.items():
        sources = (at,) if rest else tuple(_beside(at, lines, labels, cells or {}))
        text = rest or " ".join(lines[one].text.strip() for one in sources)
        if text and name not in fields and (made := _field(name, text, sources, f"label {label}")):
            fields[name] = made
            taken.update(sources)
    for at, line in enumerate(lines):
        if at not in taken:
            for name in ("scale", "date", "material"):
                if name not in fields and (made := _by_pattern(name, line.text, at)):
                    fields[name] = made
                    break
    return fields


# --- labels ------------------------------------------------------------------------------------------------


def _bare(text: str) -> str:
    return re.sub(r"[\s.:：()_\-'’]", "", text).casefold()


@cache
def _labels() -> tuple[tuple[str, str], ...]:
    """(bare label, field), longest first."""
    pairs = chain.from_iterable(
        ((_bare(word), field) for word in words) for field, words in title_table()["labels"].items()
    )
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def label_of(text: str) -> tuple[str, str, str] | None:
    """Field, label as it stands, and what follows the label in the same text; None where it begins with no label.

    A label is followed by its value only behind a colon or a space: DATED is no date.
    """
    bare = _bare(text)
    for label, field in _labels():
        if bare == label:
            return field, text.strip(), ""
    head, colon, rest = text.partition(":")
    if colon and rest.strip() and not re.fullmatch(r"\s*\d+\s*", head):
        for label, field in _labels():
            if _bare(head) == label:
                return field, head.strip(), rest.strip()
    words = text.split()
    for count in range(min(3, len(words) - 1), 0, -1):
        for label, field in _labels():
            if _bare("".join(words[:count])) == label and _may_follow(field, " ".join(words[count:])):
                return field, " ".join(words[:count]), " ".join(words[count:]).lstrip(": ")
    return None


def _may_follow(field: str, rest: str) -> bool:
    """Whether a text behind a label without a colon is its value: `NAME PLATE` is a title, not a name."""
    match field:
        case "scale" | "date" | "material" | "revision" | "weight" | "quantity" | "sheet":
            return _value(field, rest.lstrip(": "))[0]
        case "drawing_number" | "part_number":
            return any(sign.isdigit() for sign in rest)
        case _:
            return False


# --- where a value stands ------------------------------------------------------------------------------------


def _beside(at: int, lines: Sequence[Placed], labels: Mapping[int, object], cells: Mapping[int, Box]) -> Iterator[int]:
    """The lines that are the value of the label at this place."""
    cell = lines[at].cell
    mates = [one for one, line in enumerate(lines) if cell is not None and line.cell == cell and one not in labels]
    if mates:
        yield from sorted(mates, key=lambda one: (lines[one].box[1], lines[one].box[0]))
        return
    here = cells.get(cell, lines[at].box) if cell is not None else lines[at].box
    free = [one for one in range(len(lines)) if one not in labels]
    right = [one for one in free if _is_right(here, lines[one].box)]
    below = [one for one in free if _is_below(here, lines[one].box)]
    nearest = min(right, key=lambda one: lines[one].box[0] - here[2], default=None)
    if nearest is not None and not _label_between(here, lines[nearest].box, lines, labels):
        yield nearest
    elif below:
        yield min(below, key=lambda one: lines[one].box[1] - here[3])


def _is_right(here: Box, other: Box) -> bool:
    height, middle = here[3] - here[1], (other[1] + other[3]) / 2
    return here[1] <= middle <= here[3] and -0.2 * height <= other[0] - here[2] <= 12 * height


def _is_below(here: Box, other: Box) -> bool:
    height, middle = here[3] - here[1], (other[0] + other[2]) / 2
    return (
        min(here[0], other[0]) <= middle <= max(here[2], other[2])
        and other[0] < here[2]
        and (-0.2 * height <= other[1] - here[3] <= 3 * height)
    )


def _label_between(here: Box, value: Box, lines: Sequence[Placed], labels: Mapping[int, object]) -> bool:
    return any(_is_right(here, lines[one].box) and lines[one].box[0] < value[0] for one in labels)


# --- what a value means --------------------------------------------------------------------------------------


def _field(name: str, text: str, sources: tuple[int, ...], how: str) -> Field | None:
    fits, value, note = _value(name, text)
    return Field(name=name, text=text, value=value, sources=sources, how=how, note=note) if fits else None


def _by_pattern(name: str, text: str, at: int) -> Field | None:
    fits, value, note = _value(name, text)
    if not fits or value is None or (name == "material" and not any(sign.isdigit() for sign in text)):
        return None
    return Field(name=name, text=text, value=value, sources=(at,), how="its pattern; no label was found", note=note)


def _value(name: str, text: str) -> tuple[bool, str | None, str]:
    """Whether the text can be this field's, its normalised value, and a note."""
    match name:
        case "scale":
            return _scale(text)
        case "date":
            made = date_of(text)
            return any(sign.isdigit() for sign in text), made, ""
        case "material":
            grade = grade_within(text)
            return True, grade.name if grade else None, grade.reason if grade else ""
        case "revision":
            found = re.fullmatch(r"(?:REV\.?\s*)?([A-Z]|\d{1,2}|[A-Z]\d|[-–])", text.strip().upper())
            return bool(found), found[1] if found else None, ""
        case "quantity" | "sheet" | "weight":
            return any(sign.isdigit() for sign in text), None, ""
        case "drawing_number" | "part_number":
            return any(sign.isdigit() for sign in text), re.sub(r"\s+", "", text), ""
        case _:
            return True, None, ""


def _scale(text: str) -> tuple[bool, str | None, str]:
    if found := re.search(r"(?<!\d)(\d{1,4}(?:\.\d)?)\s*[:/：]\s*(\d{1,4}(?:\.\d)?)(?![\d/])", text):
        return len(text) < 20, f"{found[1]}:{found[2]}", ""
    if re.fullmatch(r"N\.?\s?T\.?\s?S\.?|NONE|NOT TO SCALE|NS|없음", text.strip().upper()):
        return True, "none", ""
    return False, None, ""


_MONTHS = {
    name: at
    for at, name in enumerate(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1)
}


def date_of(text: str) -> str | None:
    """The day as 2026-11-30; None where there is none or it could be two (01/02/2024)."""
    upper = text.upper()
    if found := re.search(r"(?<!\d)((?:19|20)\d{2})\s*[.\-/년]\s*(\d{1,2})\s*[.\-/월]\s*(\d{1,2})(?!\d)", upper):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.search(r"(?<!\d)(\d{1,2})[\s.\-/]*([A-Z]{3})[A-Z]*[\s.,\-/]*((?:19|20)\d{2})(?!\d)", upper):
        return _day(int(found[3]), _MONTHS.get(found[2], 0), int(found[1]))
    if found := re.search(r"(?<!\d)['’]?(\d{2})[.](\d{1,2})[.](\d{1,2})(?!\d)", upper):
        return _day(2000 + int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"\s*((?:19|20)\d{2})(\d{2})(\d{2})\s*", upper):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    return None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None
