"""`rung profile`: what it measures with a real worker, what it keeps, and what it passes over."""

import asyncio
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from rung.cli import look, plan, profile, profiling
from rung.cli.compose import engine_of
from rung.cli.profile_table import compare
from rung.cli.profiling import AT_ONCE_RUNS, RUNS, Bench
from rung.runtime.app import App
from rung.runtime.engine import Memory
from rung.runtime.engine.memory import unmeasured
from rung.runtime.errors import LoadFailed, NotFound, Unavailable
from rung.runtime.ledger import Ledger
from rung.runtime.planning.budgets import Bound
from rung.runtime.profile import FOLDER, Profile, Record, Recorder, figures
from rung.runtime.spec import Footprint, GiB, MiB, Placeable, Placement, Subject, Variant
from rung.runtime.tasks import ComputeInput
from rung.runtime.testing.workers import FakeSpawner

HERE = Path(__file__).parent


def a_variant(name: str, loader: str = "Grows", resident: int = 200 * MiB, **more) -> Variant:
    place = Placeable(
        device="cpu", precision="none", footprint=Footprint(resident=resident, working_per_pixel=16), latency_s=10.0
    )
    return Variant(
        name=name, task="compute", title=name, loader=f"profile_zoo:{loader}", runtime="pictures", kind="real",
        places=(place,), verified="ran", **more,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """These models free nothing that would have to be given back."""
    monkeypatch.setattr(profiling, "SETTLE_S", 0.0)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command in an empty folder, with these variants as the whole catalogue."""

    def command(words: list[str], *variants: Variant, options: str = "", heavy: tuple[App, ...] = ()):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(look, "ladders", lambda: {"compute": variants})
        monkeypatch.setattr(profile, "apps", lambda: heavy)
        tables = [f'[variant.{v.name}.env]\nPYTHONPATH = "{HERE}"\n' for v in variants]
        (tmp_path / "rung.toml").write_text("\n".join([*tables, options]))
        app = typer.Typer()
        app.command("plan")(plan.plan)
        app.command("profile")(profile.profile)
        env = {"RUNG_DATA_DIR": str(tmp_path / "data"), "RUNG_CACHE_DIR": str(tmp_path / "cache"), "COLUMNS": "120"}
        return CliRunner().invoke(app, words, env=env)

    return command


def test_a_real_worker_is_measured_and_planning_goes_by_it_from_then_on(run):
    variants = [a_variant("grows", max_batch=4)]
    result = run(["profile", "--json"], *variants)
    (found,) = json.loads(result.stdout)["measured"]
    (rung,) = json.loads(run(["plan", "--json"], *variants).stdout)["tasks"]["compute"]["rungs"]

    footprint = found["footprint"]
    assert 64 <= footprint["resident"] / MiB < 110
    assert 28 <= footprint["working"] / MiB < 45
    assert footprint["working_per_pixel"] == pytest.approx(8, rel=0.1)
    assert [round(c["pixels"] / 1e4) for c in found["calls"]] == [n for n in (25, 100, 1200, 2500) for _ in range(RUNS)]
    assert {n for n, _ in found["batches"]} == {1, 2, 4} and found["latency"]["per_call"] >= 0
    ratios = {figure["name"]: figure["ratio"] for figure in found["figures"]}
    assert ratios["working per pixel"] == pytest.approx(0.5, rel=0.1)
    assert (rung["footprint_source"], rung["latency_source"]) == ("measured", "measured")
    assert rung["footprint"] == footprint and rung["load_s"] == found["load_s"]


def test_work_without_an_example_of_its_own_is_measured_with_the_apps_hungriest(run):
    variants = [a_variant("compute", "works_for_apps")]
    idle, busy = App(name="a", title="", summary="", operations=()), "profile_zoo:heavy"
    heavy = (idle, replace(idle, name="b", heaviest=busy))
    (found,) = json.loads(run(["profile", "--json"], *variants, heavy=heavy).stdout)["measured"]

    assert found["footprint"]["working_per_pixel"] == pytest.approx(8, rel=0.1)
    assert len(found["calls"]) == len(profiling.SIZES) * RUNS


def test_of_one_that_runs_several_at_a_time_what_they_take_together_is_measured_too(run):
    variants = [a_variant("crowds", "Crowds", max_concurrent=2, options={"alone": RUNS * len(profiling.SIZES)})]
    (found,) = json.loads(run(["profile", "--json"], *variants).stdout)["measured"]

    largest = max(call["pixels"] for call in found["calls"])
    per_pixel = [call["working"] / largest for call in found["calls"] if call["pixels"] == largest]
    assert per_pixel == pytest.approx([8.5] * RUNS + [16.5] * AT_ONCE_RUNS, abs=1), "up to one is the input's own"
    assert "2 calls at once take" in found["left_out"]
    footprint = found["footprint"]
    assert footprint["working"] + largest * footprint["working_per_pixel"] > 15 * largest


def test_what_once_came_out_too_large_is_not_kept_out_for_ever(run, tmp_path):
    variants = [a_variant("grows")]
    run(["profile"], *variants)
    store = Profile(tmp_path / "data" / FOLDER)
    ((subject, record),) = store.read()[0].items()
    store.put(replace(record, loaded=(10_000 * GiB,)))
    (rejected,) = json.loads(run(["plan", "--json"], *variants).stdout)["tasks"]["compute"]["rejected"]

    run(["profile"], *variants)
    (rung,) = json.loads(run(["plan", "--json"], *variants).stdout)["tasks"]["compute"]["rungs"]

    assert "GiB RAM as measured here, the largest budget" in rejected["reason"]
    assert rejected["remedy"].endswith("`rung profile` measures again.")
    assert rung["footprint_source"] == "measured" and store.read()[0][subject].loaded[0] < GiB


def test_the_table_shows_both_figures_their_ratio_and_what_was_left_out(run):
    options = "[variant.grows.options]\ntoo_large = 2_000_000\n"
    result = run(
        ["profile"], a_variant("grows", options={"too_large": 0}), a_variant("silent", "no_example"), options=options
    )
    text = " ".join(result.stdout.split())

    assert result.exit_code == 0
    assert "grows cpu none resident ? 200 MiB" in text
    assert "grows, left out 12 megapixels: the picture is too large for me" in text
    assert "silent, not measured 0.25 megapixels: silent has no example" in text


def test_a_measurement_that_lacks_sizes_does_not_replace_one_that_is_whole(run, tmp_path):
    whole = a_variant("grows", options={"too_large": 0})
    run(["profile"], whole)
    store = Profile(tmp_path / "data" / FOLDER)
    ((subject, record),) = store.read()[0].items()
    poor = replace(record, calls=record.calls[:2])

    profile.keep(store, poor)
    assert figures(store.read()[0][subject]).footprint is not None
    profile.keep(store, record)

    assert store.read()[0][subject] == record


def test_one_variant_can_be_named_and_an_unknown_one_names_those_there_are(run):
    result = run(["profile", "other"], a_variant("grows"))
    assert isinstance(result.exception, NotFound) and "there are grows" in result.exception.message

    one = json.loads(run(["profile", "second", "--json"], a_variant("grows"), a_variant("second")).stdout)
    assert [m["variant"] for m in one["measured"]] == ["second"] and one["skipped"] == []


def test_what_planning_rejects_is_passed_over_with_its_reason(run):
    result = run(["profile"], a_variant("huge", resident=10_000 * GiB))

    assert isinstance(result.exception, Unavailable)
    assert "huge: needs 10000" in " ".join(result.stdout.split())


async def test_serving_fills_the_profile_too(run, tmp_path):
    variants = [a_variant("grows", options={"too_large": 0})]
    before = json.loads(run(["plan", "--json"], *variants).stdout)["tasks"]["compute"]["rungs"][0]
    here, store = look.look_here(tmp_path / "rung.toml"), Profile(tmp_path / "data" / FOLDER)
    async with asyncio.timeout(60), Recorder(store) as recorder, engine_of(here.plan, observe=recorder) as engine:
        for side in (500, 1000, 3000):
            given = ComputeInput(function="", arguments={"picture": np.zeros((side, side), np.uint8)})
            await engine.call("grows", given, deadline=time.monotonic() + 30, scope=str(side))

    after = json.loads(run(["plan", "--json"], *variants).stdout)["tasks"]["compute"]["rungs"][0]

    assert (before["footprint_source"], after["footprint_source"]) == ("catalogue", "measured")
    assert after["footprint"]["working_per_pixel"] == pytest.approx(8, rel=0.2)
    assert after["load_s"] > 0 and after["latency_source"] == "measured"


# --- without processes ------------------------------------------------------------------------------------


def placed(name="v", **more) -> Placement:
    subject = Subject(hardware="h", variant=name, device="cpu", precision="none")
    variant = a_variant(name, **more)
    return Placement(
        variant=variant,
        device="cpu",
        precision="none",
        threads=1,
        footprint=variant.places[0].footprint,
        subject=subject,
    )


@dataclass
class Figures:
    """What the machine says."""

    now: int

    def free(self, device: str) -> int:
        return self.now

    def held(self, device: str, pid: int) -> int:
        return 0


def bench(spawner: FakeSpawner, free: int | None = None, **more) -> Bench:
    memory = unmeasured()
    if free is not None:
        memory = Memory({"cpu": Bound(told=GiB, most=GiB)}, Figures(free), Ledger(None, "test"))
    return Bench(spawn=spawner.spawn, memory=memory, **more)


async def test_what_does_not_fit_now_is_not_even_started():
    spawner = FakeSpawner()

    found = await bench(spawner, free=100 * MiB).measure(placed())

    assert found.record is None and spawner.workers == []
    assert found.why.startswith("At 0.25 megapixels it needs 204 MiB on cpu, and 100 MiB may be taken now")


async def test_sizes_that_do_not_fit_are_left_out_and_the_others_kept():
    # The fake's answers say 0 pixels, so the second size ends it; what matters is that the third was never tried.
    spawner = FakeSpawner()
    spawner.hold.set()

    found = await bench(spawner, free=210 * MiB).measure(placed())

    assert len(found.record.calls) == RUNS
    assert found.why.startswith("At 1 megapixels it needs 215 MiB")


async def test_a_failed_load_is_a_reason_and_the_worker_is_ended():
    spawner = FakeSpawner(load_error=lambda name: LoadFailed("the file is torn"))

    found = await bench(spawner).measure(placed())

    assert (found.record, found.why) == (None, "the file is torn")
    assert spawner.workers[0].exited.done()


@pytest.mark.parametrize(("by_process", "loaded"), [(300 * MiB, 300 * MiB), (None, 700 * MiB)])
async def test_of_a_card_the_driver_is_asked_and_where_it_does_not_know_us_what_is_free(by_process, loaded):
    spawner, frees = FakeSpawner(), iter([1000 * MiB] + [300 * MiB] * 9)
    spawner.hold.set()
    memory = unmeasured()
    memory.free = Figures(0)
    memory.free.free = lambda device: next(frees)
    memory.free.held = lambda device, pid: by_process

    found = await Bench(spawn=spawner.spawn, memory=memory).measure(replace(placed(), device="cuda:0"))

    assert (found.record.loaded, found.record.rested) == ((loaded,), (loaded,))


async def test_what_was_claimed_is_given_back_however_it_ended():
    spawner = FakeSpawner(load_error=lambda name: LoadFailed("the file is torn"))
    there = bench(spawner, free=300 * MiB)
    await there.measure(placed("a"))
    assert there.memory.ledger.claim("all", "cpu", 300 * MiB, lambda: 300 * MiB, GiB).granted

    async def cannot(placement):
        raise OSError(24, "too many open files")

    there = bench(spawner, free=300 * MiB)
    there.spawn = cannot
    found = await there.measure(placed("b"))
    assert "too many open files" in found.why
    assert there.memory.ledger.claim("all", "cpu", 300 * MiB, lambda: 300 * MiB, GiB).granted


async def test_a_call_that_outlives_its_limit_is_a_reason_and_the_worker_is_ended():
    spawner = FakeSpawner()

    found = await bench(spawner).measure(placed(limit_s=0.01))

    assert (found.record, found.why) == (None, "0.25 megapixels: It took longer than its limit of 0.01 s.")
    assert spawner.workers[0].exited.done()


async def test_a_slow_variant_is_run_once_of_each_size():
    spawner = FakeSpawner()
    spawner.hold.set()

    found = await bench(spawner, sizes=(1,), enough_s=0.0).measure(placed())

    assert len(found.record.calls) == 1


async def test_each_call_has_a_scope_of_its_own_so_that_nothing_comes_from_the_memo():
    seen = []
    spawner = FakeSpawner(answer=lambda call: seen.append(call.scope))
    spawner.hold.set()

    await bench(spawner).measure(placed(max_batch=2))

    assert len(seen) == len(set(seen)) > RUNS


def test_a_ratio_is_told_only_where_both_figures_are_known():
    rung = placed()
    names = {figure.name: figure.ratio for figure in compare(rung, figures(Record(subject=rung.subject)))}

    assert set(names.values()) == {None}
