"""What a drill is, what it is given, and the figures that come of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from drills.checker import Right, check, expected
from drills.history import History
from drills.house import Holdings, House, open_house


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One line of our code, changed, that the drill must notice. file: below `src`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a drill counted. broken: a sentence for each promise that was not kept. recover_s: from each fault to the
    next right answer. notes: what else is worth a number."""

    rounds: int
    faults: int
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    orphans: int = 0
    descriptors: int = 0
    segments: int = 0
    recover_s: tuple[float, ...] = ()
    broken: tuple[str, ...] = ()
    notes: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept, and at least one fault really happened."""
        return not any(self.counts.values()) and not self.broken and self.faults > 0

    @property
    def counts(self) -> Mapping[str, int]:
        """What has to be zero."""
        names = ("lost", "doubled", "wrong", "orphans", "descriptors", "segments")
        return {name: getattr(self, name) for name in names}


@dataclass(slots=True)
class Tally:
    """Grows while a drill runs."""

    rounds: int = 0
    faults: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    orphans: int = 0
    descriptors: int = 0
    segments: int = 0
    recover_s: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    notes: dict[str, float | str] = field(default_factory=dict)
    timed: bool = True
    """Whether being late breaks a promise. Not in the short form: it is run on machines that others use too."""

    def in_time(self, kept: bool, sentence: str) -> None:
        """Note what came later than was promised. sentence: what was seen instead."""
        if self.timed:
            self.demand(kept, sentence)
        elif not kept:
            self.notes[f"late: {sentence}"] = "not counted in the short form"

    def demand(self, kept: bool, sentence: str) -> None:
        """Note what was promised and not kept. sentence: what was seen instead."""
        if not kept:
            self.broken.append(sentence)

    def judge(self, history: History, *, attempts: int = 100, right: Right = expected) -> None:
        """Take in what the checker says of a history."""
        verdict = check(history.ops, attempts=attempts, right=right)
        self.accepted += verdict.accepted
        self.lost += len(verdict.lost)
        self.doubled += len(verdict.doubled)
        self.wrong += len(verdict.wrong)
        self.broken += verdict.faults[:20]

    def leaks(self, leaked: Holdings) -> None:
        """Take in what a house holds too much."""
        self.descriptors += leaked.descriptors
        self.segments += leaked.segments
        self.demand(not leaked.kinds, f"descriptors were left: {dict(leaked.kinds)}")
        self.demand(leaked.files == 0, f"{leaked.files} temporary files were left")

    def figures(self) -> Figures:
        """As they stand."""
        return Figures(
            rounds=self.rounds,
            faults=self.faults,
            accepted=self.accepted,
            lost=self.lost,
            doubled=self.doubled,
            wrong=self.wrong,
            orphans=self.orphans,
            descriptors=self.descriptors,
            segments=self.segments,
            recover_s=tuple(self.recover_s),
            broken=tuple(self.broken),
            notes=dict(self.notes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a drill runs on. rounds: of the form asked for. source: stands before the installed `rung` (a mutation)."""

    rounds: int
    long: bool = False
    source: str = ""
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def house(
        self,
        *,
        config: str = "",
        variants: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        start: bool = True,
    ) -> AbstractContextManager[House]:
        """A server of its own for this drill."""
        return open_house(config=config, variants=variants, env=env, source=self.source, start=start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """number: of the list in the design. short, long: rounds of the two forms."""

    number: int
    title: str
    promise: str
    mutation: Mutation
    run: Callable[[Stage, Tally], None]
    short: int
    long: int
