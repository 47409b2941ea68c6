"""Decides how much memory a worker may take, and that the kernel takes a worker before the server.

The ceiling is RLIMIT_DATA: private writable memory (heap, anonymous maps, thread stacks). RLIMIT_AS would count every
reserved address as well: a mapped weight file, the arenas of a library, and the terabytes that CUDA reserves and never
fills, so no figure for it would be both safe and true. What lies in shared memory (inputs and answers) is not counted.
Elsewhere than on Linux the kernel enforces nothing, and a worker has no ceiling.
Imports the standard library only: the worker's side uses it.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path

_BEFORE_THE_SERVER = 500
"""Added to the worker's oom_score_adj: half of all memory counts as if the worker held it too."""
_HIGHEST_SCORE = 1000


def limit_memory(limit: int | None) -> None:
    """From here on this process may take `limit` bytes more than it holds; then allocations fail. None: no ceiling."""
    held = held_bytes()
    if limit is None or held is None:
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held + limit
    if most == resource.RLIM_INFINITY or wanted < most:
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, wanted))


def held_bytes() -> int | None:
    """What the ceiling counts of this process now; None where it cannot be read."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), None)


def memory_ceiling() -> int | None:
    """Where allocations of this process fail, in bytes as `held_bytes` counts them; None without a ceiling."""
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return None if limit == resource.RLIM_INFINITY or sys.platform != "linux" else limit


def no_core_dumps() -> None:
    """A dump would write the memory, inputs included, to a disk, and take seconds for a large model."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def be_taken_first() -> None:
    """When the machine runs out of memory the kernel takes this process before the server. Nothing without /proc."""
    score = Path("/proc/self/oom_score_adj")
    with contextlib.suppress(OSError):
        score.write_text(str(min(int(score.read_text()) + _BEFORE_THE_SERVER, _HIGHEST_SCORE)))
