"""How long `rung serve` takes to answer /readyz, and what it holds while nobody asks for anything."""

from __future__ import annotations

import statistics
import time

from _report import Figure, report
from rung.runtime.testing.served import served

ROUNDS = 5
SETTLE_S = 1.0
"""Idle memory is read after the start's own garbage is gone."""


def measure(*arguments: str) -> tuple[list[float], int, int]:
    """Seconds to ready, each round; idle bytes and processes of the last."""
    seconds = []
    for _ in range(ROUNDS):
        with served(*arguments) as server:
            seconds.append(server.ready_s)
            time.sleep(SETTLE_S)
            held, processes = server.pss(), len(server.processes())
    return seconds, held, processes


def main() -> None:
    console, held, processes = measure()
    api, held_api, _ = measure("--no-console")
    ready, idle = statistics.median(console), held / 1e6
    report(
        "start",
        [
            Figure(name="start to /readyz, with console", value=ready, unit="s", goal="< 2", holds=ready < 2),
            Figure(
                name="idle memory of all processes, with console", value=idle, unit="MB", goal="< 150", holds=idle < 150
            ),
            Figure(name="processes when idle", value=processes, unit=""),
            Figure(name="start to /readyz, API only", value=statistics.median(api), unit="s"),
            Figure(name="idle memory, API only", value=held_api / 1e6, unit="MB"),
        ],
        ["uvicorn", "starlette", "nicegui"],
    )


if __name__ == "__main__":
    main()
