"""Want of memory, and why a worker is gone: each in real processes, and the decision on its own."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from patience import at_most

from rung.runtime.errors import LoadFailed, OutOfMemory, WorkerCrashed
from rung.runtime.hardware.cgroup import oom_kills
from rung.runtime.spec import MiB
from rung.runtime.testing.processes import parent
from rung.runtime.workers import system
from rung.runtime.workers.deaths import OomKills, death, with_last_words
from rung.runtime.workers.process import WorkerAnswer
from rung.runtime.workers.template import READY_S, Templates

# --- the ceiling -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("runtime", ["numpy", "unsafe"])
async def test_past_its_ceiling_a_call_fails_with_the_numbers_and_the_worker_lives_on(spawn, compute, runtime):
    worker = await spawn("takes", runtime=runtime, memory_limit=200 * MiB)

    first, too_much = [(await worker.run([compute(bytes=n * MiB)]))[0] for n in (100, 300)]
    (after,) = await worker.run([compute(bytes=100 * MiB)])

    assert isinstance(too_much, OutOfMemory), too_much
    limit = too_much.details["limit_bytes"]
    assert limit >= 200 * MiB
    assert f"Its ceiling is {limit / MiB:.0f} MiB, of which " in too_much.message
    assert isinstance(first, WorkerAnswer) and isinstance(after, WorkerAnswer)


async def test_past_its_ceiling_a_load_fails_with_the_numbers(templates, place):
    worker = await templates.spawn(place("TakesWhileLoading", memory_limit=100 * MiB, options={"bytes": 200 * MiB}))

    with pytest.raises(OutOfMemory, match=r"Loading TakesWhileLoading ran out of memory.*Its ceiling is \d+ MiB"):
        await worker.load()


@pytest.mark.parametrize("how", [{}, {"memory_limit": 100 * MiB, "device": "cuda:0"}])
async def test_without_a_limit_and_on_a_gpu_there_is_no_ceiling(spawn, compute, how):
    worker = await spawn("takes", **how)

    (answer,) = await worker.run([compute(bytes=300 * MiB)])

    assert isinstance(answer, WorkerAnswer), answer


async def test_a_ceiling_does_not_count_mapped_files(spawn, compute, tmp_path):
    """Weights that are mapped to be read, as safetensors and onnxruntime do, are no private memory."""
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(400 * MiB)
    worker = await spawn("maps", memory_limit=100 * MiB)

    (answer,) = await worker.run([compute(path=str(path))])

    assert isinstance(answer, WorkerAnswer), answer


# --- why it is gone --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["aborts_for_want_of_memory", "ends_for_want_of_memory"])
async def test_a_process_that_ended_for_want_of_memory_is_told_as_such(spawn, compute, model):
    worker = await spawn(model, memory_limit=500 * MiB)

    (error,) = await worker.run([compute()])

    assert isinstance(error, WorkerCrashed)
    assert (worker.cause, error.details["cause"]) == ("oom", "oom")
    assert "it could not allocate memory" in error.message


@pytest.mark.parametrize(
    ("counts", "cause", "says"),
    [
        ([0, 1], "oom", "the kernel had no memory left for it"),
        ([3, 3], "signal", "nobody here sent it, nor was memory short"),
        ([None, None], "signal", "perhaps the kernel ran out of memory"),
    ],
)
async def test_a_kill_by_the_kernel_is_told_from_others_by_its_counter(place, counts, cause, says):
    from zoo import RUNTIMES

    numbers = iter(counts)
    templates = Templates(RUNTIMES, ooms=OomKills(lambda: next(numbers)))
    try:
        worker = await templates.spawn(place("echo"))
        await worker.load()
        os.kill(worker.pid, signal.SIGKILL)
        sentence = await worker.exited
    finally:
        await templates.close()

    assert worker.cause == cause
    assert says in sentence


async def test_a_kill_while_loading_for_want_of_memory_is_out_of_memory(place):
    from zoo import RUNTIMES

    numbers = iter([0, 1])
    templates = Templates(RUNTIMES, ooms=OomKills(lambda: next(numbers)))
    try:
        worker = await templates.spawn(place("DiesLoading"))
        with pytest.raises(OutOfMemory, match="the kernel had no memory left for it"):
            await worker.load()
    finally:
        await templates.close()


async def test_the_cause_is_known_when_the_end_is(spawn, compute):
    """A crash, an end of its own, a death of the template, a request."""
    crashed, ended, asked = [await spawn(name) for name in ("aborts", "exits", "echo")]
    orphaned = await spawn("echo", runtime="unsafe")

    await crashed.run([compute()])
    (left,) = await ended.run([compute()])
    await asked.end()
    os.kill(parent(orphaned.pid), signal.SIGKILL)
    await orphaned.exited

    causes = [worker.cause for worker in (crashed, ended, asked, orphaned)]
    assert causes == ["signal", "exit", "", "template"]
    assert left.details["cause"] == "exit"


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff" * 64,
        b"\0" * 64,
        bytes.fromhex("0000000600000000") + b"\0\0" + b"[1, 2]",
        b"\0\0\0\x02\xff\xff\xff\xff\0\0",
    ],
    ids=["a huge header", "no header", "no message", "a huge body"],
)
async def test_a_worker_that_talks_rubbish_is_ended_and_harms_nobody(spawn, compute, rubbish, caplog):
    other = await spawn("echo")
    worker = await spawn("talks_rubbish")

    (error,) = await worker.run([compute(bytes=rubbish.hex())])

    assert isinstance(error, WorkerCrashed)
    assert "was ended by the server: it spoke nonsense on its socket" in error.message
    assert worker.cause == "limit"
    (answer,) = await other.run([compute("still here")])
    assert answer.output.value == "still here"
    assert "broke the protocol" in caplog.text


async def longest_stretch_of_work(seconds: float) -> float:
    """Of the loop's thread at a time, in seconds of a core: what others on the machine take counts for nothing."""
    longest, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        before = time.thread_time()
        await asyncio.sleep(0.001)
        longest = max(longest, time.thread_time() - before)
    return longest


