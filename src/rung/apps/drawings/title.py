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
    labels = {at: found for at, line in enumerate(lines) if (found := label_of(line.text))} | _in_two(lines)
    beside = _beside(lines, labels, cells or {})
    fields: dict[str, Field] = {}
    taken = set(labels)
    for at, (name, label, rest) in labels.items():
        sources = (at,) if rest else beside.get(at, ())
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


def _in_two(lines: Sequence[Placed]) -> dict[int, tuple[str, str, str]]:
    """Labels whose words were found as two texts (업체 명): each piece counts as the whole label."""
    known = dict(_labels())
    found: dict[int, tuple[str, str, str]] = {}
    for at, line in enumerate(lines):
        for one, other in enumerate(lines):
            field = known.get(_bare(line.text + other.text))
            near = -0.5 <= (other.box[0] - line.box[2]) / max(line.box[3] - line.box[1], 1.0) < 1
            if field and near and _overlap(line.box[1], line.box[3], other.box[1], other.box[3]):
                found[at] = found[one] = (field, f"{line.text.strip()} {other.text.strip()}", "")
    return found


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


Labels = Mapping[int, tuple[str, str, str]]
FAR = 12.0
"""A value stands at most so many heights of its label away from it."""
BELOW = 0.5
"""Added to the distance of what stands below: where a cell has one to its right as well, that one is meant."""


def _beside(lines: Sequence[Placed], labels: Labels, cells: Mapping[int, Box]) -> dict[int, tuple[int, ...]]:
    """The lines that are the value of each label: the others of its cell, else the nearest to its right or below that
    can be its value and is no nearer to another label."""
    found: dict[int, tuple[int, ...]] = {}
    for at in labels:
        cell = lines[at].cell
        mates = [one for one, line in enumerate(lines) if cell is not None and line.cell == cell and one not in labels]
        if mates:
            found[at] = tuple(sorted(mates, key=lambda one: (lines[one].box[1], lines[one].box[0])))
    used = {one for mates in found.values() for one in mates}
    for _, at, one in sorted(_distances(lines, labels, cells)):
        if at not in found and one not in used and _value(labels[at][0], lines[one].text)[0]:
            found[at] = (one,)
            used.add(one)
    return found


def _distances(lines: Sequence[Placed], labels: Labels, cells: Mapping[int, Box]) -> Iterator[tuple[float, int, int]]:
    """How far each text that is no label is from each label that has no value of its own, in heights of the label."""
    for at in (at for at, (_, _, rest) in labels.items() if not rest):
        height = max(lines[at].box[3] - lines[at].box[1], 1.0)
        here = _home(lines[at], cells)
        for one, line in enumerate(lines):
            there = _home(line, cells)
            if one in labels or _label_between(here, there, lines, labels, at):
                continue
            right, below = (there[0] - here[2]) / height, (there[1] - here[3]) / height
            if _overlap(here[1], here[3], there[1], there[3]) and -1 < right < FAR:
                yield max(right, 0.0), at, one
            elif _overlap(here[0], here[2], there[0], there[2]) and -1 < below < FAR / 3:
                yield max(below, 0.0) + BELOW + abs(there[0] - here[0]) / height / 10, at, one


def _home(line: Placed, cells: Mapping[int, Box]) -> Box:
    return line.box if line.cell is None else cells.get(line.cell, line.box)


def _overlap(low: float, high: float, other_low: float, other_high: float) -> bool:
    """Whether the shorter of the two lies at least half within the other."""
    shorter = min(high - low, other_high - other_low)
    return min(high, other_high) - max(low, other_low) >= 0.5 * shorter


def _label_between(here: Box, there: Box, lines: Sequence[Placed], labels: Labels, but: int) -> bool:
    """Whether another label stands on the way to the right."""
    return there[0] > here[2] and any(
        one != but and here[2] <= lines[one].box[0] < there[0] and _overlap(here[1], here[3], *lines[one].box[1::2])
        for one in labels
    )


# --- what a value means --------------------------------------------------------------------------------------


def _field(name: str, text: str, sources: tuple[int, ...], how: str) -> Field | None:
    fits, value, note = _value(name, text)
    return Field(name=name, text=text, value=value, sources=sources, how=how, note=note) if fits else None


def _by_pattern(name: str, text: str, at: int) -> Field | None:
    fits, value, note = _value(name, text)
    if not fits or value is None or (name == "material" and not any(sign.isdigit() for sign in text)):
        return None
    if name == "scale" and not _ALONE.fullmatch(text.strip()):
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


_ALONE = re.compile(r"[(]?\d{1,4}(?:\.\d)?\s*[:/：]\s*\d{1,4}(?:\.\d)?[)]?|\D+")
"""A scale that no label names: a tolerance's deviations have a stroke between them too."""


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
