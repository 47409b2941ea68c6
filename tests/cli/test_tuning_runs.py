"""How `rung tune` runs: what is timed, what is held against what, and that no run profits from another."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel

from rung.cli.tune_places import InputField
from rung.cli.tune_table import answered
from rung.cli.tuning import Bench, Question
from rung.lab.cases import Case
from rung.lab.metrics import METRICS
from rung.lab.study import Row
from rung.runtime.app import App, Operation
from rung.runtime.jobs import Failure, JobRecord
from rung.runtime.runner import Terms
from rung.runtime.settings import Settings
from rung.runtime.spec import Cost, Provenance


class Asked(BaseModel):
    size: int
    blur: int


async def never(job: Any, input: Any) -> Any:
    raise AssertionError("the fake runner answers")


TOY = App(
    name="toy",
    title="",
    summary="",
    operations=(Operation(name="op", summary="", input=Asked, output=Asked, pipeline=never, tasks=("t",)),),
)


def provenance(load_s: float) -> Provenance:
    return Provenance(
        task="t", variant="v", kind="real", node="", device="cpu", precision="fp32", seed=0, queue_s=0.0, load_s=load_s,
        run_s=0.1, peak_bytes=7, cost=Cost(), degraded_from=None, reason="",
    )  # fmt: skip


@dataclass
class FakeRunner:
    """Takes 10 s where it loads (the first `loads` jobs), else `blur` s; answers the blur; fails for a blur of 13."""

    loads: int = 0
    asked: list[tuple[Asked, Terms]] = field(default_factory=list)
    done: dict[str, JobRecord] = field(default_factory=dict)

    async def submit(self, app: str, operation: str, input: Asked, terms: Terms) -> JobRecord:
        number = len(self.asked)
        self.asked.append((input, terms))
        loading = number < self.loads
        record = JobRecord(
            id=str(number),
            app=app,
            operation=operation,
            created=0.0,
            started=100.0,
            finished=110.0 if loading else 100.0 + input.blur,
            output={"total": float(input.size * input.blur)},
            provenance=(provenance(3.0 if loading else 0.0),),
            error=Failure(code="out_of_memory", message="too large") if input.blur == 13 else None,
        )
        self.done[record.id] = record
        return record

    async def wait(self, id: str) -> JobRecord:
        return self.done[id]


def house(runner: FakeRunner) -> Any:
    return SimpleNamespace(runner=runner, apps=(TOY,), settings=Settings(data_dir="", cache_dir=""))


def question(blurs: tuple[int, ...], cases: int = 3, trials: int = 1) -> Question:
    return Question(
        operation="toy.op",
        settings=[{"blur": blur} for blur in blurs],
        places={"blur": InputField("blur")},
        cases=[Case(id=str(n), inputs={"size": n + 1}) for n in range(cases)],
        metric=METRICS["number_change"],
        trials=trials,
    )


async def run(runner: FakeRunner, asked: Question) -> Bench:
    bench = Bench(asked, lambda line: None)
    for trial in range(asked.trials):
        await bench.group(house(runner), list(range(len(asked.settings))), trial)
    return bench


async def test_a_run_that_had_to_load_is_run_again_and_its_time_is_not_the_loads() -> None:
    runner = FakeRunner(loads=3)  # the two warm-ups of the settings, and the first run that counts

    bench = await run(runner, question((4, 2)))

    assert sorted({sample.seconds for sample in bench.samples}) == [2.0, 4.0]


async def test_every_run_has_a_scope_of_its_own_and_every_trial_a_seed() -> None:
    runner = FakeRunner()

    await run(runner, question((4, 2), trials=2))

    scopes = [terms.scope for _, terms in runner.asked]
    assert len(set(scopes)) == len(scopes)
    assert {terms.policy.seed for _, terms in runner.asked} == {0, 1}


async def test_settings_take_turns_in_going_first() -> None:
    runner = FakeRunner()

    await run(runner, question((4, 2)))

    assert [input.blur for input, _ in runner.asked[2:]] == [4, 2, 2, 4, 4, 2]


async def test_the_error_is_against_the_baseline_of_the_same_case_whichever_ran_first() -> None:
    bench = await run(FakeRunner(), question((4, 2)))

    assert {sample.error for sample in bench.samples if sample.setting == 1} == {0.5}
    assert {sample.error for sample in bench.samples if sample.setting == 0} == {0.0}


async def test_a_run_that_fails_is_a_sample_with_the_reason_and_the_others_go_on() -> None:
    bench = await run(FakeRunner(), question((4, 13, 2)))

    assert {s.failure for s in bench.samples if s.setting == 1} == {"too large"}
    assert {s.error for s in bench.samples if s.setting == 2} == {0.5}


def test_who_answered_is_told_setting_by_setting_where_it_was_not_the_same() -> None:
    same = [Row(setting={"a": a}, runs=1, variants=("v",)) for a in (1, 2)]
    other = [same[0], Row(setting={"a": 2}, runs=1, variants=("w",))]

    assert answered(same) == ["Answered by v."]
    assert answered(other) == ["a=1: answered by v.", "a=2: answered by w."]
