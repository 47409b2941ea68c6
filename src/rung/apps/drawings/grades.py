"""Material grades as drawings name them (the patterns are in `title.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_FOR_FIGURES = str.maketrans({"O": "0", "I": "1", "L": "1", "Z": "2", "B": "8"})


@dataclass(frozen=True, slots=True)
class Grade:
    """A material grade. name: without spaces, in capitals. reason: why it is not quite what was read, or ""."""

    name: str
    family: str
    reason: str = ""


@cache
def title_table() -> Mapping[str, Any]:
    """The labels and grade patterns of `title.toml`."""
    return tomllib.loads(files("rung.apps.drawings").joinpath("title.toml").read_text("utf-8"))


def grade_of(text: str) -> Grade | None:
    """The grade that a text is, or None.

    Letters that look like figures are undone behind the first two signs only (SUS3O4), and that is said.
    """
    name = re.sub(r"[\s_]", "", text).upper().strip(".,:;")
    if found := _family(name):
        return Grade(name, found)
    undone = name[:2] + re.sub(r"(?<=\d)[OILZB](?=\d|$)", lambda one: one[0].translate(_FOR_FIGURES), name[2:])
    if undone != name and (found := _family(undone)):
        return Grade(undone, found, f"{name} was read; a letter between figures is taken for a figure")
    return None


def grade_within(text: str) -> Grade | None:
    """The grade that stands somewhere in a longer text, or None."""
    if whole := grade_of(text):
        return whole
    words = [word for word in re.split(r"[\s,;()\[\]]+", text) if word]
    for count in (2, 1):
        for at in range(len(words) - count + 1):
            joined = "".join(words[at : at + count])
            if any(sign.isdigit() for sign in joined) and (grade := grade_of(joined)):
                return grade
    return next((grade for word in words if len(word) > 3 and (grade := grade_of(word))), None)


def _family(name: str) -> str:
    return next((family for family, pattern in _patterns() if pattern.fullmatch(name)), "")


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((row["family"], re.compile("|".join(row["patterns"]))) for row in title_table()["grades"])
