"""A program that writes jobs as fast as it can and says what it was told is kept; it is there to be killed.

`python job_writer.py DATABASE`: for each line on stdin a child is forked that writes under that name, and its process
id is told. A child's lines: `accepted ID`, `begun ID`, `ended ID`, each written after the store returned.
"""

from __future__ import annotations

import asyncio
import os
import sys

from job_tools import DONE, opened, record

from rung.runtime.jobs.idempotency import Idempotency
from rung.runtime.jobs.sql import SqlJobs, StoredInput


async def write(url: str, name: str) -> None:
    async with opened(url) as database:
        if name.startswith("whole"):  # nothing is moved from the log into the file
            await database.write(lambda tx: tx.rows("PRAGMA wal_autocheckpoint = 0"))
        jobs = SqlJobs(database, server=name)
        for n in range(100_000):
            job_id = f"{name}-{n}"
            key = Idempotency(key=job_id, scope="", fingerprint="f")
            await jobs.accept(record(job_id), StoredInput('{"x": "' + "y" * 2000 + '"}', (job_id,)), key)
            tell("accepted", job_id)
            if n % 3 == 0:
                await jobs.start(job_id, name, 2.0)
                tell("begun", job_id)
                await jobs.finish(job_id, 1, DONE)
                tell("ended", job_id)


def tell(*words: str) -> None:
    try:
        os.write(1, f"{' '.join(words)}\n".encode())
    except BrokenPipeError:  # nobody listens any more
        os._exit(1)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(write(sys.argv[1], line.strip()))
            os._exit(0)
        tell("writer", str(child))
        os.waitpid(child, 0)
        tell("gone", str(child))


if __name__ == "__main__":
    main()
