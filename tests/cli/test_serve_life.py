"""How a server begins and ends: alone on its data, with keys beyond loopback, and by signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rung.cli.serve import _check_data_dir, _warn_of_room
from rung.runtime.errors import ConfigError
from rung.runtime.testing.served import served

SERVE = [sys.executable, "-m", "rung.cli.main", "serve", "--port", "0", "--no-console"]


def refused(data: Path, *arguments: str) -> str:
    env = os.environ | {"RUNG_DATA_DIR": str(data)}
    ran = subprocess.run([*SERVE, *arguments], env=env, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stderr


def test_two_servers_cannot_have_one_data_folder_and_the_second_names_the_first() -> None:
    with served("--no-console") as first:
        said = refused(first.folder)

    assert f"process {first.pid}" in said and "RUNG_DATA_DIR" in said


def test_a_data_folder_is_free_again_when_its_server_was_killed(tmp_path: Path) -> None:
    data = {"RUNG_DATA_DIR": str(tmp_path)}
    with served("--no-console", env=data) as first:
        os.kill(first.pid, signal.SIGKILL)
        os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
        with served("--no-console", env=data) as second:
            assert second.pid != first.pid


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_beyond_loopback_a_server_without_keys_does_not_start(tmp_path: Path, host: str) -> None:
    said = refused(tmp_path, "--host", host)

    assert "rung keys create" in said and "--insecure" in said


def test_a_data_folder_that_cannot_be_one_is_refused_by_its_name_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands where the folder should")

    said = refused(tmp_path / "data")

    assert str(tmp_path / "data") in said and "RUNG_DATA_DIR" in said and "Traceback" not in said


def test_what_another_user_left_in_the_data_folder_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rung.db", "mine"):
        (tmp_path / name).touch()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) == tmp_path)

    with pytest.raises(ConfigError, match=r"^rung\.db in the data folder .* \(chown -R\)") as told:
        _check_data_dir(str(tmp_path))

    assert str(tmp_path) in told.value.message


def test_a_server_says_at_its_start_that_the_disk_has_too_little_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _warn_of_room(str(tmp_path), 1)
    assert not caplog.records

    _warn_of_room(str(tmp_path), 2**62)
    (line,) = (one.getMessage() for one in caplog.records)
    assert str(tmp_path) in line and "min_free" in line and "Make room" in line


def test_a_database_of_a_newer_rung_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with served("--no-console", env={"RUNG_DATA_DIR": str(tmp_path)}):
        pass
    newer = (
        "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute('UPDATE rung_schema SET version=99'); d.commit()"
    )
    subprocess.run([sys.executable, "-c", newer, str(tmp_path / "rung.db")], check=True)

    said = refused(tmp_path)

    assert "99" in said and str(tmp_path) not in said and "Traceback" not in said


def test_a_signal_ends_an_idle_server_with_status_0(tmp_path: Path) -> None:
    env = os.environ | {"RUNG_DATA_DIR": str(tmp_path)}
    with subprocess.Popen(SERVE, env=env, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        while "http://" not in server.stderr.readline():
            pass
        server.terminate()

        assert server.wait(30) == 0
