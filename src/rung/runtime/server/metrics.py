"""Decides which figures of the server are shown at /metrics, and by which labels.

Labels come from closed sets: operations, variants, tasks, devices, states. Never an id, a process number, or
anything that a caller wrote: each new value would be a series that every scraper keeps for ever.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from rung import __version__
from rung.runtime.jobs import Status
from rung.runtime.scheduling.seats import SeatState
from rung.runtime.server.exposition import Family, Sample, histogram, page

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, math.inf)
"""Upper bounds in seconds."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the status: under which key it stands there, and how it is shown.

    label: where the status has a mapping under the key, its keys become this label, and they must be `values`.
    """

    key: str
    name: str
    kind: Literal["counter", "gauge"]
    help: str
    label: str = ""
    values: tuple[str, ...] = ()


OF_A_VARIANT = (
    Figure("running", "rung_variant_running_calls", "gauge", "Calls that run now."),
    Figure("queued", "rung_variant_queued_calls", "gauge", "Calls that wait for it."),
    Figure("pinned", "rung_variant_pinned", "gauge", "1 while it may not be evicted."),
    Figure("quarantined", "rung_variant_quarantined", "gauge", "1 while it is left alone after failures."),
    Figure("bytes", "rung_variant_memory_bytes", "gauge", "Measured of its worker."),
    Figure("reserved", "rung_variant_reserved_bytes", "gauge", "Set aside for it in its device's budget."),
    Figure("load_s", "rung_variant_load_seconds", "gauge", "What its last load took."),
    Figure("calls", "rung_variant_calls_total", "counter", "Calls answered."),
    Figure("restarts", "rung_worker_restarts_total", "counter", "Workers replaced, for whatever reason."),
    Figure("crashes", "rung_worker_crashes_total", "counter", "Workers that died without being asked to."),
    Figure("ooms", "rung_worker_out_of_memory_total", "counter", "Workers that ran out of memory."),
    Figure("quarantines", "rung_variant_quarantines_total", "counter", "Times that it was quarantined."),
)
"""Of each row of `status["variants"]`, where the row has the key."""

OF_THE_SERVER = (
    Figure("queue", "rung_queue_jobs", "gauge", "Accepted jobs that wait."),
    Figure("open_jobs", "rung_open_jobs", "gauge", "Accepted jobs that have not ended."),
    Figure("connections", "rung_open_connections", "gauge", "Connections that are open now."),
    Figure("disk_free_bytes", "rung_disk_free_bytes", "gauge", "Free where accepted jobs are kept."),
    Figure("requeued", "rung_jobs_requeued_total", "counter", "Jobs begun again after their server was lost."),
    Figure("refused", "rung_requests_refused_total", "counter", "Requests turned away before any operation.",
           "reason", ("key", "rate", "queue", "budget", "disk", "connections", "host")),
    Figure("callbacks", "rung_callbacks_total", "counter", "Callbacks by what became of them.",
           "result", ("delivered", "failed", "given_up")),
    Figure("callbacks_waiting", "rung_callbacks_waiting", "gauge", "Callbacks that are still to be delivered."),
)  # fmt: skip
"""Of `status` itself, where it has the key. What it has beside these is not shown."""

_STATES = get_args(SeatState)


class Metrics:
    """Requests by operation and status, and how long they took. Names come from the routes, never from a caller."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, int], int] = defaultdict(int)
        self._buckets: dict[str, list[int]] = defaultdict(lambda: [0] * len(BUCKETS))
        self._seconds: dict[str, float] = defaultdict(float)

    def observe(self, operation: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests[operation, status] += 1
        self._seconds[operation] += seconds
        at = next(i for i, bound in enumerate(BUCKETS) if seconds <= bound)
        self._buckets[operation][at] += 1

    def text(self, jobs: Mapping[Status, int], status: Mapping[str, Any]) -> str:
        """The page. jobs: kept in each state. status: see OF_THE_SERVER, `variants` (OF_A_VARIANT), `jobs_ended`.

        jobs_ended: how many jobs ended so since the start, by operation and by state: {"editor.remove": {...}}.
        """
        rows = [row for row in status.get("variants", ()) if isinstance(row, Mapping)]
        return page(
            [
                Family("rung_build_info", "gauge", "Always 1.", [Sample(1, {"version": __version__})]),
                *self._of_requests(),
                Family("rung_jobs", "gauge", "Jobs that are kept.", _by(jobs, "status", get_args(Status))),
                Family("rung_jobs_ended_total", "counter", "Jobs that ended.", list(_ended(status))),
                Family("rung_variant_state", "gauge", "1 for the state that it is in.", list(_states(rows))),
                *(Family(one.name, one.kind, one.help, list(_column(one, rows))) for one in OF_A_VARIANT),
                *(Family(one.name, one.kind, one.help, _figure(one, status)) for one in OF_THE_SERVER),
            ]
        )

    def _of_requests(self) -> Iterator[Family]:
        counted = [
            Sample(count, {"operation": operation, "status": str(code)})
            for (operation, code), count in sorted(self._requests.items())
        ]
        yield Family("rung_requests_total", "counter", "Requests of operations that were answered.", counted)
        timed = [
            sample
            for name, counts in sorted(self._buckets.items())
            for sample in histogram(BUCKETS, counts, self._seconds[name], {"operation": name})
        ]
        yield Family("rung_request_seconds", "histogram", "From the first line of a request to its answer.", timed)


def _ended(status: Mapping[str, Any]) -> Iterator[Sample]:
    for operation, states in sorted(status.get("jobs_ended", {}).items()):
        for sample in _by(states, "status", get_args(Status)):
            yield Sample(sample.value, {"operation": operation, **sample.labels})


def _states(rows: Sequence[Mapping[str, Any]]) -> Iterator[Sample]:
    for row in rows:
        for state in _STATES:
            yield Sample(int(row.get("state") == state), _labels(row) | {"state": state})


def _column(figure: Figure, rows: Sequence[Mapping[str, Any]]) -> Iterator[Sample]:
    for row in rows:
        if (value := _finite(row.get(figure.key))) is not None:
            yield Sample(value, _labels(row))


def _figure(figure: Figure, status: Mapping[str, Any]) -> list[Sample]:
    found = status.get(figure.key)
    if figure.label:
        return _by(found if isinstance(found, Mapping) else {}, figure.label, figure.values)
    value = _finite(found)
    return [] if value is None else [Sample(value)]


def _labels(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(row[name]) for name in ("variant", "task", "device") if row.get(name)}


def _by(counts: Mapping[Any, Any], label: str, values: Sequence[str]) -> list[Sample]:
    """One sample for each of the known values that is there."""
    found = ((name, _finite(counts.get(name))) for name in values)
    return [Sample(value, {label: name}) for name, value in found if value is not None]


def _finite(value: Any) -> float | None:
    return value if isinstance(value, bool | int | float) and math.isfinite(value) else None
