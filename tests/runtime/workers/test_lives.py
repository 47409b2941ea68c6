"""How workers start, are limited, cancelled, and end; and that nothing of them stays."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rung.runtime.errors import (
    Cancelled,
    ConfigError,
    DeadlineExceeded,
    LoadFailed,
    OutOfMemory,
    WeightsMissing,
    WorkerCrashed,
)
from rung.runtime.testing.processes import alive, parent
from rung.runtime.workers import system
from rung.runtime.workers.process import WorkerAnswer
from rung.runtime.workers.template import Templates, afresh

HERE = Path(__file__).parent
NAMES = ["CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ORT_DISABLE_TELEMETRY"]


async def until(condition, within: float = 2.0) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.002)


# --- limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "threads", "mask", "device", "start"),
    [
        ({"runtime": "pictures"}, 3, "", "cpu", "forked"),
        ({"runtime": "unsafe"}, 1, "", "cpu", "started afresh"),
        ({"runtime": "pictures", "device": "cuda:3"}, 3, "3", "cuda:0", "started afresh"),
    ],
)
async def test_threads_and_the_gpu_mask_are_in_force_before_the_model_loads(
    spawn, compute, how, threads, mask, device, start
):
    worker = await spawn("Reports", threads=threads, options={"names": NAMES}, **how)

    (answer,) = await worker.run([compute()])

    found = answer.output.value
    assert worker.started.startswith(start)
    assert found["env"] == dict(zip(NAMES, [mask, *[str(threads)] * 3, "1"], strict=True))
    assert (set(found["blas"]), found["threads"], found["device"]) == ({threads}, threads, device)
    if how["runtime"] == "pictures":
        assert found["cv2"] == threads


async def test_the_users_environment_is_there_before_any_library(spawn, compute):
    mine = {"MINE": "x", "OMP_NUM_THREADS": "3"}
    worker = await spawn("Reports", options={"names": list(mine)}, env=mine)

    (answer,) = await worker.run([compute()])

    assert "MINE" in worker.started
    assert answer.output.value["env"] == mine


@pytest.mark.torch
async def test_torch_keeps_to_its_threads_after_a_fork(place, compute):
    from rung.models.catalog.runtimes import RUNTIMES

    templates = Templates(RUNTIMES)
    try:
        worker = await templates.spawn(place("Reports", runtime="torch", threads=3, options={"names": []}))
        await worker.load()
        (answer,) = await worker.run([compute()])
    finally:
        await templates.close()

    assert worker.started.startswith("forked")
    assert (answer.output.value["torch"], answer.output.value["cv2"]) == (3, 3)


async def test_a_template_with_onnxruntime_has_one_thread_so_that_it_may_fork(place):
    from rung.models.catalog.runtimes import RUNTIMES

    templates = Templates(RUNTIMES)
    try:
        worker = await templates.spawn(place("invert", runtime="onnx"))
    finally:
        await templates.close()

    assert worker.started == "forked from the template onnx"


def test_the_reason_for_a_fresh_start_is_said(place):
    from zoo import RUNTIMES

    assert afresh(place("echo"), RUNTIMES["numpy"]) == ""
    assert "GPU mask" in afresh(place("echo", device="cuda:0"), RUNTIMES["numpy"])
    assert "/usr/bin/other" in afresh(place("echo", options={"python": "/usr/bin/other"}), RUNTIMES["numpy"])


# --- loading ------------------------------------------------------------------------------------------


async def test_a_load_reports_its_time_and_its_memory(templates, place):
    worker = await templates.spawn(place("echo"))

    report = await worker.load()

    assert 0 < report.load_s < 5
    assert 1_000_000 < report.resident_bytes < 200_000_000
    assert abs(worker.memory() - report.resident_bytes) < 50_000_000


async def test_a_model_that_cannot_load_says_why_and_shows_its_log(templates, place):
    worker = await templates.spawn(place("CannotLoad"))

    with pytest.raises(LoadFailed, match=r"Loading CannotLoad raised KeyError: 'encoder.weight'"):
        await worker.load()

    await until(lambda: "reading the weights" in worker.logs)


@pytest.mark.parametrize(("model", "says"), [("TooLarge", "1.00 EiB"), ("SaysTooLarge", "needs 12 GiB")])
async def test_a_lack_of_memory_while_loading_is_told_as_such(templates, place, model, says):
    worker = await templates.spawn(place(model))

    with pytest.raises(OutOfMemory, match=says):
        await worker.load()


async def test_a_weight_file_that_has_gone_since_the_plan_is_named_with_the_remedy(templates, place, tmp_path):
    planned = dataclasses.replace(place("invert"), weight_paths={"net.onnx": str(tmp_path / "net.onnx")})
    worker = await templates.spawn(planned)

    with pytest.raises(WeightsMissing, match=r"file net.onnx was here .* `rung weights pull invert` brings it back"):
        await worker.load()
    await worker.end()


async def test_a_worker_that_dies_while_loading_says_how(templates, place):
    worker = await templates.spawn(place("DiesLoading"))

    with pytest.raises(LoadFailed, match=r"DiesLoading .* was killed by SIGKILL; nobody here sent it"):
        await worker.load()


async def test_a_missing_library_names_the_extra(templates, place):
    for _ in range(2):  # a template that failed is tried again
        with pytest.raises(LoadFailed, match=r"no_such_library.*pip install 'rung\[lost\]'"):
            await templates.spawn(place("echo", runtime="lost"))


async def test_an_unknown_runtime_names_the_known_ones(templates, place):
    with pytest.raises(ConfigError, match="unknown runtime 'cobol'; known are: lost, numpy, pictures, slow, unsafe"):
        await templates.spawn(place("echo", runtime="cobol"))


async def test_many_spawns_at_once_share_one_template(templates, place):
    workers = await asyncio.gather(*(templates.spawn(place("echo")) for _ in range(5)))

    parents = {parent(worker.pid) for worker in workers}

    assert len(parents) == 1


# --- cancellation and deadlines -------------------------------------------------------------------------


async def test_a_cancelled_call_ends_at_its_next_check(spawn, compute, tmp_path):
    worker = await spawn("waits")
    call = compute(began=str(tmp_path / "began"))
    running = asyncio.create_task(worker.run([call]))
    await until((tmp_path / "began").exists)

    worker.cancel(call.id)
    (error,) = await running

    assert isinstance(error, Cancelled)


async def test_leaving_the_wait_cancels_the_call_and_frees_the_worker(spawn, compute, tmp_path):
    worker = await spawn("waits")
    running = asyncio.create_task(worker.run([compute(np.zeros(100_000, np.uint8), began=str(tmp_path / "began"))]))
    await until((tmp_path / "began").exists)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await until(lambda: worker.exchange.pool.busy == 0)


async def test_cancelling_one_call_of_a_batch_leaves_the_others(spawn, compute, tmp_path):
    worker = await spawn("SwallowsCancel")
    calls = [compute("a"), compute("b", began=str(tmp_path / "began")), compute("c"), compute("d")]
    running = asyncio.create_task(worker.run(calls))
    await until((tmp_path / "began").exists)

    worker.cancel(calls[1].id)
    first, second, *others = await running

    assert isinstance(second, Cancelled)
    assert first.output.value == 1
    assert [other.output.value for other in others] == [2, 2]  # as one batch again


async def test_cancelling_what_is_over_does_nothing(spawn, compute):
    worker = await spawn("echo")
    call = compute("x")
    await worker.run([call])

    worker.cancel(call.id)
    (answer,) = await worker.run([call])

    assert isinstance(answer, WorkerAnswer)


async def test_check_raises_when_the_deadline_is_past(spawn, compute, tmp_path):
    worker = await spawn("waits")
    began = time.monotonic()

    (error,) = await worker.run([compute(began=str(tmp_path / "began"), deadline=began + 0.1)])

    assert isinstance(error, DeadlineExceeded)
    assert time.monotonic() - began >= 0.1


async def test_a_call_that_is_late_already_never_reaches_the_model(spawn, compute, tmp_path):
    worker = await spawn("waits")

    (error,) = await worker.run([compute(began=str(tmp_path / "began"), deadline=time.monotonic() - 1)])

    assert isinstance(error, DeadlineExceeded)
    assert not (tmp_path / "began").exists()


# --- ends --------------------------------------------------------------------------------------------


async def test_a_crash_fails_its_call_and_says_how_it_was(spawn, compute):
    worker = await spawn("aborts")
    began = time.monotonic()

    (error,) = await worker.run([compute()])

    assert isinstance(error, WorkerCrashed)
    assert time.monotonic() - began < 5.0
    assert await worker.exited == error.message
    assert "was killed by SIGABRT" in error.message
    (after,) = await worker.run([compute()])
    assert isinstance(after, WorkerCrashed)


async def test_a_death_is_noticed_without_being_looked_for(spawn):
    worker = await spawn("echo")
    os.kill(worker.pid, signal.SIGKILL)
    began = time.monotonic()

    sentence = await worker.exited

    assert time.monotonic() - began < 2.0
    assert f"(pid {worker.pid}) was killed by SIGKILL" in sentence


async def test_a_worker_that_hangs_is_ended_after_the_grace(spawn, compute, tmp_path):
    worker = await spawn("hangs")
    running = asyncio.create_task(worker.run([compute(began=str(tmp_path / "began"))]))
    await until((tmp_path / "began").exists)
    began = time.monotonic()

    await worker.end(grace_s=0.2)
    (error,) = await running

    assert 0.2 <= time.monotonic() - began < 5.0
    assert isinstance(error, WorkerCrashed)
    assert not alive(worker.pid)


async def test_ending_is_quick_and_may_be_asked_twice(spawn):
    worker = await spawn("echo")

    async with asyncio.timeout(30):  # and not for the grace
        await asyncio.gather(worker.end(grace_s=600), worker.end(grace_s=600))
        await worker.end(grace_s=600)

    assert "ended on request" in await worker.exited
    assert worker.memory() is None


async def test_ending_a_worker_ends_what_it_started_even_outside_its_group(spawn, compute):
    worker = await spawn("Parent")
    (answer,) = await worker.run([compute()])
    assert all(alive(pid) for pid in answer.output.value)

    await worker.end()

    assert [alive(pid) for pid in answer.output.value] == [False, False]


async def test_a_killed_workers_children_die_with_it(spawn, compute):
    worker = await spawn("Parent")
    (answer,) = await worker.run([compute()])

    os.kill(worker.pid, signal.SIGKILL)

    await until(lambda: not any(alive(pid) for pid in answer.output.value))


async def test_a_template_that_is_killed_takes_its_workers_along_and_is_started_again(spawn, templates, place):
    worker = await spawn("echo")

    os.kill(parent(worker.pid), signal.SIGKILL)

    assert await worker.exited
    await until(lambda: not alive(worker.pid))
    again = await templates.spawn(place("echo"))
    await again.load()


async def test_grandchildren_cannot_hold_the_connection(spawn, compute):
    worker = await spawn("Descriptors")

    (answer,) = await worker.run([compute()])

    by_exec, by_fork = answer.output.value
    assert "socket:" not in by_exec
    assert "socket:" not in by_fork


SERVER = """
import asyncio, sys
from zoo import RUNTIMES

