"""Mixed calls, swaps and kills on the real server for long: nothing grows, nothing is lost, doubled or wrong.

Five clients ask for what does not fit together (RAM for one of the toys and a little): hashes waited for, jobs with
idempotency keys, and tensors by the Open Inference Protocol. In every round one worker is killed under them. Between
rounds the load rests, every model is unloaded, and what the server and its templates hold is counted: bytes (their
proportional set size), descriptors, shared-memory segments, threads. A line is fitted over the counts of the last two
thirds; growth is what it says for the whole time. The drills' checker judges everything that the clients were told.

`--minutes M` (20); `--seed N`. A seed gives the same requests and kills, not the same interleaving.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from drills.checker import check
from drills.client import Client, read_all
from drills.history import History, Request
from drills.house import House, open_house

from _report import Figure, report

ROUND_S = 8.0
FILL = 1100
"""Calls before anything is counted: the server keeps the last thousand jobs in memory."""
RAM = "300 MiB"
TASKS = ("toy", "toy", "toy-weighed", "toy-hasty")
LANES = 4
SIDE = 96
KINDS = ("bytes", "descriptors", "segments", "threads")
GROWTH = {"bytes": 10e6, "descriptors": 1.0, "segments": 0.5, "threads": 1.5}
"""What the fitted line may rise by over the whole time: one that leaks one thing a round rises by a hundred. A pool
that takes its last thread late makes the line rise by 1.5 at the most."""


@dataclass(slots=True)
class Soak:
    """What happened. counts: at rest, one for each round. tensors: answers of the protocol, and what was amiss."""

    history: History = field(default_factory=History)
    counts: list[dict[str, float]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    kills: int = 0
    tensors: int = 0
    amiss: list[str] = field(default_factory=list)
    restarts: int = 0


# --- what the clients do --------------------------------------------------------------------------------------------


def lane(house: House, soak: Soak, number: int, dice: random.Random, until: float) -> None:
    """One client of the toy."""
    with Client(house.url, soak.history, number) as client:
        while time.monotonic() < until:
            text, kept = f"{number} {dice.getrandbits(48):x}", dice.random() < 0.25
            request = Request(
                text=text, rounds=dice.randint(1, 2000), task=dice.choice(TASKS), key=text if kept else ""
            )
            if kept:
                client.submit(request)
            else:
                client.ask(request)


def tensor_lane(house: House, soak: Soak, dice: random.Random, until: float) -> None:
    """One client of the protocol: what lies outside the hole must come back as it went."""
    with httpx.Client(base_url=house.url, timeout=120) as http:
        while time.monotonic() < until:
            pixels = np.frombuffer(dice.randbytes(SIDE * SIDE * 3), np.uint8).reshape(SIDE, SIDE, 3)
            mask = np.zeros((SIDE, SIDE), np.uint8)
            mask[40:44, 40:44] = 255
            body, headers = _inference(pixels, mask)
            try:
                got = http.post("/v2/models/telea/infer", content=body, headers=headers)
            except httpx.TransportError as error:
                soak.amiss.append(f"tensors: {error!r}")
                continue
            soak.tensors += 1
            if got.status_code != 200:
                soak.amiss.append(f"tensors: {got.status_code} {got.text[:200]}")
                continue
            back = np.frombuffer(got.content[-pixels.size :], np.uint8).reshape(pixels.shape)
            if not np.array_equal(back[mask == 0], pixels[mask == 0]):
                soak.amiss.append("tensors: another picture came back")


def _inference(pixels: np.ndarray, mask: np.ndarray) -> tuple[bytes, dict[str, str]]:
    inputs = [
        {"name": n, "datatype": "UINT8", "shape": list(a.shape), "parameters": {"binary_data_size": a.size}}
        for n, a in (("pixels", pixels), ("mask", mask))
    ]
    text = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    return text + pixels.tobytes() + mask.tobytes(), {"Inference-Header-Content-Length": str(len(text))}


def killer(house: House, soak: Soak, dice: random.Random, until: float) -> None:
    """One kill -9 of whichever worker is there, in the middle of the round."""
    time.sleep(dice.uniform(0.2, 0.6) * ROUND_S)
    while time.monotonic() < until:
        workers = [pid for pid in house.processes() if _name(pid).startswith("rung:")]
        if workers:
            try:
                os.kill(dice.choice(workers), signal.SIGKILL)
            except ProcessLookupError:  # it was being unloaded
                continue
            soak.kills += 1
            return
        time.sleep(0.02)


def play(house: House, soak: Soak, dice: random.Random) -> None:
    """One round."""
    until = time.monotonic() + ROUND_S
    with ThreadPoolExecutor(LANES + 2) as pool:
        seeds = [random.Random(dice.random()) for _ in range(LANES + 2)]
        doing = [pool.submit(lane, house, soak, number, seeds[number], until) for number in range(LANES)]
        doing.append(pool.submit(tensor_lane, house, soak, seeds[-2], until))
        doing.append(pool.submit(killer, house, soak, seeds[-1], until))
        for one in doing:
            one.result()


def fill(house: House, soak: Soak) -> None:
    """As many jobs as the server remembers, so that remembering is no growth."""
    with Client(house.url, soak.history, 99) as client:
        for number in range(FILL):
            client.ask(Request(text=f"fill {number}", rounds=1))


# --- what the server holds -------------------------------------------------------------------------------------------


def count(house: House) -> dict[str, float]:
    """At rest, with no model loaded."""
    _settle(house)
    holdings = house.holdings()
    pids = house.processes()
    return {
        "bytes": float(sum(_field(pid, "smaps_rollup", "Pss:") for pid in pids) * 1024),
        "descriptors": float(holdings.descriptors),
        "segments": float(holdings.segments),
        "threads": float(sum(_field(pid, "status", "Threads:") for pid in pids)),
    }


def _settle(house: House, patience_s: float = 60.0) -> None:
    """Until no job waits or runs. Raises RuntimeError when some still do after that much patience."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        figures = httpx.get(f"{house.url}/metrics", timeout=20).text.splitlines()
        if any(line.startswith("rung_open_jobs ") and float(line.split()[1]) == 0 for line in figures):
            return
        time.sleep(0.05)
    raise RuntimeError("jobs are still open although nobody asks for anything")


