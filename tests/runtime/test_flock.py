from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rung.runtime import flock

_HOLDER = """
import sys
from pathlib import Path
from rung.runtime import flock
with flock.taken(Path(sys.argv[1])):
    print("mine", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the lock until it is told a line."""
    command = [sys.executable, "-c", _HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "mine\n"
        yield process
        process.kill()


def test_one_that_does_not_wait_is_told_at_once_who_has_it(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as other:
        began = time.monotonic()
        with pytest.raises(flock.Held) as held, flock.taken(tmp_path / "lock", 0.0):
            pass

        assert held.value.holder == str(other.pid)
        assert time.monotonic() - began < 1.0


def test_who_waits_no_longer_than_the_limit_is_told_so_and_before_that_who_has_it(tmp_path: Path) -> None:
    told: list[str] = []
    with holder(tmp_path / "lock") as other:
        began = time.monotonic()
        with pytest.raises(flock.Held, match=r"for 0\.1 s"), flock.taken(tmp_path / "lock", 0.1, waiting=told.append):
            pass

        assert time.monotonic() - began >= 0.1
        assert told == [str(other.pid)], "once, though it tried often"


def test_the_lock_of_a_killed_process_is_free_and_its_name_is_written_over(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as other:
        os.kill(other.pid, signal.SIGKILL)
        with flock.taken(tmp_path / "lock", 5.0):
            assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_who_waits_has_it_when_the_other_lets_go(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as other:

        def let_go(pid: str) -> None:
            assert other.stdin is not None
            other.stdin.write("enough\n")
            other.stdin.flush()

        with flock.taken(tmp_path / "lock", 5.0, waiting=let_go):
            assert other.wait(timeout=5) == 0


def test_a_link_that_somebody_laid_there_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("dear")
    (tmp_path / "lock").symlink_to(victim)

    with pytest.raises(OSError, match="symbolic"), flock.taken(tmp_path / "lock"):
        pass

    assert victim.read_text() == "dear"
