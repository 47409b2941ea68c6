import hashlib
import io
import json
from dataclasses import replace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from rung.cli import pull_progress, weights
from rung.cli.look import Look
from rung.runtime.errors import NotFound
from rung.runtime.planning.plan import make_plan
from rung.runtime.settings import Settings
from rung.runtime.spec import (
    Device,
    Facts,
    Footprint,
    GiB,
    Licence,
    Machine,
    Placeable,
    Runtime,
    Source,
    Variant,
    Weights,
)
from rung.runtime.weights.progress import Progress

MIT = Licence(name="MIT", commercial=True, verified=True)
AGPL = Licence(name="AGPL-3.0", commercial=True, copyleft=True)
CPU = Device(id="cpu", kind="cpu", memory_total=8 * GiB, memory_free=8 * GiB)
MACHINE = Machine(name="laptop", cores=4, ram_total=8 * GiB, ram_free=8 * GiB, devices=(CPU,))
DATA = b"weights" * 100


def file(path, name, licence=MIT, **more):
    source = Source(kind="file", ref=str(path))
    digest = hashlib.sha256(DATA).hexdigest()
    return Weights(name=name, size=len(DATA), sha256=digest, licence=licence, sources=(source,), **more)


def variant(name, *files, runtime="r", task="segment"):
    place = Placeable(device="cpu", precision="fp32", footprint=Footprint(resident=1))
    return Variant(
        name=name, task=task, title=name, loader="m:C", runtime=runtime, kind="real", places=(place,), weights=files,
        verified="ran",
    )  # fmt: skip


@pytest.fixture
def rung(monkeypatch, tmp_path):
    """`rung weights ...` on a small catalogue: usable, huge (not pulled), copyleft, and one without its library."""
    own = tmp_path / "own.bin"
    own.write_bytes(DATA)
    ladder = (
        variant("good", file(own, "good/a.onnx"), file(own, "good/b.onnx")),
        variant("huge", file(own, "huge/h.onnx", pulled=False)),
        variant("free", file(own, "free/f.onnx", AGPL)),
        variant("torchy", file(own, "torchy/t.onnx"), runtime="torch"),
        variant("unseen", Weights(name="unseen/u.pt", size=1, sha256="", licence=MIT, pulled=False)),
    )
    lost = variant("lost", file(tmp_path / "absent", "lost/l.onnx"), task="inpaint")
    settings = Settings(data_dir="", cache_dir=str(tmp_path / "cache"))
    ladders = {"segment": ladder, "inpaint": (lost,)}
    runtimes = {name: Runtime(name=name, modules=()) for name in ("r", "torch")}
    facts = Facts(runtimes={"torch": "torch cannot be imported"})
    plan = make_plan(MACHINE, ladders, runtimes, facts, settings)
    found = {v.name: v for rungs in ladders.values() for v in rungs}
    seen = Look(settings=settings, variants=found, machine=MACHINE, facts=facts, plan=plan, described=False)
    monkeypatch.setattr(weights, "look_here", lambda config: seen)
    return lambda *words: CliRunner().invoke(weights.app, words, env={"COLUMNS": "160"})


def states(rung):
    return {row["file"]: row["state"] for row in json.loads(rung("list", "--json").stdout)}


def test_pull_brings_what_the_ladders_can_use_here_and_nothing_else(rung):
    assert rung("pull", "--task", "segment").exit_code == 0
    assert [name for name, state in states(rung).items() if state == "here"] == ["good/a.onnx", "good/b.onnx"]


def test_a_named_variant_is_pulled_although_it_is_huge_or_of_no_use_here(rung):
    assert rung("pull", "huge", "torchy").exit_code == 0
    assert [name for name, state in states(rung).items() if state == "here"] == ["huge/h.onnx", "torchy/t.onnx"]


def test_a_file_that_has_no_source_is_asked_for_only_by_name(rung):
    assert "unseen" not in rung("pull", "--all", "--task", "segment").output
    named = rung("pull", "unseen")
    assert named.exit_code == 1 and "set [variant.NAME] weights = { 'unseen/u.pt'" in named.output
    assert "sha256" not in named.output


