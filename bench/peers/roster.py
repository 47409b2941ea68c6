"""Who stands beside Rung: each in an environment of its own, started as its users do. PEERS: of the restart bench."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rung-bench" / "peers"
_MARK = "RUNG_BENCH_SERVER"
_END_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A service that answers `POST path`.

    requirement: what pip installs for it, pinned; empty: it runs in our own environment. command: {python}, {bin},
    {port} and {folder} (a temporary one) are filled in. The process to kill is in none of them looked for: it is the
    one that says it computed the answer (its `pid`).
    """

    name: str
    requirement: str
    command: tuple[str, ...]
    path: str
    env: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    """What its service needs beside it."""


PEERS = (
    Peer(
        # the model's worker is forked from a template, and has no part in HTTP
        name="rung",
        requirement="",
        command=("{python}", "-m", "rung.cli.main", "serve", "--no-console", "--port", "{port}"),
        path="/v1/toy/digest",
        env={"RUNG_DATA_DIR": "{folder}", "PYTHONPATH": f"{HERE / 'rung_toy'}{os.pathsep}{HERE}"},
    ),
    Peer(
        # a Rust front; the worker is a Python process beside it
        name="mosec",
        requirement="mosec==0.9.8",
        command=("{python}", "mosec_service.py", "--address", "127.0.0.1", "--port", "{port}"),
        path="/inference",
    ),
    Peer(
        # the inference worker, not one of the HTTP servers
        name="litserve",
        requirement="litserve==0.2.19",
        command=("{python}", "litserve_service.py", "{port}"),
        path="/predict",
    ),
    Peer(
        name="litserve, restart_workers",
        requirement="litserve==0.2.19",
        command=("{python}", "litserve_service.py", "{port}", "restart"),
        path="/predict",
    ),
    Peer(
        # one process is the HTTP server and the model's worker; a parent holds the socket
        name="bentoml",
        requirement="bentoml==1.4.39",
        command=("{bin}/bentoml", "serve", "bentoml_service:Digest", "--host", "127.0.0.1", "--port", "{port}"),
        path="/digest",
        env={"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": "{folder}"},
    ),
    Peer(
        # the replica's actor; the proxy and the controller are other processes
        name="ray serve",
        requirement="ray[serve]==2.60.0",
        command=("{python}", "ray_service.py", "{port}"),
        path="/",
        env={"RAY_USAGE_STATS_ENABLED": "0"},
    ),
)


def interpreter(peer: Peer) -> str:
    """The Python that has the peer installed; installed now if it is not yet. Raises RuntimeError with pip's words."""
    if not peer.requirement:
        return sys.executable
    folder = CACHE / re.sub(r"\[.*\]", "", peer.requirement).replace("==", "-")
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        done.write_text(_install(python, [peer.requirement]))
    lacking = [one for one in peer.beside if one not in done.read_text().split()]
    if lacking:
        done.write_text(done.read_text() + _install(python, lacking))
    return str(python)


def _install(python: Path, requirements: list[str]) -> str:
    """What is installed now, a line for each."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        said = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")]
        raise RuntimeError(f"pip install {' '.join(requirements)}: {(said or ['failed'])[-1][:200]}")
    return "".join(f"{one}\n" for one in requirements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started service."""

    peer: Peer
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    mark: str = ""
    """A word that everything it started has in its environment."""

    @property
    def alive(self) -> bool:
        """Whether the process that was started still runs."""
        return self.process.poll() is None


@contextmanager
def running(peer: Peer, python: str) -> Iterator[Running]:
    """The peer's server, started and not awaited; at the end everything that it started is gone, however it hides.

    Its descendants are known by a word in their environment: some leave their parent's tree.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mark = uuid.uuid4().hex
    with TemporaryDirectory() as folder:
        blanks = {"python": python, "bin": str(Path(python).parent), "port": str(port), "folder": folder}
        env = {name: value.format(**blanks) for name, value in peer.env.items()}
        command = [word.format(**blanks) for word in peer.command]
        path = f"{Path(python).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        log = Path(folder) / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                cwd=HERE,
                env={**os.environ, "PATH": path, "PYTHONPATH": str(HERE), **env, _MARK: mark},
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        try:
            yield Running(peer=peer, port=port, process=process, log=log, mark=mark)
        finally:
            _end(process, mark)


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    process.terminate()
    try:
        process.wait(timeout=_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    until = time.monotonic() + _END_S
    while (left := marked(mark)) and time.monotonic() < until:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.1)


def marked(mark: str) -> list[int]:
    """The processes that have the word in their environment."""
    wanted = f"{_MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:  # it has gone, or is another user's
            continue
    return found
