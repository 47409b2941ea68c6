"""Jobs and what they leave behind: rows, events, files; in memory, behind the protocol of the durable ones."""

from rung.runtime.jobs.artifacts import Artifacts
from rung.runtime.jobs.fileref import FileRef
from rung.runtime.jobs.ids import new_id
from rung.runtime.jobs.memory import MemoryJobs
from rung.runtime.jobs.progress import Reporter
from rung.runtime.jobs.record import (
    ENDED,
    Attempt,
    Ending,
    Event,
    Failure,
    JobRecord,
    JobStore,
    Progress,
    Status,
    failure_of,
)
from rung.runtime.jobs.shelf import Shelf

__all__ = [
    "ENDED",
    "Artifacts",
    "Attempt",
    "Ending",
    "Event",
    "Failure",
    "FileRef",
    "JobRecord",
    "JobStore",
    "MemoryJobs",
    "Progress",
    "Reporter",
    "Shelf",
    "Status",
    "failure_of",
    "new_id",
]
