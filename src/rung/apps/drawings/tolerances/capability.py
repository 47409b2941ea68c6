"""Whether a process holds a tolerance: its spread from what is known of it and of the material, Cp, Cpk, and advice.

A size's standard deviation is the root of the sum of squares of three independent shares, each with its figures:
the process's own (a sixth of its ISO 286 grade at that size), warmth (expansion x kelvin x size), and what stress left
in the part moves it by when it springs back ((1 - Poisson) x stress / Young x size, plane stress).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, hypot, sqrt
from typing import Final, Literal

from rung.apps.drawings.tolerances.processes import Material, Process
from rung.models.notation.limits import width as grade_width

Difficulty = Literal["easy", "medium", "hard"]
GOOD: Final = 4 / 3
"""Cpk from which a process is called capable (ISO 22514-2 speaks of 1.33)."""
BARE: Final = 1.0
GRAVITY: Final = 9.81


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations in millimetres; warmth and spring are None where the material does not say enough."""

    process: float
    warmth: float | None
    spring: float | None

    @property
    def whole(self) -> float:
        """Of the size."""
        return hypot(self.process, self.warmth or 0.0, self.spring or 0.0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A size with its limits: deviations in millimetres. mean, sd: of measured parts, in millimetres, where known."""

    nominal: float
    upper: float
    lower: float
    mean: float | None = None
    sd: float | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """sd, off_centre: millimetres. outside: share of parts. spread: None where the sd was measured."""

    sd: float
    off_centre: float
    cp: float
    cpk: float
    outside: float
    difficulty: Difficulty
    spread: Spread | None


def spread_of(nominal: float, process: Process, material: Material) -> Spread | None:
    """What that process does to that size; None where ISO 286 has no such size (up to 3150 mm)."""
    width = grade_width(process.grade, nominal)
    if width is None:
        return None
    warmth = None if material.expansion is None else material.expansion * 1e-6 * process.kelvin * nominal
    return Spread(width / 6, warmth, spring_back(nominal, process, material))


def spring_back(length: float, process: Process, material: Material) -> float | None:
    """Standard deviation in millimetres of what stress moves a length by; None without both elastic figures."""
    if material.youngs_gpa is None or material.poisson is None:
        return None
    return (1 - material.poisson) * process.stress_mpa / (material.youngs_gpa * 1000) * length


def sag(length: float, height: float, round_bar: bool, material: Material) -> float | None:
    """How far a solid part bends under its own weight between supports at its ends, in millimetres.

    height: of a flat part's section, or a round bar's diameter. None without density and Young's modulus.
    """
    if material.density is None or material.youngs_gpa is None:
        return None
    area_by_inertia = 16 / height**2 if round_bar else 12 / height**2  # 1/mm2
    weight = material.density * 1e-9 * GRAVITY  # N/mm3
    return 5 / 384 * weight * area_by_inertia * length**4 / (material.youngs_gpa * 1000)


def form_sigma(length: float, process: Process, material: Material) -> float:
    """Standard deviation in millimetres of a surface's deviation from its shape."""
    return hypot(process.form_um / 1000, spring_back(length, process, material) or 0.0)


def capability(wanted: Wanted, process: Process, material: Material) -> Capability | None:
    """By the measured mean and spread where they are given, else by the process's. None where neither is known."""
    spread = None if wanted.sd is not None else spread_of(wanted.nominal, process, material)
    if wanted.sd is None and spread is None:
        return None
    sd = wanted.sd if wanted.sd is not None else spread.whole if spread is not None else 0.0
    middle = wanted.nominal + (wanted.upper + wanted.lower) / 2
    off = process.drift * sd if wanted.mean is None else abs(wanted.mean - middle)
    half = (wanted.upper - wanted.lower) / 2
    cp, cpk = half / (3 * sd), (half - off) / (3 * sd)
    outside = _beyond((half - off) / sd) + _beyond((half + off) / sd)
    return Capability(sd, off, cp, cpk, outside, _difficulty(cpk), spread)


def needed_width(found: Capability) -> float:
    """The tolerance's width in millimetres that this spread would hold with Cpk = 4/3."""
    return 2 * (3 * GOOD * found.sd + found.off_centre)


def advice(wanted: Wanted, found: Capability, process: Process, others: Sequence[tuple[Process, Capability]]) -> str:
    """A sentence with the numbers, empty where the process is capable. others: what other processes would do."""
    if found.cpk >= GOOD:
        return ""
    width, needs = wanted.upper - wanted.lower, needed_width(found)
    better = [f"{one.name} (Cpk {other.cpk:.2f})" for one, other in others if other.cpk >= GOOD]
    ways = [f"open the tolerance to {needs:.3g} mm"]
    if found.cp >= GOOD:  # the spread would do; no finer process helps a mean that is beside the middle
        ways = [f"bring the mean back by {found.off_centre:.3g} mm to the middle of the limits", *ways]
    else:
        ways += [process.finer, *([f"take {' or '.join(better)}"] if better else [])]
    return (
        f"{wanted.nominal:g} mm with a tolerance of {width:.3g} mm: {process.name} spreads it by 6 sd ="
        f" {6 * found.sd:.3g} mm, Cp {found.cp:.2f}, Cpk {found.cpk:.2f}, {found.outside:.2%} of parts outside;"
        f" {', or '.join(ways)}"
    )


def interference(hole: tuple[Wanted, Capability], shaft: tuple[Wanted, Capability]) -> tuple[float, float, float]:
    """Mean and standard deviation of the clearance in millimetres, and the share of pairs that do not go together."""
    middles = [w.mean if w.mean is not None else w.nominal + (w.upper + w.lower) / 2 for w, _ in (hole, shaft)]
    mean, sd = middles[0] - middles[1], hypot(hole[1].sd, shaft[1].sd)
    return mean, sd, _beyond(mean / sd)


def _beyond(deviations: float) -> float:
    """The share of a normal distribution above so many standard deviations."""
    return 0.5 * erfc(deviations / sqrt(2))


def _difficulty(cpk: float) -> Difficulty:
    return "easy" if cpk >= GOOD else "medium" if cpk >= BARE else "hard"
