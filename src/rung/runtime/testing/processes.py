"""Looking at other processes while they may end: a process that has gone is an answer, never an error."""

from __future__ import annotations

from pathlib import Path


def state(pid: int) -> str:
    """The kernel's letter ("S", "R", "T", "Z" ...); empty when there is no such process.

    A process may also go between the opening of its file and the reading: the kernel then says ESRCH.
    """
    words = _stat(pid)
    return words[0].decode() if words else ""


def parent(pid: int) -> int:
    """Of a process that is there; raises ProcessLookupError when it has gone, since 0 must not be sent a signal."""
    words = _stat(pid)
    if not words:
        raise ProcessLookupError(f"no process {pid}")
    return int(words[1])


def name(pid: int) -> str:
    """As the kernel shows it, 15 letters at most; empty when there is no such process."""
    return file(pid, "comm").decode(errors="replace").strip()


def file(pid: int, of: str) -> bytes:
    """A file of its /proc folder; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/{of}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


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
    lines = file(pid, "smaps_rollup").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:")), 0)


def _stat(pid: int) -> list[bytes]:
    """What the kernel says after the name, which may hold anything; empty when there is no such process."""
    return file(pid, "stat").rpartition(b")")[2].split()


def _children(pid: int) -> list[int]:
    """Of each thread by itself: one thread that ends does not hide what the others started."""
    try:
        tasks = [task.name for task in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for task in tasks for child in file(pid, f"task/{task}/children").split()]
