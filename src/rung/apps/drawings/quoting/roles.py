"""Which dimension of a drawing may be a part's outer diameter, its hole, its length.

These are guesses by rule: they are offered as candidates, and taken only where the caller lets roles be assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rung.apps.drawings.quoting.items import Candidate

MAJOR_MM = 30
"""A hole smaller than this is one for a bolt, whatever else it is."""
MOST_CANDIDATES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A dimension as far as roles go. reviewed: a person verified or modified it. ref: its id. value: millimetres."""

    ref: str
    text: str
    kind: str
    value: float
    count: int = 1
    reviewed: bool = False
    reference: bool = False
    confidence: float | None = None

    @property
    def sureness(self) -> str:
        """How sure its reading is, in words."""
        if self.reviewed:
            return "verified by a person"
        return "" if self.confidence is None else f"read with a confidence of {self.confidence:.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A dimension in a role. why: by which rule."""

    side: str
    figure: Figure
    why: str


def roles_of(figures: Sequence[Figure]) -> tuple[Role, ...]:
    """Outer diameter, hole and length of a round part, as far as the rules find them.

    Largest diameter: outer, where it is over 30 mm or at least half of the largest figure. Smallest diameter over 30 mm
    and over a fifth of the outer one, more than 5 % below it: the hole. Largest length: the length.
    """
    round_ = sorted((one for one in figures if _is_outline(one)), key=lambda one: one.value, reverse=True)
    lengths = [one for one in figures if one.kind == "length" and one.count == 1]
    largest = max((one.value for one in figures if one.kind in ("diameter", "length")), default=0.0)
    if not round_ or not (round_[0].value > MAJOR_MM or round_[0].value >= largest / 2):
        return ()
    outer = round_[0]
    found = [Role(side="outer_mm", figure=outer, why="the largest diameter")]
    least = max(0.2 * outer.value, MAJOR_MM)
    holes = [one for one in round_ if least < one.value < 0.95 * outer.value]
    if holes:
        found.append(Role(side="inner_mm", figure=holes[-1], why="the smallest major diameter"))
    if lengths:
        longest = max(lengths, key=lambda one: (one.value, one.reviewed))
        found.append(Role(side="length_mm", figure=longest, why="the largest length"))
    return tuple(found)


def _is_outline(figure: Figure) -> bool:
    return figure.kind == "diameter" and figure.count == 1 and not figure.text.startswith("PCD")


def candidates(side: str, figures: Sequence[Figure]) -> tuple[Candidate, ...]:
    """What may be this side, reviewed dimensions first, then the larger."""
    kind = "diameter" if side in ("outer_mm", "inner_mm") else "length"
    fitting = [one for one in figures if one.kind == kind and one.count == 1 and not one.text.startswith("PCD")]
    ordered = sorted(fitting, key=lambda one: (not one.reviewed, -one.value))
    return tuple(Candidate(text=one.text, value=one.value, ref=one.ref) for one in ordered[:MOST_CANDIDATES])


_FEATURES = {"thread": "thread", "chamfer": "chamfer", "counterbore": "hole", "countersink": "hole"}


def features_of(figures: Sequence[Figure]) -> tuple[tuple[str, Figure], ...]:
    """Features that a dimension alone shows, each once: threads, chamfers, holes that are counted."""
    found: dict[str, Figure] = {}
    for one in figures:
        name = _FEATURES.get(one.kind) or ("hole" if one.kind == "diameter" and one.count > 1 else "")
        if name:
            found.setdefault(name, one)
    return tuple(found.items())
