"""The sentences in which the system says that no worker can be started, and what would help."""

from __future__ import annotations

import errno
import resource
from collections.abc import Sequence

from rung.runtime.errors import LoadFailed, OutOfMemory, RungError, Unavailable, WorkerCrashed


def cannot_start(variant: str, error: OSError) -> RungError:
    """OutOfMemory for a lack of memory, Unavailable for everything else that may pass."""
    head = f"No worker for {variant} can be started now"
    match error.errno:
        case errno.ENOMEM:
            return OutOfMemory(f"{head}: the system has no memory for another process. Unload a model, or wait.")
        case errno.EMFILE:
            most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            why = f"this server has all the files open that it may ({most}). Raise the limit (`ulimit -n`)"
            return Unavailable(f"{head}: {why}, or unload a model.", limit=most)
        case errno.ENFILE:
            return Unavailable(f"{head}: the machine has too many files open.")
        case errno.EAGAIN:
            return Unavailable(
                f"{head}: the limit of processes is reached. Raise it (`ulimit -u`, the group's pids.max)."
            )
        case _:
            return Unavailable(f"{head}: {error.strerror or error}.")


def late_fork(variant: str, runtime: str, limit_s: float) -> WorkerCrashed:
    """The template did not answer: it is ended."""
    return WorkerCrashed(
        f"No worker for {variant} was started: the template process of the runtime {runtime} did not answer within "
        f"{limit_s:g} s and was ended.",
        cause="template",
    )


def late_template(runtime: str, limit_s: float, lines: Sequence[str]) -> LoadFailed:
    """The imports of a runtime hang."""
    last = next((line for line in reversed(lines) if line.strip()), "")
    log = f" Its log: {last}" if last else ""
    return LoadFailed(
        f"The libraries of the runtime {runtime} were not imported within {limit_s:g} s; the process was ended.{log}",
        log=list(lines),
    )