async def test_a_worker_that_floods_its_log_leaves_the_server_to_the_others(spawn, compute, tmp_path):
    other, worker = await spawn("echo"), await spawn("floods")
    call = compute(began=str(tmp_path / "began"))
    flood = asyncio.create_task(worker.run([call]))
    while not (tmp_path / "began").exists():
        await asyncio.sleep(0.002)
    used = os.times()

    answers = [(await other.run([compute(number)]))[0].output.value for number in range(100)]
    longest = await longest_stretch_of_work(1.0)
    now = os.times()
    worker.cancel(call.id)
    await flood

    assert answers == list(range(100))
    assert longest < 0.1
    assert now.user + now.system - used.user - used.system < 0.5  # of more than a second
    assert sum(map(len, worker.logs)) <= 400 * 2000


# --- the decision ----------------------------------------------------------------------------------------


def never() -> bool:
    raise AssertionError("asked for a death that was no SIGKILL")


@pytest.mark.parametrize(
    ("code", "lines", "cause"),
    [
        (1, ["Traceback", "MemoryError"], "oom"),
        (1, ["numpy._core._exceptions._ArrayMemoryError: Unable to allocate 1 GiB"], "oom"),
        (
            -6,
            ["terminate called after throwing an instance of 'std::bad_alloc'", "  what():  std::bad_alloc", ""],
            "oom",
        ),
        (-6, ["terminate called after throwing an instance of 'std::runtime_error'"], "signal"),
        (1, ["MemoryError", "was caught", "and then", "something else went wrong"], "exit"),
        (0, ["MemoryError"], "exit"),
        (-15, ["MemoryError"], "signal"),
    ],
)
def test_last_words_count_only_where_they_explain_the_death(code, lines, cause):
    assert with_last_words(death(code, never), code, lines).cause == cause


def test_one_kill_of_the_kernel_explains_one_death():
    kills = [0]
    ooms = OomKills(lambda: kills[0])
    before = ooms.read()

    kills[0] = 1
    assert [ooms.took_one(before), ooms.took_one(before)] == [True, False]
    kills[0] = 3
    assert [ooms.took_one(before) for _ in range(3)] == [True, True, False]
    assert ooms.took_one(ooms.read()) is False


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"sys/fs/cgroup/memory.events": "low 0\noom 2\noom_kill 2\n"}, 2),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.events": "oom_kill 5\n"}, 5),
        ({"proc/self/cgroup": "4:memory:/a\n", "sys/fs/cgroup/memory/a/memory.oom_control": "oom_kill 7\n"}, 7),
        ({"proc/vmstat": "pgfault 9\noom_kill 3\n"}, 3),
        ({}, None),
    ],
    ids=["v2", "v2 in a group", "v1", "no groups", "nothing"],
)
def test_the_kernels_count_is_read_from_whatever_keeps_it(tmp_path, files, count):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert oom_kills(tmp_path) == count


# --- templates -------------------------------------------------------------------------------------------


@at_most(180)
async def test_a_template_whose_imports_hang_is_ended_and_said_so(place, monkeypatch):
    from zoo import RUNTIMES

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    templates = Templates(RUNTIMES)
    try:
        assert "Its log: looking for a dev" in await told_of_the_slow(templates, place)
        templates.ready_s = READY_S  # the other one imports what it says, which takes its time on a busy machine
        worker = await templates.spawn(place("echo"))
        await worker.load()
    finally:
        await templates.close()


async def told_of_the_slow(templates, place) -> str:
    """Its limit is longer from try to try until the process has come to its first word, as it does on any machine."""
    for ready_s in (1.0, 3.0, 9.0, 27.0):
        templates.ready_s = ready_s
        with pytest.raises(LoadFailed, match=f"runtime slow were not imported within {ready_s:g} s") as raised:
            await templates.spawn(place("echo", runtime="slow"))
        if "Its log" in raised.value.message:
            break
    return raised.value.message


async def test_closing_does_not_wait_for_a_template_whose_imports_hang(place, monkeypatch):
    from zoo import RUNTIMES

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    others = set(system.children_of_this_process())
    templates = Templates(RUNTIMES)
    spawning = asyncio.create_task(templates.spawn(place("echo", runtime="slow")))
    while not set(system.children_of_this_process()) - others:
        await asyncio.sleep(0.002)
    began = time.monotonic()

    await templates.close()

    assert time.monotonic() - began < 5.0
    assert set(system.children_of_this_process()) - others == set()
    with pytest.raises(WorkerCrashed, match="closed: the server is going down"):
        await spawning
