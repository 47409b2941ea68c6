"""A real `rung serve` for tests and benchmarks: on a free port, ended with everything it started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from rung.runtime.testing.processes import below, pss


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
    """`rung serve --port P ARGUMENTS` with a data folder of its own. Raises RuntimeError with its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "RUNG_DATA_DIR": folder, "RUNG_RUNTIME_DIR": folder, **(env or {})}
        began = time.monotonic()
        command = [sys.executable, "-m", "rung.cli.main", "serve", "--port", str(port), *arguments]
        log = Path(folder) / "log"
        with log.open("wb") as sink, subprocess.Popen(command, env=environment, stdout=sink, stderr=sink) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                _wait(f"{url}/readyz", process, log, began)
                yield Served(url, process.pid, time.monotonic() - began, Path(folder))
            finally:
                process.terminate()
                process.wait(timeout=30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path, began: float) -> None:
    while time.monotonic() - began < 60:
        if process.poll() is not None:
            break
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.01)
    raise RuntimeError(f"the server did not become ready:\n{log.read_text()}")
