"""Owns a real `rung serve` for a drill: started, killed, started again on the same data, and looked at from outside."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import httpx

from drills.toy.rung_toy import weights

TOY = Path(__file__).parent / "toy"
START_S = 180.0
"""For a server to be ready. No promise: a machine that others use too may need a minute for the imports alone."""
MARK = "DRILL_HOUSE"
"""The variable by which every process of a house is known, whoever its parent is by now."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What a house's processes hold while nothing runs and no model is loaded."""

    kinds: Mapping[str, int]
    """Of open descriptors: how many there are of each."""
    segments: int
    files: int
    """In its temporary folder and in /dev/shm."""

    @property
    def descriptors(self) -> int:
        """All kinds together."""
        return sum(self.kinds.values())

    def beyond(self, before: Holdings) -> Holdings:
        """What is held here and was not before, kind by kind: one that has gone makes no room for one that leaked."""
        more = {kind: n - before.kinds.get(kind, 0) for kind, n in self.kinds.items()}
        return Holdings(
            kinds={kind: n for kind, n in more.items() if n > 0},
            segments=max(0, self.segments - before.segments),
            files=max(0, self.files - before.files),
        )


@dataclass(slots=True, kw_only=True)
class House:
    """One data folder, one port, and the server on them while it is up.

    source: a folder that stands before the installed `rung`; empty: the installed one.
    """

    folder: Path
    port: int
    source: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    process: subprocess.Popen[bytes] | None = None
    ready_s: float = 0.0

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the server. Raises AssertionError while it is down."""
        assert self.process is not None
        return self.process.pid

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / "data"

    @property
    def journal(self) -> Path:
        """What the toy writes of its loads and runs."""
        return self.folder / "journal"

    @property
    def flag(self) -> Path:
        """The file whose word makes a frail model fail to load."""
        return self.folder / "flag"

    @property
    def weights(self) -> Path:
        """The toy's weight file in this house's cache."""
        return self.folder / "cache" / "weights" / weights.NAME

    def tell(self, name: str, text: str) -> None:
        """Write a file that the server's side reads at any moment: it is never seen half."""
        beside = self.folder / f".{name}"
        beside.write_text(text)
        beside.replace(self.folder / name)

    def log(self) -> str:
        """All that its servers wrote."""
        return (self.folder / "log").read_text(errors="replace")

    # --- its life ---------------------------------------------------------------------------------------------

    def start(self, patience_s: float = START_S) -> float:
        """Start it and wait for the first 200 of /readyz. Returns the seconds. Raises RuntimeError with its log."""
        began = time.monotonic()
        self.launch()
        self.await_ready(patience_s)
        self.ready_s = time.monotonic() - began
        return self.ready_s

    def launch(self) -> None:
        """Start it and wait for nothing."""
        path = [p for p in (self.source, str(TOY), os.environ.get("PYTHONPATH", "")) if p]
        for name in ("data", "cache", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path),
            "RUNG_DATA_DIR": str(self.data),
            "RUNG_CACHE_DIR": str(self.folder / "cache"),
            "TMPDIR": str(self.folder / "tmp"),
            MARK: self.mark,
            **self.env,
        }
        command = [sys.executable, "-m", "rung.cli.main", "serve", "--port", str(self.port), "--no-console"]
        config = ["--config", str(self.folder / "rung.toml")]
        with (self.folder / "log").open("ab") as sink:
            self.process = subprocess.Popen(
                [*command, *config, *self.arguments], env=environment, stdout=sink, stderr=sink, cwd=self.folder
            )

    def await_ready(self, patience_s: float = START_S) -> None:
        """Return at the first 200 of /readyz. Raises RuntimeError with the log."""
        assert self.process is not None
        end = time.monotonic() + patience_s
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.01)
        raise RuntimeError(f"the server did not become ready:\n{self.log()[-4000:]}")

    def kill(self) -> None:
        """SIGKILL for the server alone; what it leaves behind has to end by itself."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self, patience_s: float = 40.0) -> int:
        """SIGTERM, and its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience_s)

    def close(self) -> None:
        """Whatever is left of it is ended, so that a failed drill leaves nothing behind."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.processes():
            with suppress(ProcessLookupError):  # its server is gone, so it may be ending by itself
                os.kill(pid, signal.SIGKILL)

    @contextmanager
    def still(self, patience_s: float = 10.0) -> Iterator[None]:
        """The server stands still meanwhile: each of its threads has ended the system call that it was in.

        Raises RuntimeError when one does not within the patience.
        """
        os.kill(self.pid, signal.SIGSTOP)
        try:
            if not until(lambda: _states(self.pid) == {"T"}, patience_s, every=0.001):
                raise RuntimeError(f"the server does not stand still: its threads are {sorted(_states(self.pid))}")
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    # --- what is there, seen from outside ----------------------------------------------------------------------

    def processes(self) -> list[int]:
        """Every living process that carries this house's mark, the server included."""
        wanted = f"{MARK}={self.mark}".encode()
        return [pid for pid in _pids() if wanted in _read(f"/proc/{pid}/environ") and _state(pid) not in "ZX"]

    def orphans(self, patience_s: float = 20.0) -> int:
        """How many processes are left when the server is gone, after that much patience."""
        assert self.process is None or self.process.poll() is not None
        return 0 if until(lambda: not self.processes(), patience_s) else len(self.processes())

    def worker(self, variant: str) -> int | None:
        """The process that holds that variant now."""
        name = f"rung:{variant}"[:15].encode()
        return next((pid for pid in self.processes() if _read(f"/proc/{pid}/comm").strip() == name), None)

    def state(self, variant: str) -> dict[str, object]:
        """What /v1/models says of it; empty when it is not planned."""
        rows = httpx.get(f"{self.url}/v1/models", timeout=20).json()["models"]
        return next((row["state"] or {} for row in rows if row["variant"] == variant), {})

    def resident(self) -> int:
        """Bytes of the server process itself."""
        fields = _read(f"/proc/{self.pid}/statm").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu_s(self) -> float:
        """Seconds of a core that the server process itself has used."""
        fields = _read(f"/proc/{self.pid}/stat").rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def holdings(self) -> Holdings:
        """Unload every model, and count what the server and its templates hold then."""
        with httpx.Client(base_url=self.url, timeout=60) as client:
            for row in client.get("/v1/models").json()["models"]:
                if row["state"] and row["state"]["state"] != "unloaded":
                    client.post(f"/v1/models/{row['variant']}/unload")
        counts = []
        for _ in range(5):  # the server needs a moment to see that we have hung up
            time.sleep(0.05)
            counts.append(self._counted())
        return min(counts, key=lambda held: (held.descriptors, held.segments, held.files))

    def leaked(self, before: Holdings, patience_s: float = 15.0) -> Holdings:
        """What is held now and was not before; looked at again until it is nothing or the patience ends."""

        nothing = Holdings(kinds={}, segments=0, files=0)
        until(lambda: self.holdings().beyond(before) == nothing, patience_s, every=0.3)
        return self.holdings().beyond(before)

    def idle_segments(self, patience_s: float = 15.0) -> int:
        """How many segments are held while nothing runs and no model is loaded; none, as soon as there are none."""
        until(lambda: self.holdings().segments == 0, patience_s, every=0.3)
        return self.holdings().segments

    def _counted(self) -> Holdings:
        pids, visitors = self.processes(), _connected(self.port)
        temporary = sum(1 for _ in (self.folder / "tmp").rglob("*"))
        shared = (
            name for name in _listed("/dev/shm") if not os.path.isdir(f"/dev/shm/{name}")
        )  # some have TMPDIR there
        return Holdings(
            kinds=Counter(_kind(held) for pid in pids for held in _descriptors(pid) - visitors),
            segments=sum(_segments(pid) for pid in pids),
            files=temporary + sum(self.mark in name or "rung" in name for name in shared),
        )


