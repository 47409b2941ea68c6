"""A process that ends while it is looked at."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rung.runtime.testing.processes import alive, below, file, name, parent, pss, state


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(["sleep", "60"])
    while not file(child.pid, "cmdline"):  # The kernel tells the program's name a little before its words.
        assert child.poll() is None
    yield child
    child.kill()
    child.wait()


def test_one_that_runs_is_seen(sleeper: subprocess.Popen[bytes]) -> None:
    assert alive(sleeper.pid) and sleeper.pid in below(os.getpid()) and pss(os.getpid()) > 0
    assert name(sleeper.pid) == "sleep" and file(sleeper.pid, "cmdline") == b"sleep\x0060\x00"


def test_its_parent_is_named_and_of_one_that_has_gone_there_is_none(sleeper: subprocess.Popen[bytes]) -> None:
    assert parent(sleeper.pid) == os.getpid()
    sleeper.kill()
    sleeper.wait()
    with pytest.raises(ProcessLookupError, match=f"no process {sleeper.pid}"):
        parent(sleeper.pid)


def test_a_zombie_is_not_alive(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert state(sleeper.pid) == "Z" and not alive(sleeper.pid)


@pytest.mark.parametrize("gone", [FileNotFoundError, ProcessLookupError])
def test_one_that_goes_between_two_looks_is_gone_and_no_error(
    monkeypatch: pytest.MonkeyPatch, gone: type[OSError]
) -> None:
    def read(path: Path, *_: object) -> bytes:
        raise gone(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    mine = os.getpid()
    assert (state(mine), alive(mine), pss(mine), name(mine), file(mine, "environ")) == ("", False, 0, "", b"")
    assert below(os.getpid()) == [os.getpid()]
