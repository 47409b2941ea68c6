"""Many lives leave nothing behind; and where descriptors, processes or shared memory run out, it is said and passes."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import os
import resource
import signal
import socket
import threading
from pathlib import Path

import numpy as np
import pytest
from patience import at_most

from rung.runtime.errors import LoadFailed, OutOfMemory, Unavailable
from rung.runtime.testing.processes import parent
from rung.runtime.workers import forking, messages, system
from rung.runtime.workers.process import WorkerAnswer
from rung.runtime.workers.refusals import cannot_start

CYCLES = 100
"""Of each of three kinds of life."""


def held(pid: int | str, folder: Path) -> dict[str, int]:
    """What a process has open and mapped, its children, and what lies in the temporary folder."""
    gc.collect()
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return {
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "segments": sum("memfd" in line for line in maps),
        "native threads": len(os.listdir(f"/proc/{pid}/task")),
        "threads": threading.active_count(),
        "children": len(Path(f"/proc/{pid}/task/{_number(pid)}/children").read_text().split()),
        "folders": sum(1 for _ in folder.rglob("*")),
    }


def _number(pid: int | str) -> int:
    return os.getpid() if pid == "self" else int(pid)


@contextlib.contextmanager
def files_left(count: int):
    """So many descriptors, and no more, are free."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(fd) for fd in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + count, before[1]))
    taken = []
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(count):
            os.close(taken.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for fd in taken:
            os.close(fd)


@at_most(120)
async def test_hundreds_of_lives_however_they_end_leave_nothing_behind(
    templates, place, spawn, compute, monkeypatch, tmp_path
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    async def ended() -> None:
        worker = await spawn("tells_about_itself")
        (answer,) = await worker.run([compute(np.zeros(500_000, np.uint8))])
        assert isinstance(answer, WorkerAnswer)
        await worker.end()

    async def killed() -> None:
        worker = await spawn("Parent")
        os.kill(worker.pid, signal.SIGKILL)
        await worker.exited
        await worker.end()

    async def failed() -> None:
        worker = await templates.spawn(place("CannotLoad"))
        with pytest.raises(LoadFailed):
            await worker.load()
        await worker.end()

    async def lives() -> None:
        await asyncio.gather(ended(), killed(), failed())

    witness = await spawn("echo")
    template = parent(witness.pid)
    await lives()
    before = held("self", tmp_path), held(template, tmp_path)
    for _ in range(CYCLES):
        await lives()

    assert (held("self", tmp_path), held(template, tmp_path)) == before


@pytest.mark.parametrize("room", range(0, 14))
async def test_without_descriptors_a_spawn_fails_with_a_sentence_and_recovers(templates, place, spawn, compute, room):
    """Wherever the descriptors run out: at the sockets, at the pipe, at a pidfd that cannot be received."""
    first = await spawn("echo")
    before = len(os.listdir("/proc/self/fd"))
    workers = []

    with files_left(room):
        with pytest.raises(Unavailable, match=r"No worker for echo .* files open that it may \(\d+\).*ulimit -n"):
            while len(workers) < 20:
                workers.append(await templates.spawn(place("echo")))
        (answer,) = await first.run([compute("still here")])
    for worker in workers:
        await worker.load()
        await worker.end()

    assert len(workers) <= room
    assert answer.output.value == "still here"
    assert len(os.listdir("/proc/self/fd")) == before
    again = await spawn("echo")
    assert isinstance((await again.run([compute("x")]))[0], WorkerAnswer)


async def test_without_descriptors_no_template_starts_and_later_one_does(place, templates):
    before = len(os.listdir("/proc/self/fd"))
    for room in range(0, 7):  # two sockets, a pipe, and what Popen opens for itself
        with files_left(room), pytest.raises(Unavailable, match="files open"):
            await templates.spawn(place("echo"))
    assert len(os.listdir("/proc/self/fd")) == before

    worker = await templates.spawn(place("echo"))
    await worker.load()


async def test_an_answer_whose_memory_cannot_be_received_costs_its_worker_and_nothing_else(spawn, compute):
    first, other = await spawn("echo"), await spawn("echo")
    large = np.zeros(500_000, np.uint8)
    with files_left(2):  # the request's segment takes both, and the answer's finds none
        (lost,) = await first.run([compute(large)])
        (answer,) = await other.run([compute("small")])

    assert not isinstance(lost, WorkerAnswer)
    assert answer.output.value == "small"


def test_a_descriptor_that_cannot_be_received_or_made_is_known_to_be_missing():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        messages.send_all(ours, messages.pack(messages.Cancel("a"), b"", 1), [0])
        with files_left(0):
            data, descriptors = messages.receive(theirs)
            watch = system.pidfd(os.getpid())

    assert descriptors == [] and next(iter(messages.Frames().feed(data, descriptors))).descriptors == []
    assert watch is None


def test_a_template_that_cannot_fork_says_so_keeps_nothing_and_lives_on(monkeypatch):
    def refused():
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    ours, theirs = socket.socketpair()
    template = forking.Template(theirs, ours, ours)
    before = len(os.listdir("/proc/self/fd"))
    with ours, theirs:
        monkeypatch.setattr(os, "fork", refused)
        template._spawn(messages.Spawn(7, "rung:sam", {}), list(os.pipe()))
        template._spawn(messages.Spawn(8, "rung:sam", {}), [os.dup(0)])  # the other one could not be received
        frames = list(messages.Frames().feed(*messages.receive(ours)))

    assert [frame.message for frame in frames] == [
        messages.Unspawned(7, errno.EAGAIN),
        messages.Unspawned(8, errno.EMFILE),
    ]
    assert len(os.listdir("/proc/self/fd")) == before - 2


@pytest.mark.parametrize(
    ("number", "kind", "says"),
    [
        (errno.ENOMEM, OutOfMemory, "no memory for another process"),
        (errno.EMFILE, Unavailable, "ulimit -n"),
        (errno.ENFILE, Unavailable, "the machine has too many files open"),
        (errno.EAGAIN, Unavailable, "limit of processes"),
        (errno.ENOSPC, Unavailable, "No space left on device"),
    ],
)
def test_every_refusal_of_the_system_names_the_remedy_it_has(number, kind, says):
    error = cannot_start("sam", OSError(number, os.strerror(number)))

    assert type(error) is kind
    assert error.message.startswith("No worker for sam can be started now: ") and says in error.message
