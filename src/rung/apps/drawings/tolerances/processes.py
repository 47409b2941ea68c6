"""Materials and processes by name: the data are `processes.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from rung.apps.drawings.grades import grade_within
from rung.runtime.errors import InvalidInput

ProcessName = Literal["machining", "casting", "3d_printing", "welding", "sheet_metal"]


@dataclass(frozen=True, slots=True)
class Material:
    """At room temperature. youngs_gpa: GPa; density: kg/m3; expansion: 1e-6 per kelvin. None: not known."""

    name: str
    youngs_gpa: float | None
    poisson: float | None
    density: float | None
    expansion: float | None


@dataclass(frozen=True, slots=True)
class Process:
    """grade: of ISO 286; form_um: micrometres; drift: standard deviations; kelvin, stress_mpa: standard deviations from
    part to part. finer: what to do where it is too coarse."""

    name: ProcessName
    grade: int
    form_um: float
    drift: float
    kelvin: float
    stress_mpa: float
    finer: str


def material_named(name: str) -> Material:
    """The material that a drawing's words mean. Raises InvalidInput with the names there are."""
    rows = _table()[0]
    given, grade = re.sub(r"[\s\-_]+", "", name.lower()), grade_within(name)
    named = [(len(word), row.material) for row in rows for word in row.words if _means(given, word)]
    if named:
        return max(named, key=lambda one: one[0])[1]
    for row in rows:
        if grade is not None and grade.family in row.families:
            return row.material
    raise InvalidInput(
        f"the material {name!r} is not known here; there are {', '.join(row.material.name for row in rows)}; or give"
        " its own properties: youngs_modulus_gpa, poisson_ratio and, where they are to count, density_kg_m3 and"
        " expansion_um_m_k",
        field="material",
    )


def _means(given: str, word: str) -> bool:
    """Short words only where no letter follows: `al` begins `alloy` too."""
    rest = given.removeprefix(word)
    return given.startswith(word) and (not rest or rest[0].isdigit() or len(word) >= _LONG)


_LONG = 5


def process_named(name: ProcessName) -> Process:
    """The process of that name."""
    return _table()[1][name]


def processes() -> tuple[Process, ...]:
    """All of them, in the table's order."""
    return tuple(_table()[1].values())


@dataclass(frozen=True, slots=True)
class _Row:
    material: Material
    words: tuple[str, ...]
    families: tuple[str, ...]


@cache
def _table() -> tuple[tuple[_Row, ...], Mapping[ProcessName, Process]]:
    told = tomllib.loads(files("rung.apps.drawings.tolerances").joinpath("processes.toml").read_text("utf-8"))
    found = {entry["name"]: Process(**entry) for entry in told["process"]}
    assert set(found) == set(get_args(ProcessName))
    return tuple(_material(entry) for entry in told["material"]), found


def _material(entry: dict[str, Any]) -> _Row:
    words, families = tuple(entry.pop("words")), tuple(entry.pop("families", ()))
    return _Row(Material(**entry), words, families)