def until(found: Callable[[], T], patience_s: float, every: float = 0.01) -> T:
    """What `found` gives as soon as it is true; its last value when the patience ends."""
    end = time.monotonic() + patience_s
    while not (value := found()) and time.monotonic() < end:
        time.sleep(every)
    return value


def free_port() -> int:
    """A port that nobody listens on, and that stays so while a server is down: none of those that the kernel gives to
    connections and to who binds to port 0, which anybody on the machine does at any moment."""
    first = int((_read("/proc/sys/net/ipv4/ip_local_port_range").split() or [b"32768"])[0])
    for port in random.Random().sample(range(10_000, first), 100) if first > 10_100 else [0]:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise OSError("a hundred ports were taken")


_CONFIG = """
[machine]
devices = ["cpu"]
threads = 2
{machine}
{tables}
"""
_VARIANT = """
[variant.{name}]
options = {{ flag = "{flag}", journal = "{journal}" }}
"""
_MARKED = ("toy", "toy-weighed", "toy-frail", "toy-leaky", "toy-hasty")


@contextmanager
def open_house(
    *,
    config: str = "",
    machine: str = "",
    variants: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    source: str = "",
    start: bool = True,
) -> Iterator[House]:
    """A house in a temporary folder; nothing of it is left afterwards.

    config: more of rung.toml. machine: more lines of its [machine]. variants: name -> more lines of its [variant.NAME].
    """
    with TemporaryDirectory(prefix="drill-", ignore_cleanup_errors=True) as folder:
        house = House(folder=Path(folder), port=free_port(), source=source, env=env or {})
        house.weights.parent.mkdir(parents=True)
        house.weights.write_bytes(weights.content())
        tables = "".join(
            _VARIANT.format(name=name, flag=house.flag if name == "toy-frail" else "", journal=house.journal)
            + (variants or {}).get(name, "")
            for name in _MARKED
        )
        (house.folder / "rung.toml").write_text(_CONFIG.format(machine=machine, tables=tables + config))
        try:
            if start:
                house.start()
            yield house
        finally:
            house.close()


