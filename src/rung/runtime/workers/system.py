"""Owns what the workers ask of the kernel: anonymous memory, death signals, groups, memory figures.

Linux gives all of it. Elsewhere (macOS) shared memory is an unlinked file, and the figures are None.
Imports the standard library only: templates and workers use it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import tempfile
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38


def _prctl(option: int, value: int | bytes) -> None:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    argument = ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.c_ulong(value)
    if libc.prctl(option, argument, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")


def die_with_parent(parent: int) -> None:
    """SIGKILL for this process when the parent's *thread* that forked it ends. Exits if it already has."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def outlive_parent() -> None:
    """Take `die_with_parent` back."""
    _prctl(_PR_SET_PDEATHSIG, 0)


def adopt_orphans() -> None:
    """Descendants whose own parent died become children of this process, not of init."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def gain_nothing_by_exec() -> None:
    """No program that this process or a descendant starts gains rights by being setuid."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def name_process(name: str) -> None:
    """What `ps` and `top` show; the kernel keeps 15 bytes."""
    _prctl(_PR_SET_NAME, name.encode()[:15])


def anonymous_memory(size: int) -> int:
    """A descriptor of `size` zero bytes that no path names: nothing is left behind by any death.

    A memfd is not counted against /dev/shm, which containers keep small. It is sealed against shrinking: whoever
    reads a mapped page that the other side took away dies of SIGBUS.
    """
    if sys.platform == "linux":
        fd = os.memfd_create("rung", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    else:
        fd, path = tempfile.mkstemp()
        os.unlink(path)
    os.ftruncate(fd, size)
    if sys.platform == "linux":
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    return fd


def may_shrink(fd: int) -> bool:
    """Whether memory that another process made can be taken away while it is looked at. Only Linux can tell."""
    if sys.platform != "linux":
        return False
    try:
        return not fcntl.fcntl(fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK
    except OSError:  # no memfd at all
        return True


def pidfd(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where the kernel has none to give."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # too many open files; the process can be watched and ended by its number too
        return None


def pss(pid: int | str = "self") -> int | None:
    """Proportional set size in bytes (shared pages divided among their users), None where unreadable."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), None)


def give_back_freed() -> None:
    """Return to the kernel what this process has freed and glibc keeps. Takes some 40 ms for 100 MB, then less than 1.

    A heap is given back from its end only, and one small thing at the end keeps everything before it. Nothing where
    the C library has no such call.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))


def threads_of_this_process() -> int:
    """Native threads, those of C libraries included; 1 where it cannot be read."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def children_of_this_process() -> list[int]:
    """Direct children, adopted ones included; empty where it cannot be read."""
    try:
        return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]
    except OSError:
        return []


def end_group(group: int) -> bool:
    """SIGKILL for a whole process group. False when nobody is left in it."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so for a group of zombies
        return False
    return True
