"""`rung jobs list | show | why | cancel | retry | prune`: the jobs on disk, whether a server runs or not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rung.cli.ground import claimed
from rung.cli.jobs_story import Told, printable, story
from rung.runtime.config import load_settings
from rung.runtime.errors import ConfigError, InvalidInput, NotFound
from rung.runtime.jobs import Artifacts, JobRecord, Status, new_id
from rung.runtime.jobs.keeping import Pruned
from rung.runtime.jobs.outbox import SqlOutbox
from rung.runtime.jobs.schema import JOBS
from rung.runtime.jobs.sql import SqlJobs
from rung.runtime.settings import Settings
from rung.runtime.store import location, open_database

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True)

Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Instead of RUNG_CONFIG or ./rung.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id, as `rung jobs list` gives it.")]

_BEFORE = 1000
"""So many jobs that wait are counted; one further back is told without its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a command works on."""

    settings: Settings
    jobs: SqlJobs
    outbox: SqlOutbox


@app.command("list")
def list_jobs(
    status: Annotated[
        str | None, typer.Option("--status", metavar="STATUS", help=f"One of {', '.join(get_args(Status))}.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest first.")] = 50,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest jobs."""
    wanted = _status(status)
    found = _ask(config, lambda desk: desk.jobs.list(status=wanted, limit=limit))
    if as_json:
        _print_json([asdict(record) for record in found])
        return
    table = Table("id", "operation", "status", "accepted", "took", "attempts", box=None, pad_edge=False)
    for record in found:
        table.add_row(*map(Text, _row(record)))
    Console(highlight=False).print(table if found else "No jobs.")


@app.command()
def show(job_id: Id, config: Config = None, as_json: AsJson = False) -> None:
    """Show everything that is kept of a job."""
    record = _ask(config, lambda desk: desk.jobs.get(job_id))
    if as_json:
        _print_json(asdict(record))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in asdict(record).items():
        if value not in (None, "", (), False):
            said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            table.add_row(Text(name, "bold"), Text(printable(said), overflow="fold"))
    Console(highlight=False).print(table)


@app.command()
def why(job_id: Id, config: Config = None, as_json: AsJson = False) -> None:
    """Tell what happened to a job and when: how long it waited, for what, where it ran, how it ended."""
    told = _ask(config, lambda desk: _told(desk, job_id))
    lines = story(told)
    if as_json:
        _print_json({"id": job_id, "status": told.record.status, "story": [asdict(line) for line in lines]})
        return
    console = Console(highlight=False)
    console.print(Text(f"{told.record.app}/{told.record.operation} {job_id}: {told.record.status}", "bold"))
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(f"{line.after_s:.1f} s", Text(printable(line.text)))
    console.print(table)


@app.command()
def cancel(job_id: Id, config: Config = None, as_json: AsJson = False) -> None:
    """Take a job back: one that waits ends at once, one that runs as soon as its server hears of it."""
    record = _ask(config, lambda desk: desk.jobs.cancel(job_id, time.time()))
    if as_json:
        _print_json(asdict(record))
    elif not record.ended:
        typer.echo(f"Job {job_id} runs; its server ends it within seconds.")
    else:
        typer.echo(f"Job {job_id} is {record.status}.")


@app.command()
def retry(job_id: Id, config: Config = None, as_json: AsJson = False) -> None:
    """Ask again for what a job that has ended asked for, as a new job."""
    record = _ask(config, lambda desk: desk.jobs.retry(job_id, new_id(), time.time()))
    if as_json:
        _print_json(asdict(record))
    else:
        typer.echo(f"Job {record.id} waits; it asks for the same as {job_id}.")


@app.command()
def prune(
    all_ended: Annotated[
        bool, typer.Option("--all-ended", help="Every job that has ended, not only those kept for long enough.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Remove what has been kept for long enough: jobs that have ended, what they were asked, and old keys."""
    gone, files = _ask(config, lambda desk: _prune(desk, all_ended))
    if as_json:
        _print_json({"jobs": gone.jobs, "keys": gone.keys, "unused_files": len(gone.files), "files": files})
        return
    left = len(gone.files) - files
    rest = f"; {left} more go when their server next clears up" if left else ""
    typer.echo(f"Removed {gone.jobs} jobs, {gone.keys} keys, {files} input files{rest}.")


async def remove_files(inputs: Artifacts, files: Iterable[str]) -> int:
    """Remove those files from a folder that no server uses; how many were there."""
    return sum([await inputs.delete(file_id) for file_id in files])


async def _prune(desk: Desk, all_ended: bool) -> tuple[Pruned, int]:
    """Files go only where no server has the folder: one that runs may just be accepting a job with the same file."""
    kept = desk.settings.jobs
    keep_s, keep_inputs_s = (0.0, 0.0) if all_ended else (kept.keep_s, kept.keep_inputs_s)
    folder = Path(desk.settings.data_dir)
    try:
        with claimed(folder):
            gone = await desk.jobs.prune(time.time(), keep_s, keep_inputs_s)
            return gone, await remove_files(Artifacts(folder / "inputs"), gone.files)
    except ConfigError:
        return await desk.jobs.prune(time.time(), keep_s, keep_inputs_s), 0


async def _told(desk: Desk, job_id: str) -> Told:
    record = await desk.jobs.get(job_id)
    waiting = [one.id for one in await desk.jobs.waiting(_BEFORE)] if record.status == "queued" else []
    return Told(
        record=record,
        events=await desk.jobs.story(job_id),
        messages=await desk.outbox.of(job_id),
        before=waiting.index(job_id) if job_id in waiting else None,
        now=time.time(),
    )


def _ask(config: Path | None, question: Callable[[Desk], Awaitable[T]]) -> T:
    """The answer of the database that the settings name; a command never makes one."""
    settings = load_settings(config)
    where = location(settings)
    if not settings.jobs.database and not Path(where).exists():
        raise NotFound(f"no jobs are kept in {settings.data_dir}: its server begins to when it accepts the first one")

    async def asked() -> T:
        database = open_database(where, (JOBS,))
        try:
            desk = Desk(settings=settings, jobs=SqlJobs(database, server=""), outbox=SqlOutbox(database))
            return await question(desk)
        finally:
            await database.close()

    return asyncio.run(asked())


def _status(status: str | None) -> Status | None:
    known: tuple[Status, ...] = get_args(Status)
    found = next((one for one in known if one == status), None)
    if status is not None and found is None:
        raise InvalidInput(f"There is no status {status!r}; there are {', '.join(known)}.", field="status")
    return found


def _row(record: JobRecord) -> tuple[str, ...]:
    accepted = datetime.fromtimestamp(record.created).isoformat(" ", "seconds")
    took = f"{record.finished - record.created:.1f} s" if record.finished is not None else "-"
    status = f"{record.status} (to end)" if record.cancel and not record.ended else record.status
    return (record.id, f"{record.app}/{record.operation}", status, accepted, took, str(len(record.attempts)))


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=True))