# --- /proc ------------------------------------------------------------------------------------------------------


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _state(pid: int | str) -> str:
    return _read(f"/proc/{pid}/stat").decode(errors="replace").rpartition(")")[2].strip()[:1] or "X"


def _states(pid: int) -> set[str]:
    """Of its threads; one that has ended meanwhile is not among them."""
    return {_state(f"{pid}/task/{thread}") for thread in _listed(f"/proc/{pid}/task")} - {"X"}


def _descriptors(pid: int) -> set[str]:
    """Each with its number, so that two of one kind are two."""
    found = set()
    for number in _listed(f"/proc/{pid}/fd"):
        with suppress(OSError):
            name = os.readlink(f"/proc/{pid}/fd/{number}")
            found.add(name if name.startswith("socket:") else f"{number} {name}")
    return found


def _kind(descriptor: str) -> str:
    """`socket`, `pipe`, `anon_inode:[pidfd]`, or a path."""
    name = descriptor if descriptor.startswith("socket:") else descriptor.partition(" ")[2]
    return name.partition(":")[0] if name.startswith(("socket:", "pipe:")) else name


def _connected(port: int) -> set[str]:
    """Connections of clients that are still there: theirs to close. One whose client has left is not among them."""
    rows = [line.split() for line in _read("/proc/net/tcp").decode().splitlines()[1:]]
    return {f"socket:[{row[9]}]" for row in rows if row[3] == "01" and int(row[1].rpartition(":")[2], 16) == port}


def _segments(pid: int) -> int:
    """Shared memory of Rung's that the process has mapped."""
    return sum(b"memfd:rung" in line for line in _read(f"/proc/{pid}/maps").splitlines())


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
