"""What a server adds to a model's own time, beside six others in one run: 1 MiB turned round, and a nap of 10 ms.

Every server has one worker for each model, and runs up to eight naps as one. The servers take turns: started afresh
for every round, warmed, asked by 1 and by 16 connections that each ask again as soon as they were answered. Every
answer is checked; Rung's carries its provenance. CPU is of the whole process tree, per answered request: the
steadiest figure here, since the servers and the client share the cores. What other processes took meanwhile is said.

`--quick`: Rung beside the bare worker alone, which needs nothing installed. `--only NAME` and `--rounds N` for a look.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from _report import Figure, report
from peers.lanes import ALL, BARE, BENTOML, LITSERVE, MOSEC, RAY, RAY_FAST, RUNG, Lane
from peers.load import Window, window
from peers.roster import Running, interpreter, marked, running

CLIENTS = (1, 16)
START_S = 90.0
WARM_S = 0.5
AHEAD_OF = (LITSERVE, BENTOML, RAY, RAY_FAST)
LEVEL = 1.05
"""Level with another: within what two runs of the same server differ by."""
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who is measured, in how many rounds, by windows of how many seconds."""

    lanes: tuple[Lane, ...] = ALL
    rounds: int = 5
    window_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One window. foreign: cores that neither the server nor the client took."""

    rps: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    errors: int
    foreign: float


@dataclass(slots=True)
class Told:
    """All windows of one server by (question, clients); why: what kept it from being measured."""

    shots: defaultdict[tuple[str, int], list[Shot]] = field(default_factory=lambda: defaultdict(list))
    why: str = ""


# --- measuring -----------------------------------------------------------------------------------------------------


def cpu_s(pids: Sequence[int]) -> float:
    """Seconds of CPU that the threads of those processes have used, as the kernel's scheduler counts them.

    Not the ticks of `stat`: a short burst between two ticks is not seen there. What ended meanwhile is not counted:
    the servers here keep their threads and processes.
    """
    took = 0
    for pid in pids:
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                took += int(path.read_text().split()[0])
            except OSError:  # it has ended
                continue
    return took / 1e9


def busy_s() -> float:
    """Seconds of CPU that this machine has used."""
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + soft + steal) / _TICK


def shot(server: Running, pids: Sequence[int], lane: Lane, question: str, clients: int, seconds: float) -> Shot:
    ask = getattr(lane, question)(server.port)
    before, machine, ours = cpu_s(pids), busy_s(), time.process_time()
    began = time.perf_counter()
    found = window(server.port, ask, clients, seconds)
    took = time.perf_counter() - began
    theirs = cpu_s(pids) - before
    foreign = (busy_s() - machine - theirs - (time.process_time() - ours)) / took
    return _shot(found, theirs, foreign)


def _shot(found: Window, cpu: float, foreign: float) -> Shot:
    times = sorted(found.times) or [float("inf")]
    return Shot(
        rps=len(found.times) / found.seconds,
        p50_ms=times[len(times) // 2] * 1000,
        p99_ms=times[min(int(len(times) * 0.99), len(times) - 1)] * 1000,
        cpu_ms=cpu * 1000 / max(len(found.times), 1),
        errors=len(found.errors),
        foreign=max(foreign, 0.0),
    )


def warm(server: Running, lane: Lane) -> None:
    """Both questions are answered rightly, and went on for a while. Raises RuntimeError with the server's last word."""
    until, errors = time.monotonic() + START_S, ["nothing was answered"]
    for question in (lane.echo, lane.wait):
        while time.monotonic() < until and server.alive:
            try:
                found = window(server.port, question(server.port), 4, WARM_S)
            except OSError:
                time.sleep(0.1)
                continue
            errors = found.errors
            if found.times and not errors:
                break
        else:
            last = server.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(f"did not start: {' '.join(last)[:200]} ({errors[:1]})")


def measure(plan: Plan) -> dict[str, Told]:
    told = {lane.name: Told() for lane in plan.lanes}
    for number in range(plan.rounds):
        for lane in plan.lanes:
            if not told[lane.name].why:
                _round(lane, told[lane.name], plan, number)
    return told


def _round(lane: Lane, told: Told, plan: Plan, number: int) -> None:
    try:
        with running(lane.peer, interpreter(lane.peer)) as server:
            warm(server, lane)
            pids = marked(server.mark)
            for question in ("echo", "wait"):
                for clients in CLIENTS:
                    found = shot(server, pids, lane, question, clients, plan.window_s)
                    told.shots[question, clients].append(found)
                    print(
                        f"round {number + 1}, {lane.name}, {question} x{clients}: {found}", file=sys.stderr, flush=True
                    )
    except (RuntimeError, OSError) as error:
        told.why = str(error)


