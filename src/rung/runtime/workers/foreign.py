"""Decides what an exception of foreign code (a model, its libraries) is called in our tree.

Imports the standard library only: the worker's side uses it.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from rung.runtime.errors import OutOfMemory, RungError, WorkerError
from rung.runtime.workers import ceiling, system

NO_MEMORY = (
    "bad_alloc",
    "bad allocation",
    "Failed to allocate memory",
    "Insufficient memory",
    "DefaultCPUAllocator",
    "CUDA error: out of memory",
    "STATUS_ALLOC_FAILED",
)
"""How C++ (onnxruntime), OpenCV, torch on the CPU, and CUDA with its cuBLAS and cuDNN say it inside an error of another
name."""


@contextmanager
def foreign(failed: type[WorkerError], what: str) -> Iterator[None]:
    """Our errors pass; a lack of memory becomes OutOfMemory, everything else `failed` with the last line.

    The whole traceback goes to stderr, which is the worker's log. This is the one broad except.
    """
    try:
        yield
    except RungError:
        raise
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        line = traceback.format_exception_only(error)[-1].strip()
        if _lacks_memory(error, line):
            raise _out_of_memory(what, line) from error
        raise failed(f"{what} raised {line}", type=type(error).__name__) from error


def _lacks_memory(error: BaseException, line: str) -> bool:
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or any(sign in line for sign in NO_MEMORY)
    )


def _out_of_memory(what: str, line: str) -> OutOfMemory:
    held, counted, limit = system.pss(), ceiling.held_bytes(), ceiling.memory_ceiling()
    now = "" if held is None else f" Its process holds {held / 2**20:.0f} MiB."
    if limit is not None and counted is not None:
        now = f"{now} Its ceiling is {limit / 2**20:.0f} MiB, of which {counted / 2**20:.0f} MiB are taken."
    return OutOfMemory(f"{what} ran out of memory: {line}.{now}", held_bytes=held, limit_bytes=limit)
