"""Owns the server's own figures, and their form: the Prometheus text exposition format 0.0.4.

Our own sixty lines and not prometheus-client: counters on one event loop need no registry and no locks.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from rung.runtime.jobs import Status

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, math.inf)
"""Upper bounds in seconds."""


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
        """The page. status: numbers become gauges; a mapping of numbers and a list of rows get labels."""
        lines = ["# TYPE rung_requests_total counter"]
        for (operation, code), count in sorted(self._requests.items()):
            lines.append(_line("rung_requests_total", {"operation": operation, "status": str(code)}, count))
        lines.append("# TYPE rung_request_seconds histogram")
        for operation in sorted(self._buckets):
            lines += self._histogram(operation)
        lines.append("# TYPE rung_jobs gauge")
        lines += [_line("rung_jobs", {"state": state}, count) for state, count in sorted(jobs.items())]
        by_name: dict[str, list[str]] = {}
        for name, labels, number in _gauges("rung", status):
            by_name.setdefault(name, []).append(_line(name, labels, number))
        for name, rows in by_name.items():
            lines += [f"# TYPE {name} gauge", *rows]
        return "\n".join(lines) + "\n"

    def _histogram(self, operation: str) -> Iterator[str]:
        total = 0
        for bound, count in zip(BUCKETS, self._buckets[operation], strict=True):
            total += count
            le = "+Inf" if bound == math.inf else f"{bound:g}"
            yield _line("rung_request_seconds_bucket", {"operation": operation, "le": le}, total)
        yield _line("rung_request_seconds_sum", {"operation": operation}, round(self._seconds[operation], 6))
        yield _line("rung_request_seconds_count", {"operation": operation}, total)


def _gauges(
    name: str, value: Any, labels: Mapping[str, str] | None = None
) -> Iterator[tuple[str, dict[str, str], float]]:
    """Numbers in a status. A row (a mapping with `variant`, `device` or `name`) is labelled by those."""
    own = dict(labels or {})
    match value:
        case bool() | int() | float():
            if math.isfinite(value):
                yield name, own, value
        case Mapping():
            texts = {
                k: v
                for k, v in value.items()
                if k in ("variant", "device", "name", "task", "state") and isinstance(v, str)
            }
            plain = bool(own) or name == "rung" or texts
            for key, inner in value.items():
                if plain or isinstance(inner, Mapping | list):
                    yield from _gauges(f"{name}_{_word(str(key))}", inner, own | texts)
                else:
                    yield from _gauges(name, inner, {"name": str(key)})
        case list() | tuple():
            for row in value:
                yield from _gauges(name, row, own)


def _word(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", text)


def _line(name: str, labels: Mapping[str, str], number: float) -> str:
    marks = ",".join(f'{_word(key)}="{_escaped(value)}"' for key, value in labels.items())
    shown = int(number) if isinstance(number, bool) else number
    return f"{name}{{{marks}}} {shown}" if marks else f"{name} {shown}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