# --- what is said of it --------------------------------------------------------------------------------------------

TITLES = {"echo": "1 MiB", "wait": "10 ms nap"}
UNITS = {"p50_ms": ("p50", "ms"), "p99_ms": ("p99", "ms"), "rps": ("throughput", "1/s"), "cpu_ms": ("CPU", "ms")}


def value(told: Told, key: tuple[str, int], what: str) -> float:
    """The median of the windows."""
    return statistics.median(getattr(one, what) for one in told.shots[key])


def rows(lane: Lane, told: Told) -> Iterator[Figure]:
    name = f"{lane.name} {lane.peer.requirement.rpartition('==')[2]}".strip()
    if told.why:
        yield Figure(name=f"{name}: not measured, {told.why}", value=None, unit="")
    for key, shots in sorted(told.shots.items()):
        title = f"{name}: {TITLES[key[0]]}, {key[1]} client{'s' if key[1] > 1 else ''}"
        for what, (word, unit) in UNITS.items():
            yield Figure(name=f"{title}, {word}", value=value(told, key, what), unit=unit)
        if errors := sum(one.errors for one in shots):
            yield Figure(name=f"{title}, requests that failed", value=errors, unit="")


def goals(told: dict[str, Told]) -> Iterator[Figure]:
    """Rung over the others, where both were measured. Under 1 is better everywhere: throughput is turned round."""
    rung = told[RUNG.name]
    for key in sorted(rung.shots):
        title = f"rung: {TITLES[key[0]]}, {key[1]} client{'s' if key[1] > 1 else ''}"
        if told.get(BARE.name, Told()).shots:
            over = value(rung, key, "cpu_ms") / value(told[BARE.name], key, "cpu_ms")
            yield Figure(
                name=f"{title}, CPU over the bare worker's", value=over, unit="x", goal="<= 1.2", holds=over <= 1.2
            )
        for what in ("p50_ms", "p99_ms", "rps"):
            others = [lane.name for lane in AHEAD_OF if told.get(lane.name, Told()).shots]
            yield from _beside(title, told, others, key, what, "< 1", lambda over: over < 1)
            mosec = [MOSEC.name] if told.get(MOSEC.name, Told()).shots else []
            yield from _beside(title, told, mosec, key, what, f"<= {LEVEL:g} (level)", lambda over: over <= LEVEL)


def _beside(
    title: str, told: dict[str, Told], others: Sequence[str], key: tuple[str, int], what: str, goal: str,
    holds: Callable[[float], bool],
) -> Iterator[Figure]:  # fmt: skip
    """The hardest of the others to beat."""
    if not others:
        return
    ours = value(told[RUNG.name], key, what)
    ratios = {
        name: value(told[name], key, what) / ours if what == "rps" else ours / value(told[name], key, what)
        for name in others
    }
    name = max(ratios, key=ratios.__getitem__)
    of = "the best of LitServe, BentoML, Ray Serve" if len(others) > 1 else name
    word = UNITS[what][0]
    said = f"{title}, {word} against {of}" + (f" ({name})" if len(others) > 1 else "")
    yield Figure(name=said, value=ratios[name], unit="x", goal=goal, holds=holds(ratios[name]))


def foreign(told: dict[str, Told]) -> Figure:
    taken = [one.foreign for each in told.values() for shots in each.shots.values() for one in shots]
    return Figure(name="cores that others took meanwhile, median", value=statistics.median(taken or [0.0]), unit="")


def main(name: str = "overhead", plan: Plan | None = None) -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=0)
    asked, sys.argv[1:] = parser.parse_known_args()
    plan = plan or (Plan(lanes=(RUNG, BARE), rounds=3, window_s=1.5) if asked.quick else Plan())
    lanes = tuple(lane for lane in plan.lanes if lane.name in (asked.only or [lane.name]))
    told = measure(Plan(lanes=lanes, rounds=asked.rounds or plan.rounds, window_s=plan.window_s))
    figures = list(goals(told)) if RUNG.name in told else []
    figures += [figure for lane in lanes for figure in rows(lane, told[lane.name])]
    report(name, [*figures, foreign(told)], ["numpy", "uvicorn", "starlette", "uvloop", "httptools"])


if __name__ == "__main__":
    main()
