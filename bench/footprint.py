"""What a server takes before it earns anything, beside the peers: installed bytes, memory, and the first answer.

Each is started afresh, ROUNDS times, in turns; its two models are trivial (bench/peers/echo_work.py), so that what is
measured is the server. Start to first answer: from the start of the process to the first right answer of 1 MiB, asked
again every 20 ms. Memory is the proportional set size of the whole process tree (shared pages counted once): at rest
after that first answer, and with both models loaded. A worker's private memory is what comes back when it ends: of the
process that turned the megabyte round. Installed: the environment's files over an empty one's, numpy with each.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from _report import Figure, report
from overhead import START_S, cpu_s, warm
from peers.lanes import ALL, RUNG_APP, Lane
from peers.load import once, window
from peers.roster import CACHE, Running, interpreter, marked, running

ROUNDS = 3
SETTLE_S = 2.0
"""Memory and idle CPU are read after the start's own garbage is gone."""
IDLE_S = 3.0
LANES = tuple(lane for lane in ALL if lane is not RUNG_APP)
ROOT = Path(__file__).parent.parent
MB = 1e6


@dataclass(slots=True)
class Told:
    """Of each round. why: what kept it from being measured."""

    first_s: list[float] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    loaded: list[int] = field(default_factory=list)
    worker: list[int] = field(default_factory=list)
    processes: list[int] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)
    why: str = ""


# --- measuring -----------------------------------------------------------------------------------------------------


def measure(lane: Lane, told: Told, number: int) -> None:
    """One round."""
    try:
        python = interpreter(lane.peer)
        began = time.perf_counter()
        with running(lane.peer, python) as server:
            told.first_s.append(_first_answer(server, lane, began))
            time.sleep(SETTLE_S)
            pids = marked(server.mark)
            told.idle.append(sum(_bytes(pid, "Pss") for pid in pids))
            told.processes.append(len(pids))
            told.cores.append(_idle_cores(pids))
            warm(server, lane)
            worker = _worker(server, lane)
            time.sleep(SETTLE_S)
            told.loaded.append(sum(_bytes(pid, "Pss") for pid in marked(server.mark)))
            told.worker.append(_bytes(worker, "Private_Clean") + _bytes(worker, "Private_Dirty"))
        print(f"round {number + 1}, {lane.name}: {told}", file=sys.stderr, flush=True)
    except (RuntimeError, OSError) as error:
        told.why = str(error)


def _first_answer(server: Running, lane: Lane, began: float) -> float:
    """Seconds. Raises RuntimeError with the server's last word."""
    ask = lane.echo(server.port)
    while time.perf_counter() - began < START_S and server.alive:
        try:
            if not once(server.port, ask):
                return time.perf_counter() - began
        except OSError:
            pass
        time.sleep(0.02)
    last = server.log.read_text(errors="replace").strip().splitlines()[-1:]
    raise RuntimeError(f"did not start: {' '.join(last)[:200]}")


def _worker(server: Running, lane: Lane) -> int:
    """The process that turned the bytes round: of those that may have, the one that worked most for it."""
    mine = [pid for pid in marked(server.mark) if lane.worker and lane.worker in _title(pid)]
    pids = [pid for pid in mine if pid != server.process.pid] or [server.process.pid]
    before = {pid: cpu_s([pid]) for pid in pids}
    window(server.port, lane.echo(server.port), 4, 1.0)
    return max(pids, key=lambda pid: cpu_s([pid]) - before[pid])


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") + Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def _bytes(pid: int, what: str) -> int:
    """A line of the kernel's sums over a process's memory; 0 where it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:")), 0)


def _idle_cores(pids: list[int]) -> float:
    before = cpu_s(pids)
    time.sleep(IDLE_S)
    return (cpu_s(pids) - before) / IDLE_S


# --- installed -----------------------------------------------------------------------------------------------------


def size_of(folder: Path) -> int:
    """Bytes of the files of an environment's packages."""
    found = next((folder / "lib").glob("python*/site-packages"))
    return sum(path.lstat().st_size for path in found.rglob("*") if not path.is_symlink() and path.is_file())


def _empty() -> int:
    folder = CACHE / "empty"
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    return size_of(folder)


def _ours(extra: str) -> Figure:
    """Rung itself, as pip installs it from this checkout."""
    name = f"rung{f'[{extra}]' if extra else ''}: installed"
    folder = CACHE / f"rung-{extra or 'core'}"
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    ran = subprocess.run([*pip, f"{ROOT}{f'[{extra}]' if extra else ''}"], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        return Figure(name=f"{name}: not measured, pip failed", value=None, unit="")
    return Figure(name=name, value=(size_of(folder) - _empty()) / MB, unit="MB")


def installed() -> Iterator[Figure]:
    """Rung by extras, and each peer."""
    yield _ours("")
    yield _ours("onnx")
    seen: set[str] = set()
    for lane in LANES:
        if lane.peer.requirement and lane.peer.requirement not in seen:
            seen.add(lane.peer.requirement)
            try:
                folder = Path(interpreter(lane.peer)).parent.parent
            except RuntimeError as error:
                yield Figure(name=f"{lane.peer.requirement}: installed, not measured: {error}", value=None, unit="")
                continue
            size = (size_of(folder) - _empty()) / MB
            yield Figure(name=f"{lane.peer.requirement}: installed", value=size, unit="MB")


# --- what is said of it --------------------------------------------------------------------------------------------


def rows(lane: Lane, told: Told) -> Iterator[Figure]:
    """What the table says of one server."""
    name = f"{lane.name} {lane.peer.requirement.rpartition('==')[2]}".strip()
    if told.why:
        yield Figure(name=f"{name}: not measured, {told.why}", value=None, unit="")
    if not told.worker:
        return
    yield Figure(name=f"{name}: start to first answer, median", value=statistics.median(told.first_s), unit="s")
    yield Figure(name=f"{name}: start to first answer, worst", value=max(told.first_s), unit="s")
    yield Figure(name=f"{name}: memory at rest", value=statistics.median(told.idle) / MB, unit="MB")
    yield Figure(name=f"{name}: memory with both models", value=statistics.median(told.loaded) / MB, unit="MB")
    yield Figure(name=f"{name}: private memory of a worker", value=statistics.median(told.worker) / MB, unit="MB")
    yield Figure(name=f"{name}: processes at rest", value=statistics.median(told.processes), unit="")
    yield Figure(name=f"{name}: cores taken at rest", value=statistics.median(told.cores), unit="")


def main() -> None:
    told = {lane.name: Told() for lane in LANES}
    rounds = int(sys.argv.pop(sys.argv.index("--rounds") + 1)) if "--rounds" in sys.argv else ROUNDS
    sys.argv = [word for word in sys.argv if word != "--rounds"]
    for number in range(rounds):
        for lane in LANES:
            if not told[lane.name].why:
                measure(lane, told[lane.name], number)
    figures = [figure for lane in LANES for figure in rows(lane, told[lane.name])]
    report("footprint", [*figures, *installed()], ["numpy", "uvicorn", "starlette"])


if __name__ == "__main__":
    main()
