"""A dimension's text and what it means: nominal size, limits, type, fit, count."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rung.models.notation.grammar import DimensionType, Form, dimension_automaton, forms, split_tail
from rung.models.notation.limits import deviations
from rung.models.notation.symbols import clean

Unit = Literal["mm", "in", "deg", "um", ""]
Origin = Literal["", "written", "fit"]
MOST_COUNTED = 12
"""4×10 is four lengths of ten; 30×10 rather a size of thirty by ten: beyond this count a size is meant first."""


FULL_TURN = 360.0
"""Degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """What a dimension says.

    nominal: in `unit`; the middle where only two limits are written. upper, lower: deviations from it in the same unit;
    None: none is known. limits: where they come from, what is written or the fit by ISO 286. further: other figures of
    the form by name (pitch, angle, second, third, depth, total), in millimetres or degrees. notes: what was understood
    without being written, as sentences.
    """

    text: str
    type: DimensionType
    form: str
    nominal: float
    unit: Unit
    upper: float | None = None
    lower: float | None = None
    limits: Origin = ""
    fit: str = ""
    count: int = 1
    reference: bool = False
    basic: bool = False
    through: bool = False
    further: Mapping[str, float]
    notes: tuple[str, ...] = ()
    parts: Mapping[str, str]


def parse(text: str) -> Dimension | None:
    """What the text says as a dimension; None where it is none. `explain` says why."""
    return next(iter(meanings(text)), None)


def meanings(text: str) -> tuple[Dimension, ...]:
    """Everything that the text can say, what is usually meant first."""
    cleaned = clean(text)
    taken = [(form, parts) for form in forms() if (parts := form.taken(cleaned)) is not None]
    found = [one for form, parts in taken if not _past_full_turn(one := meant(form, parts))]
    return tuple(sorted(found, key=lambda one: one.type == "length" and one.count > MOST_COUNTED))


def render(dimension: Dimension) -> str:
    """The canonical text of what was parsed."""
    return "".join(dimension.parts.values())


def canonical(text: str) -> str:
    """The text as all readers and the truth meet in it: rendered where it is a dimension, else only cleaned."""
    dimension = parse(text)
    return render(dimension) if dimension else clean(text)


def explain(text: str) -> str:
    """Why a text is no dimension, as a sentence; "" where it is one."""
    cleaned = clean(text)
    if parse(cleaned):
        return ""
    if not cleaned:
        return "there is no text"
    if any(_past_full_turn(meant(form, parts)) for form in forms() if (parts := form.taken(cleaned)) is not None):
        return f"{cleaned!r} is no dimension: an angle has at most {FULL_TURN:g}°"
    place = dimension_automaton().prefix(cleaned)
    if place == len(cleaned):
        return f"{cleaned!r} is the beginning of a dimension and ends too early"
    before = f"after {cleaned[:place]!r}" if place else "at the beginning"
    return f"{cleaned!r} is no dimension: {cleaned[place]!r} cannot stand {before}"


def _past_full_turn(dimension: Dimension) -> bool:
    """No drawing says 915°: it is 91.5 with something round beside it."""
    return dimension.unit == "deg" and dimension.nominal > FULL_TURN


# --- what the parts mean -----------------------------------------------------------------------------------


def meant(form: Form, parts: Mapping[str, str]) -> Dimension:
    """The meaning of a text that was taken apart by a form."""
    nominal, unit, notes = _nominal(form, parts)
    upper, lower, fit, origin, more = _limits(form, parts, nominal, unit)
    note = parts.get("note", "")
    return Dimension(
        text=form.joined(parts),
        type=form.type,
        form=form.name,
        nominal=nominal,
        unit=unit,
        upper=upper,
        lower=lower,
        limits=origin,
        fit=fit,
        count=int(parts.get("count", "")[:-1] or 1),
        reference=form.wrap == "reference" or note == "REF",
        basic=form.wrap == "basic",
        through=parts.get("drill") == "THRU",
        further=_further(parts),
        notes=notes + more,
        parts=dict(parts),
    )


def _nominal(form: Form, parts: Mapping[str, str]) -> tuple[float, Unit, tuple[str, ...]]:
    unit: Unit = "in" if parts.get("inch") else "mm"
    if form.name.startswith("limits"):
        middle = (float(parts["first"]) + float(parts["second"])) / 2
        return round(middle, 6), unit, ("only limits are written; the nominal size is their middle",)
    if form.name == "angle":
        return _degrees(parts["angle"]), "deg", ()
    if "fraction" in parts:
        return _fraction(parts["fraction"]), "in", ()
    nominal = parts["nominal"]
    if nominal.endswith("°"):
        return float(nominal[:-1]), "deg", ()
    if form.type == "roughness":
        return float(nominal), "um", ()
    return float(nominal), "" if form.type == "taper" else unit, ()


def _degrees(text: str) -> float:
    figures = re.findall(r"([\d.]+)([°'\"])", text)
    shares = {"°": 1, "'": 60, '"': 3600}
    return round(sum(float(figure) / shares[unit] for figure, unit in figures), 6)


def _fraction(text: str) -> float:
    over, slash, under = text.lstrip("#").partition("/")
    return float(over) / (float(under) or 1.0) if slash else float(over)


_FIGURE = {"second": "second", "third": "third", "pitch": "pitch", "total": "total", "angle": "angle", "drill": "depth"}


def _further(parts: Mapping[str, str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, meaning in _FIGURE.items():
        if name == "angle" and "nominal" not in parts:
            continue  # There the angle is the nominal size.
        figure = re.search(r"[\d.]+", parts.get(name, ""))
        if figure:
            found[meaning] = float(figure.group())
    return found


Limits = tuple[float | None, float | None, str, Origin, tuple[str, ...]]


def _limits(form: Form, parts: Mapping[str, str], nominal: float, unit: Unit) -> Limits:
    if form.name.startswith("limits"):
        half = round(abs(float(parts["first"]) - float(parts["second"])) / 2, 6)
        return half, -half, "", "written", ()
    fit, written = split_tail(parts.get("tail", ""))
    if written:
        upper, lower, notes = _written(written, unit)
        return upper, lower, fit, "written", notes + (_disagreement(fit, nominal, upper, lower) if fit else ())
    if not fit:
        return None, None, "", "", ()
    found = deviations(fit, nominal) if unit == "mm" else None
    if found is None:
        return None, None, fit, "", (f"ISO 286 has no limits for {fit} at {nominal:g} {unit}",)
    return *found, fit, "fit", ()


def _written(text: str, unit: Unit) -> tuple[float, float, tuple[str, ...]]:
    figures = [
        float(sign + figure) / (60 if minutes == "'" and unit == "deg" else 1)
        for sign, figure, minutes in re.findall(r"([+-]?)([\d.]+)([°']?)", text)
    ]
    figures = [round(one, 6) for one in figures]
    if text[0] == "±":
        return figures[0], -figures[0], ()
    if len(figures) == 2:
        return figures[0], figures[1], ()
    upper, lower = max(figures[0], 0.0), min(figures[0], 0.0)
    return upper, lower, (f"the {'lower' if upper else 'upper'} deviation is not written; it is taken as 0",)


def _disagreement(fit: str, nominal: float, upper: float, lower: float) -> tuple[str, ...]:
    table = deviations(fit, nominal)
    if table is None or max(abs(table[0] - upper), abs(table[1] - lower)) < HALF_MICROMETRE:
        return ()
    return (f"{fit} at {nominal:g} mm is {table[0]:+g}/{table[1]:+g} by ISO 286; what is written differs",)


HALF_MICROMETRE = 0.0005
