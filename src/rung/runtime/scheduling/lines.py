"""Owns the queues: which calls wait together, and which seats they may run on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rung.runtime.scheduling.demand import Demand
from rung.runtime.scheduling.health import Trouble
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.queue import Queue
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.waiting import Waiting


@dataclass(slots=True)
class Line:
    """The calls that wait for one variant, or for the variants of one group. seats: the first one is preferred.

    parked: calls that wait for memory which others hold; short_since: since when others hold what its calls lack.
    """

    name: str
    queue: Queue = field(default_factory=Queue)
    seats: list[Seat] = field(default_factory=list)
    demand: Demand = field(default_factory=Demand)
    parked: list[Waiting] = field(default_factory=list)
    short_since: float | None = None

    @property
    def variants(self) -> list[str]:
        """What it serves."""
        return list(self.seats[0].needs)

    def barrier(self, deadline: float, now: float) -> Seat | None:
        """Where every seat has failed and a call cannot be kept until one is tried again: the seat that is tried
        first, whose reason the call is told."""
        if all(seat.health.bars(deadline, now) for seat in self.seats):
            return min(self.seats, key=lambda seat: seat.health.until)
        return None

    def trouble(self, now: float) -> list[Trouble]:
        """One for each variant, when none of its seats is well."""
        found = [seat.health.trouble(now) for seat in self.seats]
        amiss = [trouble for trouble in found if trouble is not None]
        if len(amiss) < len(self.seats):
            return []
        nearest = min(amiss, key=lambda trouble: trouble.until_s)
        return [
            Trouble(variant=variant, state=nearest.state, reason=nearest.reason, until_s=nearest.until_s)
            for variant in self.variants
        ]


def lines_of(needs: Iterable[Need]) -> dict[str, Line]:
    """By name. Needs of one line on one device share a seat; each further device is one more seat."""
    lines: dict[str, Line] = {}
    found: dict[tuple[str, str], dict[str, Need]] = {}
    for need in needs:
        found.setdefault((need.line, need.device), {})[need.variant] = need
    for (name, device), members in found.items():
        line = lines.setdefault(name, Line(name))
        seat = f"{name}@{device}" if line.seats else name
        line.seats.append(Seat(seat, name, members, line.queue))
        assert members.keys() == line.seats[0].needs.keys(), f"{seat}: every seat of a line holds all its variants"
    return lines
