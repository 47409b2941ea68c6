import io
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from rung.cli import doctor, look, plan
from rung.cli.ground import claimed
from rung.cli.look import look_here
from rung.cli.plan_json import plan_json
from rung.cli.plan_table import render
from rung.cli.plan_troubles import TROUBLES, Noted, TroubleFile, read_troubles, told
from rung.models.catalog import LADDERS, RUNTIMES
from rung.runtime.engine import Trouble
from rung.runtime.errors import ConfigError, NotFound
from rung.runtime.planning.budgets import memory_budgets
from rung.runtime.planning.plan import make_plan
from rung.runtime.profile import FOLDER, CallSample, Profile, Record
from rung.runtime.settings import MachineSettings, Settings
from rung.runtime.spec import Device, Facts, Footprint, GiB, Machine, Placeable, Quality, Runtime, Slowdown, Variant

MACHINES = Path(__file__).parents[2] / "examples" / "machines"
CPU = Device(id="cpu", kind="cpu", memory_total=8 * GiB, memory_free=8 * GiB)
LAPTOP = Machine(name="laptop [old]", cores=4, ram_total=8 * GiB, ram_free=8 * GiB, devices=(CPU,))


def a_variant(name: str, device: str, gib: int) -> Variant:
    place = Placeable(
        device=device, precision="fp16", footprint=Footprint(resident=gib * GiB), caps={"side": 512}, latency_s=1.25
    )
    return Variant(
        name=name, task="segment", title=name, loader="m:C", runtime="r", kind="real", places=(place,), verified="ran",
        quality=Quality(value=0.9, metric="mIoU", source="paper"),
    )  # fmt: skip


