"""What one A3 sheet costs when all steps are asked for: seconds, processor time and memory of all processes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from _drawings_sheets import png
from _report import Figure
from rung.lab.sheets.sheet import Page
from rung.runtime.client import Client
from rung.runtime.spec import MiB
from rung.runtime.testing.served import Served

GOAL_S, GOAL_MIB = 10.0, 2048
EVERY_S = 0.05
TICKS = os.sysconf("SC_CLK_TCK")
ALL_STEPS = {"segment": True, "exports": ["annotated-png", "xlsx", "csv", "json"]}


A3_MM = (297, 420)


def is_a3(page: Page) -> bool:
    """Whether it is of that size, lying or standing, to the millimetre."""
    sides = sorted(side / page.dpi * 25.4 for side in page.picture.shape[:2])
    return all(abs(side - wanted) < 1 for side, wanted in zip(sides, A3_MM, strict=True))


def cost(server: Served, client: Client, pages: list[Page]) -> list[Figure]:
    """The first page warms up; each further one is measured alone. Raises ValueError where one is no A3 sheet."""
    if not all(map(is_a3, pages)):
        raise ValueError("the cost of an A3 sheet is measured on A3 sheets")
    seconds, busy = [], []
    with peaks(server) as peak:
        for page in pages:
            before, began = cpu_s(server), time.perf_counter()
            client.run("drawings", "analyze", file=png(page), dpi=round(page.dpi), **ALL_STEPS)
            seconds.append(time.perf_counter() - began)
            busy.append(cpu_s(server) - before)
    worst, most = max(seconds[1:]), max(peak) / MiB
    return [
        Figure(name="one A3 sheet at 200 dpi, all steps, models loaded on the way", value=seconds[0], unit="s"),
        Figure(name=f"one A3 sheet at 200 dpi, all steps, warm, slowest of {len(pages) - 1}", value=worst, unit="s",
               goal=f"< {GOAL_S:g}", holds=worst < GOAL_S),
        Figure(name="processor time of all processes for it", value=max(busy[1:]), unit="s"),
        Figure(name="memory of all processes, shared pages once, at its peak", value=most, unit="MiB",
               goal=f"< {GOAL_MIB}", holds=most < GOAL_MIB),
    ]  # fmt: skip


@contextmanager
def peaks(server: Served) -> Iterator[list[int]]:
    """Fills a list with the bytes of all processes, looked at twenty times a second."""
    found, done = [0], threading.Event()

    def look() -> None:
        while not done.wait(EVERY_S):
            try:
                found.append(server.pss())
            except (OSError, RuntimeError):
                continue  # a process ended between being listed and being looked at

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield found
    finally:
        done.set()
        watch.join()


def cpu_s(server: Served) -> float:
    """Of the server and everything below it, children of each that have ended included: workers run programs."""
    total = 0
    for pid in server.processes():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / TICKS