from rung.runtime.spec import Footprint, Placement, Variant
from rung.runtime.tasks import ComputeInput
from rung.runtime.testing.processes import parent
from rung.runtime.workers.process import WorkerCall
from rung.runtime.workers.template import Templates

def place(runtime):
    variant = Variant(name="Parent", task="compute", title="", loader="zoo:Parent", runtime=runtime, kind="real",
                      places=())
    return Placement(variant=variant, device="cpu", precision="none", threads=1, footprint=Footprint(resident=0),
                     env={"PYTHONPATH": sys.argv[1]})

async def main():
    templates, pids = Templates(RUNTIMES), []
    for runtime in ("numpy", "unsafe"):
        worker = await templates.spawn(place(runtime))
        await worker.load()
        call = WorkerCall(id="1", task="compute", input=ComputeInput(function="", arguments={}))
        (answer,) = await worker.run([call])
        pids += [worker.pid, parent(worker.pid), *answer.output.value]
    print(*pids, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_nothing_is_left_when_the_server_is_killed():
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(HERE), stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    pids = [int(pid) for pid in (await server.stdout.readline()).split()]
    assert len(pids) == 8
    assert all(alive(pid) for pid in pids)

    server.kill()
    await server.wait()

    await until(lambda: not any(alive(pid) for pid in pids), within=2.0)


async def test_nothing_is_left_in_the_server_after_many_lives(templates, place, spawn, compute):
    async def life() -> None:
        worker = await spawn("echo")
        (answer,) = await worker.run([compute(np.zeros(500_000, np.uint8))])
        assert answer.output.value.size == 500_000
        await worker.end()

    def held() -> tuple[int, int]:
        gc.collect()
        segments = sum("memfd" in line for line in Path("/proc/self/maps").read_text().splitlines())
        return len(os.listdir("/proc/self/fd")), segments

    await life()
    before = held()
    for _ in range(20):
        await life()

    assert held() == before


async def test_closing_ends_templates_and_workers(place):
    from zoo import RUNTIMES

    others = set(system.children_of_this_process())  # servers that other tests share
    templates = Templates(RUNTIMES)
    workers = [await templates.spawn(place("echo", runtime=name)) for name in ("numpy", "numpy", "unsafe")]
    started = set(system.children_of_this_process()) - others

    await templates.close()

    assert len(started) >= 2
    assert not any(alive(pid) for pid in [*started, *(worker.pid for worker in workers)])
    with pytest.raises(WorkerCrashed, match="closed"):
        await templates.spawn(place("echo"))