def _field(pid: int, file: str, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def slope(at: Sequence[float], values: Sequence[float]) -> float:
    """Of the line with the least squares, in units a second."""
    if len(at) < 2:
        return 0.0
    return float(np.polyfit(np.array(at) - at[0], np.array(values), 1)[0])


# --- what is said of it ----------------------------------------------------------------------------------------------


def run(minutes: float, seed: int) -> Soak:
    soak, dice = Soak(), random.Random(seed)
    with open_house(machine=f'ram_budget = "{RAM}"') as house:
        fill(house, soak)
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            play(house, soak, dice)
            soak.counts.append(count(house))
            soak.at.append(time.monotonic())
            print(
                f"{soak.at[-1] - soak.at[0]:6.0f} s: {soak.counts[-1]}, kills {soak.kills}", file=sys.stderr, flush=True
            )
        read_all(house.url, soak.history, events=False)
        soak.restarts = _loads(house)
    return soak


def _loads(house: House) -> int:
    """How often a toy was loaded, as its own journal says."""
    return sum(line.split()[2] == "load" for line in house.journal.read_text().splitlines() if len(line.split()) > 2)


def figures_of(soak: Soak, minutes: float) -> Iterator[Figure]:
    """Growth first, then what the checker found."""
    late = len(soak.at) // 3
    lasted = soak.at[-1] - soak.at[0] if len(soak.at) > 1 else 0.0
    yield Figure(name="minutes of load and rest", value=minutes, unit="min")
    for kind in KINDS:
        values = [one[kind] for one in soak.counts]
        grown = slope(soak.at[late:], values[late:]) * lasted
        scale, unit = (1e6, "MB") if kind == "bytes" else (1.0, "")
        yield Figure(name=f"{kind} at rest, first count", value=values[0] / scale, unit=unit)
        yield Figure(name=f"{kind} at rest, last count", value=values[-1] / scale, unit=unit)
        yield Figure(
            name=f"{kind}: growth over the whole time by the fitted line",
            value=grown / scale,
            unit=unit,
            goal=f"<= {GROWTH[kind] / scale:g}",
            holds=grown <= GROWTH[kind],
        )
    yield from _verdict(soak)


def _verdict(soak: Soak) -> Iterator[Figure]:
    verdict = check(soak.history.ops)
    for sentence in [*verdict.faults, *soak.amiss][:20]:
        print(sentence, file=sys.stderr)
    yield Figure(name="calls and jobs accepted", value=verdict.accepted, unit="")
    yield Figure(name="calls by the Open Inference Protocol", value=soak.tensors, unit="")
    yield Figure(name="loads of a toy (each swap is one)", value=soak.restarts, unit="")
    yield Figure(name="workers killed", value=soak.kills, unit="")
    for word, found in (
        ("lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("wrong", verdict.wrong),
        ("failed although nothing asked for it", verdict.failed),
        ("refused or wrong by the Open Inference Protocol", soak.amiss),
    ):
        yield Figure(name=word, value=len(found), unit="", goal="0", holds=not found)


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    asked, sys.argv[1:] = parser.parse_known_args()
    began = time.monotonic()
    soak = run(asked.minutes, asked.seed)
    report("soak", list(figures_of(soak, (time.monotonic() - began) / 60)), ["numpy", "httpx"])


if __name__ == "__main__":
    main()
