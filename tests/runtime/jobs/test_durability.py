"""What is acknowledged survives: a process killed at any moment, and the files as they lie on disk at any moment."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import job_writer
import pytest
from job_tools import check, on

from rung.runtime.jobs.sql import SqlJobs

ROUNDS = 25


class Writer:
    """The process that writes, and what it has acknowledged."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, job_writer.__file__, str(path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self._process.stdout is not None
        self._lines = os.fdopen(os.dup(self._process.stdout.fileno()), "rb")
        self._child = 0
        self.told: dict[str, set[str]] = {word: set() for word in ("accepted", "begun", "ended")}

    def begin(self, name: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n".encode())
        self._child = self._told("writer")

    def hear(self, acknowledgements: int) -> None:
        for _ in range(acknowledgements):
            word, name = self._lines.readline().split()
            self.told[word.decode()].add(name.decode())

    def send(self, what: signal.Signals) -> None:
        os.kill(self._child, what)

    @contextmanager
    def still(self) -> Iterator[None]:
        """It stands still meanwhile, wherever it is."""
        self.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.send(signal.SIGCONT)

    def kill(self) -> None:
        """What it acknowledged before it died counts."""
        self.send(signal.SIGKILL)
        self._told("gone")

    def close(self) -> None:
        self._process.kill()
        self._process.wait(30)
        self._lines.close()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _told(self, wanted: str) -> int:
        while True:
            word, name = self._lines.readline().split()
            if word.decode() == wanted:
                return int(name)
            self.told[word.decode()].add(name.decode())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rung.db"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    writer = Writer(path)
    yield writer
    writer.close()


async def test_a_writer_killed_at_random_points_has_lost_nothing_that_it_acknowledged(
    path: Path, writer: Writer
) -> None:
    chance = random.Random(3)
    for n in range(ROUNDS):
        writer.begin(f"round{n}")
        writer.hear(chance.randrange(40))
        writer.kill()
        sound(path)
        async with on(str(path), f"after{n}") as jobs:
            await nothing_lost(jobs, writer.told)

    assert len(writer.told["accepted"]) > ROUNDS and writer.told["ended"]


async def test_the_files_as_they_are_at_any_moment_hold_everything_that_was_acknowledged(
    path: Path, writer: Writer, tmp_path: Path
) -> None:
    """The writer stands still while both files are copied: a copy that takes time is no moment."""
    chance = random.Random(5)
    writer.begin("copied")
    for n in range(15):
        writer.hear(chance.randrange(1, 60))
        told = {word: set(names) for word, names in writer.told.items()}
        copy = tmp_path / f"copy{n}.db"
        with writer.still():
            copied(path, copy)
        sound(copy)
        async with on(str(copy)) as jobs:
            await nothing_lost(jobs, told)


async def test_a_torn_end_of_the_log_costs_nothing_that_was_acknowledged(
    path: Path, writer: Writer, tmp_path: Path
) -> None:
    """After a power cut the bytes that no fsync covered may be anything. What was acknowledged lies before them."""
    chance = random.Random(7)
    writer.begin("whole")
    torn = 0
    for n in range(10):
        writer.hear(chance.randrange(1, 20))
        told = {word: set(names) for word, names in writer.told.items()}
        covered = Path(f"{path}-wal").stat().st_size
        writer.hear(6)
        copy = tmp_path / f"copy{n}.db"
        with writer.still():
            copied(path, copy)
        torn += tear(Path(f"{copy}-wal"), covered, chance)
        sound(copy)
        async with on(str(copy)) as jobs:
            await nothing_lost(jobs, told)

    assert torn > 0


def copied(path: Path, copy: Path) -> None:
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", f"{copy}{ending}")


def tear(log: Path, covered: int, chance: random.Random) -> int:
    """Cut the log at a random place after `covered` and make what is left there random; how much was spoilt."""
    whole = log.read_bytes()
    kept = chance.randint(covered, len(whole))
    log.write_bytes(whole[:covered] + chance.randbytes(kept - covered))
    return len(whole) - covered


def sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


async def nothing_lost(jobs: SqlJobs, told: dict[str, set[str]]) -> None:
    kept = {job.id: job for job in await jobs.list(limit=1_000_000)}
    assert told["accepted"] <= kept.keys()
    assert {name for name in told["begun"] if kept[name].epoch == 0} == set()
    assert {name for name in told["ended"] if kept[name].status != "succeeded"} == set()
    for name in list(kept)[:30]:  # the newest
        await check(jobs, name)
        assert (await jobs.input_of(name)).files == (name,)
