"""From a part's size to the stock it is cut from: sizes as text, allowances, mass."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from rung.apps.drawings.quoting.pricing import Allowance
from rung.models.notation import clean

Source = Literal["read", "given", "assumed", "table", "computed"]
"""Where an input comes from: read on the drawing, given by the caller, assumed because the caller allowed it, the rule
set as shipped, or computed from other inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a line of the quotation. ref: the reading that it is, if it is one. note: what else there is.

    computed_from: of one that is computed, the sources of what went into it, the least certain first.
    """

    name: str
    value: int | float | str
    unit: str = ""
    source: Source
    note: str = ""
    ref: str = ""
    computed_from: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A part's outer shape in millimetres, as finished. Round: outer, inner (0: solid), length. Plate: sides."""

    kind: Literal["round", "plate"]
    sides: tuple[float, float, float]

    @property
    def solid(self) -> bool:
        """Whether nothing is left out in the middle."""
        return self.kind == "plate" or self.sides[1] == 0


ROUND_SIDES, PLATE_SIDES = ("outer_mm", "inner_mm", "length_mm"), ("length_mm", "width_mm", "thickness_mm")
_TOKEN = re.compile(r"(OD|ID|D|⌀|L|W|T|t|외경|내경|길이|폭|두께)?[=:]?(\d+(?:\.\d+)?)(L|T|t|W|mm)?")
_MEANS = {"OD": "outer_mm", "외경": "outer_mm", "ID": "inner_mm", "내경": "inner_mm", "D": "round", "⌀": "round"}
_MEANS |= {"L": "length_mm", "길이": "length_mm", "W": "width_mm", "폭": "width_mm"}
_MEANS |= {"T": "thickness_mm", "t": "thickness_mm", "두께": "thickness_mm", "mm": ""}


def sides_of(text: str) -> dict[str, float] | str:
    """The sides that a size text gives, in millimetres by name, or a sentence why it gives none.

    Forms: OD·ID·length in any order (OD120×ID80×50L), plain·ID·length, ⌀·⌀·length, OD, D or ⌀ and length (solid), three
    bare numbers (a plate). Two bare numbers are not guessed at.
    """
    if re.search(r"(?<!\d)\d{1,3},\d{3}(?!\d)", text):
        return f"the comma in {text!r} may part thousands or decimals"
    spaced = re.sub(r"\s+(?=[LTWt]\b)|(?<=[DLTW=:⌀ØøΦφ])\s+", "", re.sub(r"\s*[xX×*]\s*", "×", text.strip()))
    tokens = []
    for token in map(clean, re.split(r"×|,\s+|\s+", spaced)):
        found = _TOKEN.fullmatch(token)
        if not found:
            return f"{token!r} in {text!r} is no size"
        tokens.append((_MEANS.get(found[1] or found[3] or "", ""), float(found[2])))
    return _named_sides(tokens, text)


def _named_sides(tokens: list[tuple[str, float]], text: str) -> dict[str, float] | str:
    sides = {name: value for name, value in tokens if name and name != "round"}
    rounds = sorted((value for name, value in tokens if name == "round"), reverse=True)
    plain = [value for name, value in tokens if not name]
    if len(tokens) == 3 and not rounds and len(plain) + len(sides.keys() & set(PLATE_SIDES)) == 3:
        free = [name for name in PLATE_SIDES if name not in sides]
        return {**sides, **dict(zip(free, plain, strict=False))}
    for name in ("outer_mm", "inner_mm"):
        if name not in sides and rounds:
            sides[name] = rounds.pop(0)
    if "inner_mm" in sides and "outer_mm" not in sides and plain:
        sides["outer_mm"] = plain.pop(0)
    if "outer_mm" in sides and "length_mm" not in sides and plain:
        sides["length_mm"] = plain.pop(0)
    if "outer_mm" not in sides or plain or rounds:
        return f"{text!r} may be several things; give outer_mm, inner_mm and length_mm, or the sides of a plate"
    return sides


def shape_of(sides: dict[str, float]) -> Shape | list[str]:
    """The shape of these sides, or the names of those that are missing."""
    if "width_mm" in sides or "thickness_mm" in sides:
        missing = [name for name in PLATE_SIDES if name not in sides]
        return missing or Shape(kind="plate", sides=(sides["length_mm"], sides["width_mm"], sides["thickness_mm"]))
    missing = [name for name in ("outer_mm", "length_mm") if name not in sides]
    return missing or Shape(kind="round", sides=(sides["outer_mm"], sides.get("inner_mm", 0.0), sides["length_mm"]))


def is_possible(shape: Shape) -> bool:
    """Whether there can be such a part: a hole is smaller than what it is in."""
    return shape.kind == "plate" or shape.sides[1] < shape.sides[0]


def stock_of(shape: Shape, allowance: Allowance) -> Shape:
    """What the part is cut from: larger by the allowances, its hole smaller."""
    if shape.kind == "plate":
        first, second, third = (side + allowance.plate for side in shape.sides)
        return Shape(kind="plate", sides=(first, second, third))
    outer, inner, length = shape.sides
    bored = max(inner + allowance.inner, 0.0) if inner else 0.0
    return Shape(kind="round", sides=(outer + allowance.outer, bored, length + allowance.length))


def mass_kg(stock: Shape, density: float) -> float:
    """Of a shape in millimetres at a density in g/cm3."""
    first, second, third = stock.sides
    volume = math.pi / 4 * (first**2 - second**2) * third if stock.kind == "round" else first * second * third
    return volume * density * 1e-6
