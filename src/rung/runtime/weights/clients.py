"""Runs the user's own download clients (npm, pip, huggingface_hub) as child processes, watched and bounded.

Their configuration (mirror, proxy, certificate, credentials) is theirs: nothing of it is read here, and what
they print is cleaned of credentials before it reaches a reason.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rung.runtime.errors import WeightsError

_POLL_S = 0.2
_SECRETS = (
    (re.compile(r"(?<=://)[^/\s]+@"), "***@"),
    (re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']*"), r"\1?***"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"']+"), r"\1 ***"),
    (
        re.compile(r"(?i)\b(_?(?:auth(?:token|orization)?|password|token))\b([\s:=\"']+)(?!bearer|basic)[^\s\"']+"),
        r"\1\2***",
    ),
    (re.compile(r"\b(?:hf|npm|pypi|ghp)[_-][A-Za-z0-9_-]{8,}"), "***"),
)
_NOISE = re.compile(r"(?i)^npm (error|err!) (a complete log|.*debug-0\.log)|^\s*$|^traceback|^npm warn|^warning")


def clean(text: str) -> str:
    """The text without user names, passwords, tokens and query strings of URLs."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def run(
    argv: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    stall_s: float,
    tick: Callable[[int], None],
) -> str:
    """Run a client in `folder` (its working directory, where its bytes appear) and return its stdout.

    tick: bytes of the largest file below `folder` so far (clients keep copies).
    WeightsError with what the client said if it fails, and if nothing
    arrives for `stall_s` seconds. Its whole process group is ended before this returns, whatever happens.
    """
    out, err = folder / "client.out", folder / "client.err"
    # `env` adds to the inherited environment without our reading it (only config.py reads it).
    command = ["env", *(f"{key}={value}" for key, value in env.items()), *argv]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        child = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
        )
        try:
            _watch(child, folder, stall_s, tick)
        finally:
            _end(child)
    if child.returncode != 0:
        raise WeightsError(_complaint(err, out) or f"{Path(argv[0]).name} ended with status {child.returncode}")
    return out.read_text("utf-8", "replace")


def _watch(child: subprocess.Popen[bytes], folder: Path, stall_s: float, tick: Callable[[int], None]) -> None:
    size, moved = -1, time.monotonic()
    while True:
        try:
            child.wait(_POLL_S)
            return
        except subprocess.TimeoutExpired:
            now, largest = bytes_below(folder)
        if now != size:
            size, moved = now, time.monotonic()
            tick(largest)
        elif time.monotonic() - moved > stall_s:
            raise WeightsError(f"nothing arrived for {stall_s:.0f} s: the registry is slow or cannot be reached")


def _end(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):  # the group is gone already: the usual case
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def bytes_below(folder: Path) -> tuple[int, int]:
    """The bytes of all files below a folder that others write into, and of the largest: what vanishes counts 0."""
    total = largest = 0
    for parent, _folders, files in os.walk(folder):
        for name in files:
            try:
                size = os.lstat(os.path.join(parent, name)).st_size
            except FileNotFoundError:
                continue
            total, largest = total + size, max(largest, size)
    return total, largest


def _complaint(*logs: Path) -> str:
    """The last lines that say something, cleaned, at most 300 characters."""
    for log in logs:
        lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if not _NOISE.search(line)]
        errors = [line for line in lines if re.match(r"(?i)(npm )?err(or|!)", line)] or lines[-1:]
        if errors:
            said = "; ".join(re.sub(r"(?i)^(npm )?err(or|!)[: ]*", "", line) for line in errors[:4])
            return clean(said)[:300]
    return ""
