"""How a server begins and ends: alone on its data, with keys beyond loopback, and by signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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
