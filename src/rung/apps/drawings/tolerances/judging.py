"""Each dimension of a part against what the process does: capability, the advice that follows, and what fits what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from rung.apps.drawings.tolerances.capability import Capability, Wanted, advice, capability, interference
from rung.apps.drawings.tolerances.processes import Material, Process, processes
from rung.apps.drawings.tolerances.schema import (
    Assemblability,
    CapabilityOut,
    DimensionIn,
    Manufacturability,
    NotJudged,
    PairIn,
    PairOut,
)
from rung.models.notation.limits import deviations
from rung.runtime.errors import InvalidInput

_HARDEST = ("easy", "medium", "hard")


@dataclass(slots=True)
class Judged:
    """By a dimension's id, or its number from 1."""

    capabilities: dict[str, CapabilityOut] = field(default_factory=dict)
    refused: list[NotJudged] = field(default_factory=list)
    behind: dict[str, tuple[Wanted, Capability]] = field(default_factory=dict)
    recommendations: list[str] = field(default_factory=list)


def judge(dimensions: Sequence[DimensionIn], process: Process, material: Material) -> Judged:
    """Every dimension, or the reason why nothing can be said of it."""
    judged = Judged()
    for place, one in enumerate(dimensions, 1):
        name = one.id or str(place)
        if name in judged.behind or any(other.id == name for other in judged.refused):
            raise InvalidInput(f"two dimensions have the id {name!r}", field="dimensions")
        limits = _limits(one)
        if isinstance(limits, str):
            judged.refused.append(NotJudged(id=name, reason=limits))
            continue
        wanted = Wanted(one.nominal, limits[0], limits[1], one.measured_mean, one.measured_sd)
        found = capability(wanted, process, material)
        if found is None:
            reason = f"ISO 286 has no grade {process.grade} at {one.nominal:g} mm, and no measured_sd was given"
            judged.refused.append(NotJudged(id=name, reason=reason))
            continue
        judged.behind[name] = wanted, found
        judged.capabilities[name] = _told(name, one, wanted, found)
        sentence = advice(wanted, found, process, _elsewhere(wanted, process, material))
        judged.recommendations += [f"{name}: {sentence}"] if sentence else []
    return judged


def manufacturability(judged: Judged) -> Manufacturability:
    """Of all that was judged."""
    found = [one for _, one in judged.behind.values()]
    if not found:
        nothing = "no dimension has limits: give upper and lower, or a fit class"
        return Manufacturability(score=None, difficulty=None, recommendations=[nothing])
    return Manufacturability(
        score=prod(1 - min(one.outside, 1.0) for one in found),
        difficulty=max((one.difficulty for one in found), key=_HARDEST.index),
        recommendations=judged.recommendations,
    )


def assemblability(pairs: Sequence[PairIn], judged: Judged) -> Assemblability | None:
    """None where no pair was given. Raises InvalidInput for a pair of dimensions that were not judged."""
    if not pairs:
        return None
    found = [_pair(one, judged.behind) for one in pairs]
    return Assemblability(score=prod(1 - one.interference_risk for one in found), pairs=found)


def _pair(pair: PairIn, behind: Mapping[str, tuple[Wanted, Capability]]) -> PairOut:
    if pair.hole == pair.shaft:
        raise InvalidInput(f"pairs: {pair.hole!r} cannot be its own hole and shaft", field="pairs")
    for name in (pair.hole, pair.shaft):
        if name not in behind:
            raise InvalidInput(f"pairs names {name!r}, which is no dimension with limits", field="pairs")
    clearance, sd, risk = interference(behind[pair.hole], behind[pair.shaft])
    return PairOut(hole=pair.hole, shaft=pair.shaft, clearance=clearance, sd=sd, interference_risk=risk)


def _limits(one: DimensionIn) -> tuple[float, float] | str:
    """Upper and lower deviation, or why there are none."""
    if one.upper is not None and one.lower is not None:
        return one.upper, one.lower
    if not one.fit:
        return "it has no limits: neither deviations nor a fit class"
    return deviations(one.fit, one.nominal) or f"ISO 286's tables have no {one.fit} at {one.nominal:g} mm"


def _elsewhere(wanted: Wanted, process: Process, material: Material) -> list[tuple[Process, Capability]]:
    """What the other processes would do, where nothing was measured."""
    if wanted.sd is not None:
        return []
    others = [(one, capability(wanted, one, material)) for one in processes() if one.name != process.name]
    return [(one, found) for one, found in others if found is not None]


def _told(name: str, one: DimensionIn, wanted: Wanted, found: Capability) -> CapabilityOut:
    spread = found.spread
    return CapabilityOut(
        id=name,
        nominal=wanted.nominal,
        upper=wanted.upper,
        lower=wanted.lower,
        limits="given" if one.upper is not None else "fit",
        sd=found.sd,
        sd_source="measured" if spread is None else "process",
        sd_process=None if spread is None else spread.process,
        sd_warmth=None if spread is None else spread.warmth,
        sd_spring=None if spread is None else spread.spring,
        off_centre=found.off_centre,
        cp=found.cp,
        cpk=found.cpk,
        share_outside=min(found.outside, 1.0),
        difficulty=found.difficulty,
    )
