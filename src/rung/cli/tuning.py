"""Runs an operation on cases at every setting, and measures: the deeds of `rung tune`.

Settings that only differ in what a request says share loaded models, and take turns case by case, so that a machine
that slows down slows all of them. What holds from the load on is run one after the other, and again with each trial.
Each run has a scope of its own: nothing comes from another run's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from pydantic import BaseModel

from rung.cli.compose import House, open_house
from rung.cli.local import read_input, run_input
from rung.cli.look import Look, look_again
from rung.cli.tune_places import Fixed, Place, fields_of, loaded_with, settings_with, variant_of
from rung.lab.cases import Case
from rung.lab.grid import Setting, Value
from rung.lab.metrics import Answer, Metric
from rung.lab.study import Sample
from rung.runtime.errors import RungError
from rung.runtime.jobs import JobRecord
from rung.runtime.runner import Terms
from rung.runtime.spec import Policy

DEADLINE_S = 3600.0
AGAIN = 2
"""Times that a run is tried where something was loaded in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be found out. operation: APP.OPERATION. variant: who has to answer, where no setting says it.

    fields: inputs that all runs share. trials: runs of each case at each setting, with seeds 0, 1, ...
    """

    operation: str
    settings: Sequence[Setting]
    places: Mapping[str, Place]
    cases: Sequence[Case]
    metric: Metric
    variant: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    trials: int = 1

    @property
    def name(self) -> tuple[str, str]:
        """App and operation."""
        app, _, operation = self.operation.partition(".")
        return app, operation

    def inputs(self, case: Case, at: int) -> dict[str, Any]:
        """The operation's fields of one run at a setting (its place)."""
        return {**self.fields, **case.inputs, **fields_of(self.settings[at], self.places)}

    def wanted(self, at: int) -> str:
        """The variant that has to answer; empty: as planned."""
        return variant_of(self.settings[at], self.places) or self.variant


@dataclass(frozen=True, slots=True)
class _Run:
    answer: Answer | None
    sample: Sample


async def measure(look: Look, question: Question, tell: Callable[[str], None]) -> list[Sample]:
    """Every run. A setting that cannot be planned, or fails, gives samples that say so.

    Raises InvalidInput for inputs that the operation does not take, before anything is loaded.
    """
    groups: dict[tuple[tuple[Fixed, Value], ...], list[int]] = {}
    for at, setting in enumerate(question.settings):
        groups.setdefault(loaded_with(setting, question.places), []).append(at)
    bench = Bench(question, tell)
    for trial in range(question.trials):
        for fixed, members in groups.items():
            try:
                here = look_again(look, settings_with(look.settings, fixed))
            except RungError as error:
                bench.fail(members, trial, error.message)
                continue
            async with open_house(here) as house:
                if trial == 0 and 0 in members:
                    await _check(house, question)
                await bench.group(house, [at for at in members if not bench.refused(here, at, trial)], trial)
    return bench.samples


async def _check(house: House, question: Question) -> None:
    for case in question.cases:
        for at in range(len(question.settings)):
            await read_input(house, *question.name, question.inputs(case, at))


@dataclass(slots=True, eq=False)
class Bench:
    """Where settings are run. tell: given a line per case.

    baseline: the first setting's answers, by case and trial. They come first: the first group holds them.
    """

    question: Question
    tell: Callable[[str], None]
    samples: list[Sample] = field(default_factory=list)
    baseline: dict[tuple[str, int], Answer] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def fail(self, members: Sequence[int], trial: int, why: str) -> None:
        """No run of these settings."""
        cases = self.question.cases
        self.samples += [Sample(setting=at, case=case.id, trial=trial, failure=why) for at in members for case in cases]

    def refused(self, look: Look, at: int, trial: int) -> bool:
        """Whether the variant that has to answer was not planned; the reason is then the setting's."""
        name = self.question.wanted(at)
        found = next((r for task in look.plan.tasks.values() for r in task.rejected if r.variant == name), None)
        if found is not None:
            said = found.reason if found.reason.startswith(name) else f"{name}: {found.reason}"
            self.fail([at], trial, f"{said} {found.remedy}".rstrip())
        return found is not None

    async def group(self, house: House, members: Sequence[int], trial: int) -> None:
        """One trial of the settings that share loaded models."""
        if not members:
            return
        for at in members:
            await self._run(house, at, self.question.cases[0], trial)  # what it loads is not measured
        for number, case in enumerate(self.question.cases):
            turn = number % len(members)
            runs = [await self._run(house, at, case, trial) for at in (*members[turn:], *members[:turn])]
            for run in runs:
                if run.sample.setting == 0 and run.answer is not None:
                    self.baseline[(case.id, trial)] = run.answer
            self.samples += [self._held(run, case, trial) for run in runs]
            self.tell(f"{case.id}: {len(runs)} runs, {sum(run.sample.seconds for run in runs):.1f} s")

    def _held(self, run: _Run, case: Case, trial: int) -> Sample:
        """The run's sample with its error."""
        metric = self.question.metric
        against: Any = case.truth if metric.against == "truth" else self.baseline.get((case.id, trial))
        if run.answer is None or against is None:
            return run.sample
        return replace(run.sample, error=metric.measure(run.answer, against))

    async def _run(self, house: House, at: int, case: Case, trial: int) -> _Run:
        begun, question = Sample(setting=at, case=case.id, trial=trial), self.question
        try:
            input = await read_input(house, *question.name, question.inputs(case, at))
            record = await self._loaded(house, input, Policy(variant=question.wanted(at), seed=trial))
            answer = Answer(record.output or {}, await _files(house, record.output))
        except RungError as error:
            return _Run(None, replace(begun, failure=error.message))
        assert record.started is not None and record.finished is not None
        peaks = [row.peak_bytes for row in record.provenance if row.peak_bytes is not None]
        sample = replace(
            begun,
            seconds=record.finished - record.started,
            peak=max(peaks, default=None),
            variants=tuple(dict.fromkeys(row.variant for row in record.provenance if row.task != "compute")),
        )
        return _Run(answer, sample)

    async def _loaded(self, house: House, input: BaseModel, policy: Policy) -> JobRecord:
        """The job; once more where it had to wait for a load, whose time is not the run's."""
        for _ in range(AGAIN):
            scope = f"tune-{next(self._numbers)}"
            terms = Terms(policy=policy, scope=scope, deadline_s=DEADLINE_S)
            record = await run_input(house, *self.question.name, input, terms)
            if not any(row.load_s for row in record.provenance):
                break
        return record


async def _files(house: House, output: Any, place: str = "") -> dict[str, bytes]:
    """The bytes of the files in an output, by their place in it."""
    match output:
        case {"file": str(file_id), "media_type": str()}:
            return {place: await house.artifacts.read(file_id)}
        case Mapping():
            inner = list(output.items())
        case list() | tuple():
            inner = [(str(at), one) for at, one in enumerate(output)]
        case _:
            return {}
    found: dict[str, bytes] = {}
    for key, one in inner:
        found |= await _files(house, one, f"{place}.{key}" if place else str(key))
    return found
