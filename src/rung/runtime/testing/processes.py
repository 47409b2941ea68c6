"""Looking at other processes while they may end: a process that has gone is an answer, never an error."""

from __future__ import annotations

from pathlib import Path


def state(pid: int) -> str:
    """The kernel's letter ("S", "R", "T", "Z" ...); empty when there is no such process.

    A process may also go between the opening of its file and the reading: the kernel then says ESRCH.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    return state(pid) not in ("", "Z")


def below(pid: int) -> list[int]:
    """The process and everything below it, as many as are found while they come and go."""
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += _children(found[-1])
    return found


def pss(pid: int) -> int:
    """Bytes, pages that are shared counted once among those who share them; 0 of a process that has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
