"""`rung jobs ...` on a database that a server left, or uses at this moment."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import Result
from typer.testing import CliRunner

from rung.cli import jobs as command
from rung.cli.ground import claimed
from rung.cli.jobs_story import Line, Told, printable, story
from rung.runtime.errors import Conflict, InvalidInput, NotFound
from rung.runtime.jobs import Artifacts, Attempt, Ending, Event, Failure, JobRecord, Progress
from rung.runtime.jobs.outbox import Message, SqlOutbox
from rung.runtime.jobs.schema import JOBS
from rung.runtime.jobs.sql import SqlJobs, StoredInput
from rung.runtime.store import open_database

T = TypeVar("T")
Rung = Callable[..., Result]
BROKEN = Ending(status="failed", finished=19.0, error=Failure(code="model-failed", message="the model raised"))


def record(name: str = "a", created: float = 10.0, **more: object) -> JobRecord:
    return JobRecord(id=name, app="toy", operation="sum", created=created, **more)  # type: ignore[arg-type]


@pytest.fixture
def rung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rung:
    monkeypatch.chdir(tmp_path)
    env = {"RUNG_DATA_DIR": str(tmp_path), "COLUMNS": "160", "RUNG_CONFIG": ""}
    return lambda *words: CliRunner().invoke(command.app, words, env=env)


def on(folder: Path, deed: Callable[[SqlJobs], Awaitable[T]]) -> T:
    """What a server does to its database, with its clock at 15 s."""

    async def done() -> T:
        database = open_database(str(folder / "rung.db"), (JOBS,))
        try:
            return await deed(SqlJobs(database, server="one", clock=lambda: 15.0))
        finally:
            await database.close()

    return asyncio.run(done())


def failed(folder: Path) -> None:
    async def deed(jobs: SqlJobs) -> None:
        await jobs.accept(record(callback="https://example.com/hook"), StoredInput('{"points": []}', ("f1",)))
        await jobs.start("a", "one", 12.0)
        await jobs.report("a", 1, Progress(stage="paint", frac=0.1))
        await jobs.report("a", 1, Progress(stage="paint", frac=0.2))
        await jobs.note("a", 1, "log", {"text": "waits for memory", "at": 14.0})
        await jobs.take_back("a", 1, outcome="lost", detail="its server was not heard of any more", now=16.0)
        await jobs.start("a", "two", 18.0)
        await jobs.finish("a", 2, BROKEN)

    on(folder, deed)


def queued(folder: Path, *names: str) -> None:
    async def deed(jobs: SqlJobs) -> None:
        for name in names:
            await jobs.accept(record(name), StoredInput("{}"))

    on(folder, deed)


def test_jobs_are_listed_the_newest_first(rung: Rung, tmp_path: Path) -> None:
    failed(tmp_path)
    queued(tmp_path, "b")

    found = json.loads(rung("list", "--json").stdout)
    assert [(job["id"], job["status"], len(job["attempts"])) for job in found] == [
        ("b", "queued", 0),
        ("a", "failed", 2),
    ]
    table = rung("list", "--status", "failed").stdout.splitlines()
    assert table[1].split()[:3] == ["a", "toy/sum", "failed"] and table[1].split()[-3:] == ["9.0", "s", "2"]
    assert rung("list", "--status", "expired").stdout == "No jobs.\n"
    assert len(json.loads(rung("list", "--limit", "1", "--json").stdout)) == 1


def test_a_job_is_shown_with_all_that_is_kept(rung: Rung, tmp_path: Path) -> None:
    failed(tmp_path)

    whole = json.loads(rung("show", "a", "--json").stdout)
    assert (whole["error"]["code"], whole["attempts"][0]["server"]) == ("model-failed", "one")
    assert "the model raised" in rung("show", "a").stdout


def test_why_tells_the_whole_story(rung: Rung, tmp_path: Path) -> None:
    failed(tmp_path)

    told = json.loads(rung("why", "a", "--json").stdout)
    assert [(line["after_s"], line["text"]) for line in told["story"]] == [
        (0.0, "accepted, deadline 600 s"),
        (2.0, "attempt 1 began on one, after 2.0 s of waiting"),
        (4.0, "waits for memory"),
        (5.0, "at 'paint'"),
        (6.0, "attempt 1 was lost after 4.0 s: its server was not heard of any more; it waits again"),
        (8.0, "attempt 2 began on two, after 2.0 s of waiting"),
        (9.0, "failed after 1.0 s of running: the model raised [model-failed]"),
        (9.0, "https://example.com/hook is to be told"),
    ]
    shown = rung("why", "a").stdout.splitlines()
    assert shown[0] == "toy/sum a: failed" and shown[3].split() == ["4.0", "s", "waits", "for", "memory"]


def test_why_says_how_many_wait_before_a_job(rung: Rung, tmp_path: Path) -> None:
    queued(tmp_path, "b", "c", "d")

    assert "; 2 wait before it" in rung("why", "d").stdout


def told(job: JobRecord, *events: tuple[float, Event], messages: tuple[Message, ...] = ()) -> list[Line]:
    return list(story(Told(record=job, events=events, messages=messages, before=None, now=20.0)))


def test_a_story_without_an_end_says_where_it_stands() -> None:
    running = record(status="running", epoch=1, attempts=(Attempt(number=1, server="", started=12.0),), cancel=True)
    lines = told(running, (12.0, Event(seq=2, kind="started", data={"attempt": 1})))

    assert [line.text for line in lines] == [
        "attempt 1 began, after 2.0 s of waiting",
        "runs, for 8.0 s now; its end was asked for",
    ]


def test_a_story_says_what_became_of_the_messages() -> None:
    message = Message(id="m", job="a", url="https://x", body="", attempts=3, due=0, created=19.0, error="no answer")
    lines = told(record(status="canceled"), messages=(replace(message, state="given-up"),))

    assert lines == [Line(after_s=9.0, text="https://x could not be told (3 deliveries failed, the last: no answer)")]


def test_what_a_pipeline_says_steers_no_terminal() -> None:
    assert printable("a\x1b[2Jb\nc é") == "a [2Jb c é"


def test_a_job_that_waits_is_cancelled_and_one_that_runs_is_marked(rung: Rung, tmp_path: Path) -> None:
    queued(tmp_path, "waits", "runs")
    on(tmp_path, lambda jobs: jobs.start("runs", "one", 12.0))

    assert rung("cancel", "waits").stdout == "Job waits is canceled.\n"
    assert "its server ends it" in rung("cancel", "runs").stdout
    assert json.loads(rung("cancel", "runs", "--json").stdout)["cancel"] is True
    heard = on(tmp_path, lambda jobs: jobs.beat({"runs": 1}))
    assert heard.cancelled == {"runs"}


def test_a_job_that_ended_is_asked_for_again(rung: Rung, tmp_path: Path) -> None:
    failed(tmp_path)
    again = json.loads(rung("retry", "a", "--json").stdout)

    assert (again["status"], again["epoch"]) == ("queued", 0) and again["id"] != "a"
    assert on(tmp_path, lambda jobs: jobs.input_of(again["id"])).files == ("f1",)
    assert isinstance(rung("retry", again["id"]).exception, Conflict)


def with_file(folder: Path) -> Path:
    """A job that ended, with a file of its input and another one in the folder."""

    async def deed(jobs: SqlJobs) -> None:
        inputs = Artifacts(folder / "inputs")
        mine, _ = await inputs.put(b"mine", "text/plain"), await inputs.put(b"other", "text/plain")
        await jobs.accept(record(), StoredInput("{}", (mine.id,)))
        await jobs.start("a", "one", 12.0)
        await jobs.finish("a", 1, BROKEN)

    on(folder, deed)
    return folder / "inputs"


def contents(folder: Path) -> set[bytes]:
    return {entry.read_bytes() for entry in folder.iterdir()}


def test_prune_removes_what_is_due_with_its_files(rung: Rung, tmp_path: Path) -> None:
    inputs = with_file(tmp_path)
    queued(tmp_path, "waits")

    assert rung("prune").stdout == "Removed 1 jobs, 0 keys, 1 input files.\n"
    assert contents(inputs) == {b"other"}
    assert [job.id for job in on(tmp_path, lambda jobs: jobs.list())] == ["waits"]


def test_prune_leaves_what_is_not_due_unless_all_that_ended_is_to_go(
    rung: Rung, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = with_file(tmp_path)
    monkeypatch.setattr(command.time, "time", lambda: 20.0)
    kept = json.loads(rung("prune", "--json").stdout)
    gone = json.loads(rung("prune", "--all-ended", "--json").stdout)

    assert kept == {"jobs": 0, "keys": 0, "unused_files": 0, "files": 0}
    assert gone == {"jobs": 1, "keys": 0, "unused_files": 1, "files": 1}
    assert contents(inputs) == {b"other"}


def test_prune_leaves_the_files_to_a_server_that_runs(rung: Rung, tmp_path: Path) -> None:
    inputs = with_file(tmp_path)
    with claimed(tmp_path):
        said = rung("prune").stdout

    assert said == "Removed 1 jobs, 0 keys, 0 input files; 1 more go when their server next clears up.\n"
    assert contents(inputs) == {b"mine", b"other"}


def test_an_unknown_id_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    queued(tmp_path, "b")
    script = "import typer; from rung.cli import main, jobs; main.app.add_typer(jobs.app, name='jobs'); main.main()"
    for words in (["show", "x"], ["why", "x"], ["cancel", "x"], ["retry", "x"]):
        done = subprocess.run(
            [sys.executable, "-c", script, "jobs", *words],
            env={**os.environ, "RUNG_DATA_DIR": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "rung: no job 'x' here; jobs are kept for a time after they end\n"


def test_a_command_makes_no_database_where_there_is_none(rung: Rung, tmp_path: Path) -> None:
    assert isinstance(rung("list").exception, NotFound)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_status_is_told_with_the_known_ones(rung: Rung, tmp_path: Path) -> None:
    queued(tmp_path, "b")
    error = rung("list", "--status", "done").exception

    assert isinstance(error, InvalidInput) and "succeeded" in error.message


def test_the_outbox_is_read_with_the_job(rung: Rung, tmp_path: Path) -> None:
    failed(tmp_path)

    async def deliver() -> None:
        database = open_database(str(tmp_path / "rung.db"), (JOBS,))
        (message,) = await SqlOutbox(database).due(20.0, 9)
        await SqlOutbox(database).delivered(message.id)
        await database.close()

    asyncio.run(deliver())
    assert "https://example.com/hook was told" in rung("why", "a").stdout
