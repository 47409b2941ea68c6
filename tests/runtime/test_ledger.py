from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rung.runtime.ledger import Entry, Ledger, left, read

ROOM = 100
FOUND = 60
"""More than half of the room: two of them never fit."""


def entry(device: str = "cpu", claimed: int = 10, held: int = 0, rung: str = "r") -> Entry:
    return Entry(pid=1, started=1, rung=rung, seat="s", device=device, claimed=claimed, held=held)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


# --- the decision ---------------------------------------------------------------------------------


def test_what_is_promised_and_not_yet_held_is_not_there_for_others() -> None:
    assert left([entry(claimed=30, held=10)], "cpu", ROOM, 0) == ROOM - 20


def test_what_is_held_shows_in_the_free_figure_and_is_not_counted_twice() -> None:
    assert left([entry(claimed=30, held=30), entry(claimed=5, held=9)], "cpu", ROOM, 0) == ROOM


def test_another_device_s_claims_do_not_matter() -> None:
    assert left([entry("cuda:1", 90)], "cuda:0", ROOM, 0) == ROOM


def test_where_nobody_says_what_is_free_all_rungs_share_the_budget() -> None:
    assert left([entry(claimed=30, held=30), entry(claimed=20)], "cpu", None, 80) == 30


@given(st.text())
def test_any_text_reads_as_a_ledger(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "text", ['{"entries": [7, {"pid": -1}]}', '{"entries": 3}', "[]", '{"entries": [{"pid": "1"}]}', "[" * 100_000]
)
def test_what_is_no_entry_is_left_out(text: str) -> None:
    assert read(text) == []


# --- one machine, several Rungs ------------------------------------------------------------------------


def test_two_rungs_never_get_the_same_bytes(folder: Path) -> None:
    one, other = Ledger(folder, "one"), Ledger(folder, "other")

    assert one.claim("a", "cpu", FOUND, lambda: ROOM, ROOM).granted
    denied = other.claim("a", "cpu", FOUND, lambda: ROOM, ROOM)

    assert not denied.granted
    assert (denied.most, denied.share) == (ROOM - FOUND, ROOM - FOUND)
    assert other.others("cpu") == FOUND


def test_a_seat_that_asks_for_more_counts_what_it_has(folder: Path) -> None:
    ledger = Ledger(folder, "one")
    ledger.claim("a", "cpu", FOUND, lambda: ROOM, ROOM)
    ledger.hold("a", FOUND)

    assert ledger.claim("a", "cpu", ROOM, lambda: ROOM - FOUND, ROOM).granted
    assert not ledger.claim("a", "cpu", ROOM + 1, lambda: ROOM - FOUND, ROOM).granted
    assert ledger.share("cpu", lambda: ROOM - FOUND, ROOM) == ROOM, "what was granted before is kept"


def test_released_bytes_are_there_for_others(folder: Path) -> None:
    one, other = Ledger(folder, "one"), Ledger(folder, "other")
    one.claim("a", "cpu", FOUND, lambda: ROOM, ROOM)
    one.release("a")

    assert other.claim("a", "cpu", ROOM, lambda: ROOM, ROOM).granted


@pytest.mark.parametrize("rubbish", [b"", b"\xff\x00{", b'{"entries": [{}]}', b"null"])
def test_a_damaged_ledger_is_rebuilt_by_those_who_live(folder: Path, rubbish: bytes) -> None:
    one, other = Ledger(folder, "one"), Ledger(folder, "other")
    one.claim("a", "cpu", FOUND, lambda: ROOM, ROOM)
    (folder / "ledger.json").write_bytes(rubbish)
    one.share("cpu", lambda: ROOM, ROOM)

    assert not other.claim("a", "cpu", FOUND, lambda: ROOM, ROOM).granted


def test_a_folder_that_is_not_ours_alone_is_not_used(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    ledger = Ledger(folder, "one")

    assert ledger.claim("a", "cpu", FOUND, lambda: ROOM, ROOM).granted
    assert not ledger.claim("b", "cpu", FOUND, lambda: ROOM, ROOM).granted, "its own claims count all the same"
    assert list(folder.iterdir()) == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_an_entry_of_another_process_with_the_same_number_is_dead(folder: Path) -> None:
    ghost = Ledger(folder, "ghost")
    ghost.claim("a", "cpu", FOUND, lambda: ROOM, ROOM)
    path = folder / "ledger.json"
    (found,) = read(path.read_text())
    path.write_text(path.read_text().replace(f'"started": {found.started}', f'"started": {found.started + 1}'))

    assert Ledger(folder, "other").claim("a", "cpu", FOUND, lambda: ROOM, ROOM).granted


# --- real processes ------------------------------------------------------------------------------------

_RACER = """
import sys
from pathlib import Path
from rung.runtime.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]), sys.argv[2])
print("here", flush=True)
for line in sys.stdin:
    granted = ledger.claim("a", "cpu", int(line), lambda: 100, 100).granted
    print("yes" if granted else "no", flush=True)
    if granted:
        sys.stdin.readline()
        ledger.release("a")
        print("released", flush=True)
"""


@contextmanager
def racer(folder: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _RACER, str(folder), name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert heard(process) == "here"
        yield process
        process.kill()


def say(process: subprocess.Popen[str], line: object) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_of_two_processes_that_race_for_the_last_bytes_one_gets_them(folder: Path) -> None:
    with racer(folder, "one") as one, racer(folder, "other") as other:
        for _ in range(100):
            for process in (one, other):
                say(process, FOUND)
            answers = {process: heard(process) for process in (one, other)}
            assert sorted(answers.values()) == ["no", "yes"]
            winner = one if answers[one] == "yes" else other
            say(winner, "give it back")
            assert heard(winner) == "released"


def test_a_killed_process_s_bytes_are_back_at_once(folder: Path) -> None:
    with ExitStack() as stack:
        dying = stack.enter_context(racer(folder, "dying"))
        say(dying, FOUND)
        assert heard(dying) == "yes"
        other = Ledger(folder, "other")
        assert not other.claim("a", "cpu", FOUND, lambda: ROOM, ROOM).granted

        os.kill(dying.pid, signal.SIGKILL)
        os.waitid(os.P_PID, dying.pid, os.WEXITED | os.WNOWAIT)  # dead, and not even buried

        assert other.claim("a", "cpu", FOUND, lambda: ROOM, ROOM).granted
