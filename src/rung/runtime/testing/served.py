"""A real `rung serve` for tests and benchmarks: on a free port, ended with everything it started."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from rung.runtime.testing.processes import below, pss

READY_S = 180.0
"""Nothing is promised by it: a machine that others use too may need a minute for the imports alone."""
_LISTENS = re.compile(r'[ "](http://127\.0\.0\.1:\d+)(?:"\})?$', re.MULTILINE)
"""The line of its log that says where it listens, in either form."""


@dataclass(frozen=True, slots=True)
class Served:
    """ready_s: from the start of the process to the first 200 of /readyz. folder: its data and its log."""

    url: str
    pid: int
    ready_s: float
    folder: Path

    def log(self) -> str:
        """What it wrote."""
        return (self.folder / "log").read_text()

    def processes(self) -> list[int]:
        """The server and everything below it."""
        return below(self.pid)

    def pss(self) -> int:
        """Bytes of all processes, shared pages counted once."""
        return sum(pss(pid) for pid in self.processes())


@contextmanager
def served(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """`rung serve --port 0 ARGUMENTS` with a data folder of its own. Raises RuntimeError with its log.

    The port is the server's own choice: one that was tried here might be somebody else's before the server has it.
    """
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "RUNG_DATA_DIR": folder, "RUNG_RUNTIME_DIR": folder, **(env or {})}
        began = time.monotonic()
        command = [sys.executable, "-m", "rung.cli.main", "serve", "--port", "0", *arguments]
        log = Path(folder) / "log"
        with log.open("wb") as sink, subprocess.Popen(command, env=environment, stdout=sink, stderr=sink) as process:
            try:
                url = _wait(process, log, began)
                yield Served(url, process.pid, time.monotonic() - began, Path(folder))
            finally:
                process.terminate()
                process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], log: Path, began: float) -> str:
    """Where it answers, when it is ready."""
    while time.monotonic() - began < READY_S and process.poll() is None:
        found = _LISTENS.search(log.read_text())
        with suppress(httpx.TransportError):
            if found and httpx.get(f"{found[1]}/readyz", timeout=5).status_code == 200:
                return found[1]
        time.sleep(0.01)
    raise RuntimeError(f"the server did not become ready:\n{log.read_text()}")