def test_a_failed_pull_says_why_brings_the_rest_and_ends_with_status_1(rung):
    result = rung("pull")
    assert result.exit_code == 1 and "no such file" in result.stderr and "Remedy" in result.stderr
    assert states(rung)["good/a.onnx"] == "here"


def test_outside_a_terminal_a_pull_prints_plain_lines(rung):
    lines = rung("pull", "good").stdout.splitlines()
    assert "good/a.onnx: here and verified (0.0 MiB)" in lines
    assert not any("\x1b" in line or "\r" in line for line in lines)
    assert rung("pull", "good").stdout.startswith("2 of 2 files are here already")


def test_list_says_state_and_source(rung, tmp_path):
    text = rung("list", "good", "lost").stdout
    assert "good/a.onnx" in text and "missing" in text and f"file {tmp_path}/own.bin" in "".join(text.split("\n"))
    rows = json.loads(rung("list", "lost", "--json").stdout)
    assert rows[0]["source"].startswith("none") and "no such file" in rows[0]["source"]


def test_verify_reads_every_byte_and_fails_on_a_wrong_one(rung, tmp_path):
    rung("pull", "good")
    assert rung("verify", "good").exit_code == 0
    path = tmp_path / "cache" / "weights" / "good" / "b.onnx"
    path.write_bytes(DATA[::-1])
    assert rung("verify", "good").exit_code == 1
    result = rung("verify", "--json")
    rows = {row["file"]: row for row in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert (rows["good/a.onnx"]["result"], rows["good/b.onnx"]["result"]) == ("verified", "corrupt")
    assert rows["good/b.onnx"]["sha256"] == hashlib.sha256(DATA[::-1]).hexdigest()
    assert rows["huge/h.onnx"]["result"] == "missing"


def test_verify_fails_on_a_missing_file_that_is_asked_for_or_would_be_pulled(rung, tmp_path):
    rung("pull", "good", "free", "torchy")
    assert rung("verify", "--task", "segment").exit_code == 0  # the huge one is never pulled by default
    assert rung("verify", "huge").exit_code == 1
    assert rung("verify", "good", "huge").exit_code == 1
    assert rung("verify").exit_code == 1  # of another task a file is missing
    (tmp_path / "cache" / "weights" / "good" / "a.onnx").unlink()
    assert rung("verify", "--task", "segment").exit_code == 1


def test_licenses_show_every_file_with_its_flags(rung):
    rows = {row["part"]: row for row in json.loads(rung("licenses", "--json").stdout)}
    assert rows["free/f.onnx"]["copyleft"] and not rows["free/f.onnx"]["verified"]
    assert rows["good/a.onnx"]["licence"] == "MIT" and rows["good/a.onnx"]["verified"]
    assert "AGPL-3.0" in rung("licenses").stdout


@pytest.mark.parametrize(("command", "key"), [("list", "source"), ("licenses", "licence")])
def test_a_narrow_terminal_cuts_no_name_short(rung, monkeypatch, command, key):
    told = json.loads(rung(command, "--json").stdout)
    shown = CliRunner().invoke(weights.app, [command], env={"COLUMNS": "30"}).stdout.splitlines()

    assert [line for line in shown if line.endswith(" ")] == []
    for row, line in zip(told, shown[1:], strict=True):
        assert {row["variant"], row.get("file") or row["part"]} <= set(line.split()) and row[key] in line


def test_an_unknown_variant_or_task_names_those_that_exist(rung):
    for words in (("pull", "nope"), ("list", "--task", "nope"), ("pull", "--task", "nope")):
        error = rung(*words).exception
        assert isinstance(error, NotFound) and ("good" in error.message or "segment" in error.message)


def test_in_a_terminal_a_bar_shows_each_file_and_reads_no_markup():
    console = Console(file=io.StringIO(), force_terminal=True, width=160)
    step = Progress(name="a/[b].onnx", stage="fetching", detail="npm [x]==1.0.0")
    with pull_progress.shown(console) as report:
        report(step)
        report(replace(step, done=5_000_000))
        report(Progress(name="a/[b].onnx", stage="done", done=100, total=100))
    text = console.file.getvalue()
    assert "a/[b].onnx" in text and "verified" in text
