"""Tests that run side by side, and those that run alone: processes as pytest-xdist starts them."""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

Enter = Callable[[str], subprocess.Popen[str]]
ONE = r"""
import os
import sys
from pathlib import Path
from turns import Turns
os.write(1, b"here\n")
with getattr(Turns(Path(sys.argv[1])), sys.argv[2])():
    os.write(1, b"in\n")
    sys.stdin.readline()
"""


@pytest.fixture
def enter(tmp_path: Path) -> Iterator[Enter]:
    """A process that stands before the door, wants in one `way` or the other, and stays until it is told to go."""
    with ExitStack() as ends:

        def begin(way: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-c", ONE, str(tmp_path), way]
            one = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent
            )
            ends.enter_context(one)
            ends.callback(one.kill)
            assert one.stdout is not None and os.read(one.stdout.fileno(), 5) == b"here\n"
            return one

        yield begin


def is_in(one: subprocess.Popen[str], within_s: float = 30) -> bool:
    assert one.stdout is not None
    return bool(select.select([one.stdout], [], [], within_s)[0])


def waits(one: subprocess.Popen[str]) -> bool:
    return not is_in(one, 0.3)


def at_the_door(folder: Path) -> None:
    """Wait until somebody keeps it."""
    with (folder / "door").open("w") as door:
        while True:
            try:
                fcntl.lockf(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.lockf(door, fcntl.LOCK_UN)


def test_those_beside_others_are_in_together_and_one_alone_waits_for_both(enter: Enter) -> None:
    first, second = enter("beside_others"), enter("beside_others")
    assert is_in(first) and is_in(second)
    alone = enter("alone")

    assert waits(alone)
    first.communicate("go\n")
    assert waits(alone)
    second.communicate("go\n")
    assert is_in(alone)


@pytest.mark.parametrize("way", ["alone", "beside_others"])
def test_nobody_goes_in_beside_one_alone_nor_before_it(enter: Enter, tmp_path: Path, way: str) -> None:
    first = enter("beside_others")
    assert is_in(first)
    alone = enter("alone")
    at_the_door(tmp_path)
    late = enter(way)

    assert waits(late)
    first.communicate("go\n")
    assert is_in(alone) and waits(late)
    alone.communicate("go\n")
    assert is_in(late)


def test_who_is_killed_is_waited_for_no_longer(enter: Enter) -> None:
    first = enter("alone")
    assert is_in(first)
    second = enter("beside_others")

    assert waits(second)
    first.kill()
    assert is_in(second)
