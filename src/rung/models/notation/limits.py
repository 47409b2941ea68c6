"""Limits of fits by nominal size, from the tables of ISO 286-1:2010 (the data are `limits.toml`)."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

LARGEST_MM = 3150
DELTA_TO_MM = 500
"""Up to this size, and over 3 mm, holes of narrow grades have the step between two grades added (rule of 4.3.2.5)."""
_CLASS = re.compile(r"([a-z]{1,2}|[A-Z]{1,2})(\d{1,2})")
_NARROW_HOLES = {"k": 8, "m": 8, "n": 8}
"""Up to which grade the step is added; the letters from p on: up to 7."""


def deviations(fit: str, nominal_mm: float) -> tuple[float, float] | None:
    """Upper and lower deviation in millimetres of a class such as `H7` or `g6`; of the hole where a fit names both.

    None where the tables have none: no such class, or the size lies outside of them.
    """
    found = _CLASS.fullmatch(fit.partition("/")[0])
    if not found or not 0 < nominal_mm <= LARGEST_MM:
        return None
    letter, grade = found[1], found[2]
    zone = tolerance_um(grade, nominal_mm)
    near = None if zone is None else _deviation_um(letter, grade, nominal_mm, zone)
    if near is None or zone is None:
        return None
    # A deviation above zero is the lower one of a shaft; a hole is the shaft's mirror image.
    upper, lower = (near, near - zone) if _is_upper(letter) else (near + zone, near)
    return round(upper / 1000, 6), round(lower / 1000, 6)


def tolerance_um(grade: str, nominal_mm: float) -> float | None:
    """The standard tolerance IT of a grade (`01`, `0` to `18`) in micrometres, or None outside of the table."""
    table = _table()["grades"]
    if not 0 < nominal_mm <= LARGEST_MM:
        return None
    return _at(table.get(grade, ()), bisect_left(table["sizes"], nominal_mm))


def width(grade: int, nominal_mm: float) -> float | None:
    """The standard tolerance IT`grade` in millimetres, or None outside of the table."""
    found = tolerance_um(str(grade), nominal_mm)
    return None if found is None else found / 1000


def _is_upper(letter: str) -> bool:
    kind = letter.lower()
    if kind in ("js", "j"):
        return letter.isupper() or kind == "js"
    clearance = kind <= "h" if len(kind) == 1 else kind in ("cd", "ef", "fg")
    return clearance != letter.isupper()


def _deviation_um(letter: str, grade: str, nominal_mm: float, zone: float) -> float | None:
    """The deviation that is nearer to the nominal size, with its sign."""
    kind, hole = letter.lower(), letter.isupper()
    if kind == "js":
        return zone / 2
    if kind == "h":
        return 0.0
    if kind == "j":
        row = _table()["j"]["hole" if hole else "shaft"].get(grade, ())
        return _at(row, bisect_left(_table()["grades"]["sizes"], nominal_mm))
    size = _shaft_um(kind, nominal_mm)
    if size is None or (kind in ("a", "b") and nominal_mm <= 1):
        return None
    if kind <= "g" and kind != "k":
        return size if hole else -size
    return _hole_um(kind, grade, nominal_mm, size) if hole else _tight_shaft_um(kind, grade, size)


def _tight_shaft_um(kind: str, grade: str, size: float) -> float:
    return 0.0 if kind == "k" and not 4 <= int(grade) <= 7 else size


def _hole_um(kind: str, grade: str, nominal_mm: float, size: float) -> float | None:
    """Of holes from K on: the shaft's mirror image, with the step between the grades added where they are narrow."""
    narrow = int(grade) <= _NARROW_HOLES.get(kind, 7)
    if not narrow and kind == "k":
        return 0.0 if nominal_mm <= 3 or nominal_mm > DELTA_TO_MM else None
    if not narrow and kind == "n" and 3 < nominal_mm <= DELTA_TO_MM:
        return 0.0
    if kind == "m" and grade == "6" and 250 < nominal_mm <= 315:
        return -9.0  # The table's own exception; the rule gives -11.
    if not narrow or not 3 < nominal_mm <= DELTA_TO_MM:
        return -size
    below = tolerance_um(str(int(grade) - 1), nominal_mm)
    here = tolerance_um(grade, nominal_mm)
    return None if below is None or here is None else here - below - size


def _shaft_um(kind: str, nominal_mm: float) -> float | None:
    tables = _table()
    if row := tables["shaft"]["wide"].get(kind):
        return _at(row, bisect_left(tables["grades"]["sizes"], nominal_mm))
    narrow = tables["shaft"]["narrow"]
    row = narrow.get(kind)
    if row is None:
        return None
    return _at(row["values"], bisect_left(narrow["sizes"], nominal_mm) - row.get("from", 0))


def _at(row: Sequence[float], place: int) -> float | None:
    return float(row[place]) if 0 <= place < len(row) else None


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("rung.models.notation").joinpath("limits.toml").read_text("utf-8"))