@pytest.fixture
def planned():
    ladder = [a_variant("sam-vit-h", "cuda", 8), a_variant("a-name-of-thirty-letters-exactl", "cpu", 2)]
    runtimes = {"r": Runtime(name="r", modules=())}
    return make_plan(LAPTOP, {"segment": ladder}, runtimes, Facts(), Settings(data_dir="", cache_dir=""))


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command in an empty folder with an environment of its own."""
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command("plan")(plan.plan)
    app.command("doctor")(doctor.doctor)
    env = {"RUNG_DATA_DIR": str(tmp_path / "data"), "RUNG_CACHE_DIR": str(tmp_path / "cache"), "COLUMNS": "100"}
    return lambda *words: CliRunner().invoke(app, words, env=env)


def shown(renderables) -> str:
    console = Console(file=io.StringIO(), width=100, highlight=False)
    for renderable in renderables:
        console.print(renderable)
    return console.file.getvalue()


def test_the_table_fits_a_hundred_columns_and_reads_nothing_as_markup(planned):
    text = shown(render(planned, memory_budgets(LAPTOP, MachineSettings())))

    assert max(map(len, text.splitlines())) <= 100
    assert "laptop [old]" in text
    assert "a-name-of-thirty-letters-exactl" in text
    assert "Quality 0.9: mIoU." in text
    assert "sam-vit-h: wants cuda, and this machine has no such device." in text
    assert "Working side capped at 512 on cpu." in text


def test_the_json_holds_numbers_reasons_and_remedies_under_stable_keys(planned):
    values = json.loads(json.dumps(plan_json(planned, memory_budgets(LAPTOP, MachineSettings()), {})))

    (rung,) = values["tasks"]["segment"]["rungs"]
    (rejected,) = values["tasks"]["segment"]["rejected"]
    assert (rung["variant"], rung["device"], rung["peak_bytes"], rung["latency_s"]) == (
        "a-name-of-thirty-letters-exactl", "cpu", 2 * GiB, 1.25,
    )  # fmt: skip
    assert set(rejected) == {"variant", "code", "reason", "remedy"}
    assert values["budgets"]["cpu"]["bytes"] < 8 * GiB
    assert values["machine"]["devices"][0]["utilisation"] is None


def test_the_json_says_how_components_are_held_and_what_that_costs(planned):
    task = planned.tasks["segment"]
    slowdown = Slowdown(seconds=2.5, source="estimate", sentence="estimated: 15 GiB moved per call / 6.0 GB/s")
    held = replace(
        task.rungs[0], group="pair", strategy="component-offload", ram=7 * GiB, slowdown=slowdown,
        fallbacks=("sequential-offload",),
    )  # fmt: skip
    plans = [replace(planned, tasks={"segment": replace(task, rungs=(rung,))}) for rung in (*task.rungs, held)]

    whole, moved = (json.loads(json.dumps(plan_json(p, (), {})))["tasks"]["segment"]["rungs"][0] for p in plans)

    keys = ("group", "strategy", "fallbacks", "ram_bytes", "slowdown")
    assert [whole[key] for key in keys] == ["", "resident", [], 0, None]
    assert [moved[key] for key in keys] == [
        "pair", "component-offload", ["sequential-offload"], 7 * GiB, asdict(slowdown),
    ]  # fmt: skip


def test_table_and_json_say_of_each_figure_where_it_comes_from(planned):
    (rung,) = planned.tasks["segment"].rungs
    peak = Footprint(resident=3 * GiB, source="measured")
    catalogue = planned.tasks["segment"]
    measured = replace(catalogue, rungs=(replace(rung, footprint=peak, load_s=0.5),))
    plans = [replace(planned, tasks={"segment": task}) for task in (catalogue, measured)]

    before, after = (plan_json(p, (), {})["tasks"]["segment"]["rungs"][0] for p in plans)
    words = [[w for w in shown(render(p)).split() if w in ("measured", "catalogue")] for p in plans]

    assert (before["footprint_source"], before["latency_source"], before["load_s"]) == ("catalogue", "catalogue", None)
    assert (after["footprint_source"], after["latency_source"], after["load_s"]) == ("measured", "catalogue", 0.5)
    assert words[0][:2] == ["catalogue", "catalogue"]
    assert words[1][:2] == ["measured", "catalogue"]


def test_plan_lists_every_task_of_the_catalogue(run):
    result = run("plan", "--json")

    values = json.loads(result.stdout)
    assert list(values["tasks"]) == list(LADDERS)
    assert {n: t["ladder"] for n, t in values["tasks"].items()} == {n: [v.name for v in x] for n, x in LADDERS.items()}


@pytest.mark.parametrize("name", ["laptop", "24gb", "4x24gb"])
def test_a_described_machine_is_planned_with_everything_present_and_says_so(run, name):
    result = run("plan", "--machine", str(MACHINES / f"{name}.toml"))
    values = json.loads(run("plan", "--json", "--machine", str(MACHINES / f"{name}.toml")).stdout)

    assert "every weight file and library is taken as present" in " ".join(result.stdout.split())
    assert values["assumed_present"] is True
    codes = {r["code"] for task in values["tasks"].values() for r in task["rejected"]}
    assert not codes & {"weights", "library"}


def test_one_task_can_be_asked_for_and_an_unknown_one_names_those_there_are(run):
    assert list(json.loads(run("plan", "--json", "--task", "fill").stdout)["tasks"]) == ["fill"]

    wrong = run("plan", "--task", "fil")
    assert isinstance(wrong.exception, NotFound)
    assert "segment" in wrong.exception.message


def test_a_wrong_configuration_is_refused_with_its_line(run, tmp_path):
    (tmp_path / "rung.toml").write_text("[server]\nprot = 1\n")

    wrong = run("plan")

    assert isinstance(wrong.exception, ConfigError)
    assert "rung.toml, line 2" in wrong.exception.message


def test_doctor_says_what_is_here_and_creates_nothing(run, tmp_path):
    result = run("doctor", "--json")

    values = json.loads(result.stdout)
    assert values["machine"]["cores"] >= 1
    assert values["folders"]["RUNG_CACHE_DIR"]["writable"] is True
    assert set(values["runtimes"]) == set(RUNTIMES)
    assert result.exit_code == (1 if values["blocked"] else 0)
    assert list(tmp_path.iterdir()) == []


def test_doctor_says_what_helps_where_no_extra_of_ours_brings_a_runtime(run, monkeypatch):
    monkeypatch.setattr(look, "runtime_reasons", lambda names: {name: f"no {name}" for name in names})

    problems = json.loads(run("doctor", "--json").stdout)["problems"]

    found = {one["problem"].split()[2]: one["remedy"] for one in problems if one["problem"].startswith("The runtime ")}
    assert set(found) == set(RUNTIMES) and not any("rung[]" in remedy for remedy in found.values())
    assert found["onnx"] == "pip install 'rung[onnx]'" and "tesseract-ocr-kor" in found["tesseract"]
    for name, variant in (("edocr2", "edocr2"), ("moge", "moge-2-vitl"), ("ultralytics", "yoloe"), ("sam3d", "sam-3d")):
        assert "name its interpreter" in found[name] and f"[variant.{variant}" in found[name]


def test_doctor_fails_when_nothing_can_answer_a_task_that_should_be_real(run, monkeypatch):
    ladders = {"segment": (a_variant("sam-vit-h", "cuda", 80_000),)}
    monkeypatch.setattr(look, "ladders", lambda: ladders)

    result = run("doctor")

    assert result.exit_code == 1
    assert "Nothing can answer segment." in result.stdout


def test_doctor_and_plan_load_no_model_library():
    code = (
        "import sys; from rung.cli import doctor, plan; from rung.cli.look import look_here; look_here();"
        "bad = {'torch', 'onnxruntime', 'cv2', 'onnx'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# --- what was measured -------------------------------------------------------------------------------------


def the_rung(run, variant: str) -> dict:
    tasks = json.loads(run("plan", "--json").stdout)["tasks"].values()
    return next(rung for task in tasks for rung in task["rungs"] if rung["variant"] == variant)


@pytest.fixture
def telea():
    """The subject of a variant without weights on this machine."""
    (rung,) = (r for r in look_here().plan.tasks["inpaint"].rungs if r.variant.name == "telea")
    return rung.subject


def a_record(subject) -> Record:
    calls = [CallSample(pixels=p, run_s=2.0, working=50 * 2**20) for p in (250_000, 1_000_000, 12_000_000)]
    return Record(subject=subject, loaded=(GiB,), calls=tuple(calls), load_s=(0.5,))


def test_what_was_measured_here_replaces_the_catalogue_and_another_machines_does_not(run, telea, tmp_path):
    profile = Profile(tmp_path / "data" / FOLDER)
    before = the_rung(run, "telea")
    profile.add(a_record(replace(telea, hardware="another CPU, 64 cores")))
    unmoved = the_rung(run, "telea")
    # The reason names the budget, which moves with this machine's free memory.
    assert {**unmoved, "reason": ""} == {**before, "reason": ""} and "(measured here)" not in unmoved["reason"]

    profile.add(a_record(telea))
    after = the_rung(run, "telea")

    assert (before["footprint_source"], before["latency_source"]) == ("catalogue", "catalogue")
    assert (after["footprint_source"], after["latency_source"], after["load_s"]) == ("measured", "measured", 0.5)
    assert (after["peak_bytes"], after["latency_s"]) == (GiB + 50 * 2**20, 2.0)
    assert "(measured here)" in after["reason"]


def test_a_damaged_file_of_measurements_is_named_by_doctor_and_mentioned_by_plan(run, telea, tmp_path):
    Profile(tmp_path / "data" / FOLDER).add(a_record(telea))
    (path,) = (tmp_path / "data" / FOLDER).glob("*/*.json")
    path.write_text("{")

    assert "No file of measurements, and without effect: telea.cpu.none" in " ".join(run("plan").stdout.split())
    (problem,) = [p for p in json.loads(run("doctor", "--json").stdout)["problems"] if str(path) in p["problem"]]
    assert "it is no JSON" in problem["problem"] and "rung profile" in problem["remedy"]
    assert the_rung(run, "telea")["footprint_source"] == "catalogue"


# --- what a running server leaves alone --------------------------------------------------------------------

CRASHES = Trouble(variant="mock-fill", state="quarantined", reason="it crashed 3 times.", until_s=42.0)
SERVER = """
import sys, time
from pathlib import Path
from rung.cli.plan_troubles import TroubleFile
from rung.runtime.engine import Trouble
TroubleFile(Path(sys.argv[1])).write(
    [Trouble(variant="mock-fill", state="quarantined", reason="it crashed 3 times.", until_s=42.0)])
