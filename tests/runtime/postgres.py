"""A real PostgreSQL for tests: started once from the binaries of this machine, a fresh database for each test."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest


@dataclass
class Postgres:
    """A server on a unix socket in `folder`. It trusts whoever can reach the socket."""

    folder: Path
    binaries: Path
    process: subprocess.Popen[bytes] | None = None
    names: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://rung@/{database}?host={self.folder}"

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        import psycopg

        name = f"test_{next(self.names)}"
        with psycopg.connect(self.url(), autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def start(self) -> None:
        command = [self.binaries / "postgres", "-D", self.folder / "data", "-k", self.folder]
        quick = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"]
        self.process = subprocess.Popen([*command, *quick], stderr=subprocess.DEVNULL, **_user())
        self._await()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(30)

    def _await(self) -> None:
        import psycopg

        late = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                assert self.process is not None and self.process.poll() is None, "the server did not start"
                assert time.monotonic() < late
                time.sleep(0.02)  # it says nothing when it is ready
            else:
                return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    binaries = _binaries()
    if binaries is None:
        if os.environ.get("RUNG_REQUIRE_POSTGRES") == "1":
            pytest.fail("RUNG_REQUIRE_POSTGRES=1 and there is no initdb in /usr/lib/postgresql/*/bin or PATH")
        pytest.skip("no PostgreSQL on this machine")
    folder = Path(tempfile.mkdtemp(prefix="rung-pg-"))
    try:
        if _user():
            shutil.chown(folder, _other())
        init = [binaries / "initdb", "-D", folder / "data", "-U", "rung", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run([*init, "--no-sync"], check=True, stdout=subprocess.DEVNULL, timeout=120, cwd=folder, **_user())
        server = Postgres(folder, binaries)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    return postgres_server.fresh()


def _binaries() -> Path | None:
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]), reverse=True)
    found = str(newest[0]) if newest else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _other() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _user() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(_other())
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
