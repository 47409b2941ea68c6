"""The drills' hand on a server's clock and on its view of the disk: read by Python before anything else.

Only where a drill asks for it: DRILL_CLOCK and DRILL_FREE name files that hold seconds to add to the wall clock and
the bytes that are said to be free. The monotonic clock is left alone, as a real jump of the clock leaves it.
DRILL_NAMES holds JSON, host -> what each look-up of it answers, in turn; other hosts are looked up as ever.
DRILL_COMMITS names a file that gets a line for every commit: SQLite's journal mode and its `synchronous`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import time
from pathlib import Path


def _number(path: str) -> float | None:
    try:
        return float(Path(path).read_text())
    except (OSError, ValueError):
        return None


def _bend_clock(path: str) -> None:
    real = time.time
    time.time = lambda: real() + (_number(path) or 0.0)
    time.time_ns = lambda: int(time.time() * 1e9)


def _bend_disk(path: str) -> None:
    real, real_usage = os.statvfs, shutil.disk_usage

    def statvfs(where: object) -> os.statvfs_result:
        found, free = real(where), _number(path)  # type: ignore[arg-type]
        if free is None:
            return found
        values = list(found)
        values[3] = values[4] = int(free) // found.f_frsize
        return os.statvfs_result(values)

    def disk_usage(where: object) -> object:
        found, free = real_usage(where), _number(path)  # type: ignore[arg-type]
        return found if free is None else found._replace(free=int(free))

    os.statvfs, shutil.disk_usage = statvfs, disk_usage  # type: ignore[assignment]


def _bend_names(text: str) -> None:
    real, left = socket.getaddrinfo, json.loads(text)

    def getaddrinfo(host: object, port: object, *rest: object, **named: object) -> object:
        answers = left.get(host)
        if answers is None:
            return real(host, port, *rest, **named)  # type: ignore[arg-type]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]


def _watch_commits(path: str) -> None:
    real = sqlite3.connect

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
            if sql.strip().upper() == "COMMIT":
                mode, sync = (super(Watched, self).execute(f"PRAGMA {name}").fetchone()[0] for name in _ASKED)
                with open(path, "ab", buffering=0) as file:
                    file.write(f"{mode} {sync}\n".encode())
            return super().execute(sql, *parameters)

    def connect(*arguments: object, **named: object) -> sqlite3.Connection:
        return real(*arguments, **{"factory": Watched, **named})  # type: ignore[arg-type]

    sqlite3.connect = connect  # type: ignore[assignment]


_ASKED = ("journal_mode", "synchronous")

if os.environ.get("DRILL_CLOCK"):
    _bend_clock(os.environ["DRILL_CLOCK"])
if os.environ.get("DRILL_FREE"):
    _bend_disk(os.environ["DRILL_FREE"])
if os.environ.get("DRILL_NAMES"):
    _bend_names(os.environ["DRILL_NAMES"])
if os.environ.get("DRILL_COMMITS"):
    _watch_commits(os.environ["DRILL_COMMITS"])
