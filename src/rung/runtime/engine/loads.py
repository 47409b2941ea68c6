"""Decides how long a load may take before it is ended: far longer than any honest one, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence

from rung.runtime.errors import LoadFailed
from rung.runtime.planning.groups import footprint_of_group, ram_of_group
from rung.runtime.planning.words import size
from rung.runtime.sections import section
from rung.runtime.spec import Placement

LEAST_S = 60.0
"""Libraries are imported, a device is woken."""
SLOWEST_BPS = 50e6
"""Bytes per second: a network disk that others use too. A cold local one was measured at 30 times this."""
TIMES = 10.0
"""What was measured may have been read from memory, and the next load from a disk."""


def load_limit_s(members: Sequence[Placement]) -> float:
    """For what one worker holds: what the user says; else by its bytes, its warm-up, what it compiles, and what was
    measured."""
    stated = [one.load_limit_s for one in members if one.load_limit_s is not None]
    if stated:
        return max(stated)
    reading = (footprint_of_group(members).resident + ram_of_group(members)) / SLOWEST_BPS
    measured = TIMES * sum(one.load_s or 0.0 for one in members)
    warming = sum(one.warmup * one.variant.limit_s for one in members)
    compiling = sum(one.variant.compile_s for one in members if one.options.get("compile"))
    return LEAST_S + max(reading, measured) + warming + compiling


def too_long(name: str, members: Sequence[Placement], limit_s: float) -> LoadFailed:
    """Why it was ended, and what would help."""
    what = size(footprint_of_group(members).resident)
    variant = members[0].variant.name
    return LoadFailed(
        f"{name} was not in memory after {limit_s:.0f} s, which is all that a load of {what} is given; look at the "
        f"disk that its files lie on, or raise {section(variant)} load_limit_s",
        limit_s=limit_s,
    )