print("written", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server(tmp_path):
    """Another process that has written what it leaves alone."""
    (tmp_path / "data").mkdir()
    command = [sys.executable, "-c", SERVER, str(tmp_path / "data" / TROUBLES)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "written\n"
        yield process
        process.kill()


def test_the_plan_says_what_the_running_server_leaves_alone_and_for_how_long(run, server, tmp_path):
    (tmp_path / "rung.toml").write_text('[task.fill]\nmode = "mock"\n')
    text = " ".join(run("plan", "--task", "fill").stdout.split())
    (rung,) = [
        r for r in json.loads(run("plan", "--json", "--task", "fill").stdout)["tasks"]["fill"]["rungs"] if r["trouble"]
    ]

    assert "! mock-fill Quarantined by the running server since " in text
    assert "it crashed 3 times; lifted in 4" in text and " s or by POST /v1/models/mock-fill/load." in text
    assert (rung["variant"], rung["trouble"]["state"]) == ("mock-fill", "quarantined")
    assert rung["trouble"]["reason"] == CRASHES.reason
    assert 30 < rung["trouble"]["until"] - time.time() <= 42 and rung["trouble"]["since"] <= time.time()


def test_a_server_that_is_gone_leaves_nothing_alone(run, server, tmp_path):
    path = tmp_path / "data" / TROUBLES
    assert list(read_troubles(path)) == ["mock-fill"]

    server.kill()
    server.wait()

    assert path.exists() and read_troubles(path) == {}
    assert "Quarantined" not in run("plan").stdout


def test_another_process_with_the_dead_servers_number_is_told_apart(tmp_path):
    path = tmp_path / TROUBLES
    TroubleFile(path).write([CRASHES])
    values = json.loads(path.read_text())
    assert values["pid"] == os.getpid() and list(read_troubles(path)) == ["mock-fill"]

    path.write_text(json.dumps({**values, "started": values["started"] - 1}))

    assert read_troubles(path) == {}


def test_a_trouble_keeps_its_beginning_and_a_file_without_any_goes(tmp_path):
    path, kept = tmp_path / TROUBLES, None
    file = TroubleFile(path)
    for left in (42.0, 41.0):
        file.write([Trouble(variant="sam", state="quarantined", reason="r", until_s=left)])
        (noted,) = read_troubles(path).values()
        kept = kept or noted
        assert noted.since == kept.since

    file.write([])

    assert list(tmp_path.iterdir()) == [] and read_troubles(path) == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": 1, "started": 1, "troubles": 5}', '{"pid": "x"}'])
def test_a_damaged_file_of_troubles_says_nothing(tmp_path, text):
    (tmp_path / TROUBLES).write_text(text)

    assert read_troubles(tmp_path / TROUBLES) == {}


def test_a_disk_that_takes_nothing_costs_the_note_and_not_the_server(tmp_path):
    TroubleFile(tmp_path / "no such folder" / TROUBLES).write([CRASHES])


def test_what_is_over_or_only_waits_is_said_so():
    over = Noted(variant="sam", state="quarantined", reason="r", since=0, until=100)
    waits = Noted(variant="sam", state="backing-off", reason="the file is gone.", since=0, until=100)

    assert "lifted with the next call or by POST /v1/models/sam/load." in told(over, 200)
    assert told(waits, 98).endswith(": the file is gone; tried again in 2 s.")


def test_a_described_machine_has_no_running_server(run, server, tmp_path):
    (tmp_path / "rung.toml").write_text('[task.fill]\nmode = "mock"\n')
    assert "Quarantined" in run("plan").stdout
    assert "Quarantined" not in run("plan", "--machine", str(MACHINES / "laptop.toml")).stdout


# --- doctor: the data folder -------------------------------------------------------------------------------


def test_doctor_says_whether_a_server_has_the_data_folder(run, tmp_path):
    def said() -> str:
        return json.loads(run("doctor", "--json").stdout)["server"]

    assert said() == "none has used this data folder"
    with claimed(tmp_path / "data"):
        assert said() == f"runs (process {os.getpid()})"
    assert said() == f"none runs; the last one (process {os.getpid()}) is gone, and its claim with it"
    with claimed(tmp_path / "data"):  # looking at it has not taken it
        pass


def test_doctor_says_when_a_server_would_take_no_job_for_want_of_room(run, tmp_path):
    assert "min_free" not in run("doctor").stdout

    (tmp_path / "rung.toml").write_text(f"[jobs]\nmin_free = {shutil.disk_usage(tmp_path).total + 1}\n")

    text = " ".join(run("doctor").stdout.split())
    assert "is less than [jobs] min_free" in text and "a server would take no job" in text


def test_doctor_tells_when_rungs_cannot_agree_on_memory(run, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("RUNG_RUNTIME_DIR", str(tmp_path / "file" / "run"))

    said = json.loads(run("doctor", "--json").output)

    problems = {problem["problem"]: problem["remedy"] for problem in said["problems"]}
    (remedy,) = [remedy for problem, remedy in problems.items() if "do not hear each other" in problem]
    assert "RUNG_RUNTIME_DIR" in remedy
