"""What the person at the browser sees when processes die: latency, and nothing else."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from rung.runtime.testing.processes import alive, name
from rung.runtime.testing.served import Served, served

pytestmark = pytest.mark.weights

PATIENT = {"Prefer": "wait=110"}
"""On a busy machine a removal may take longer than a server waits unasked."""


@pytest.fixture
def server() -> Iterator[Served]:
    with served("--no-console") as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> bytes:
    y, x = np.mgrid[:480, :640]
    pixels = np.full((480, 640, 3), (70, 130, 70), np.uint8)
    pixels[(x - 320) ** 2 + (y - 240) ** 2 <= 90**2] = (220, 40, 40)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    return (tmp_path / "p.png").read_bytes()


def remove(server: Served, picture: bytes) -> httpx.Response:
    url = f"{server.url}/v1/editor/remove"
    return httpx.post(url, files={"image": picture}, data={"points": "[[320,240]]"}, headers=PATIENT, timeout=120)


def until(found: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.002)
    raise AssertionError("it did not happen in time")


def running(server: Served) -> str:
    """The variant that a call runs on now, or nothing."""
    rows = httpx.get(f"{server.url}/v1/models", timeout=10).json()["models"]
    return next((r["variant"] for r in rows if r["state"] and r["state"]["running"] and r["task"] != "compute"), "")


def workers(server: Served) -> dict[str, int]:
    """Name -> process id of every process below the server."""
    return {name(pid): pid for pid in server.processes()[1:]}


def test_a_worker_killed_under_a_removal_costs_time_and_nothing_else(server: Served, picture: bytes) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(remove, server, picture)
        until(lambda: running(server) == "mobile-sam")
        victim = until(lambda: next((p for name, p in workers(server).items() if "mobile-sam" in name), None))
        os.kill(victim, signal.SIGKILL)
        got = answer.result()

    assert got.status_code == 200, got.text
    assert {p["task"]: p["attempts"] for p in got.json()["provenance"]}["segment"] == 2


def shared_memory() -> set[str]:
    """Folders are temporary files of somebody whose TMPDIR is there."""
    return {entry.name for entry in os.scandir("/dev/shm") if not entry.is_dir()}


@pytest.mark.alone  # browsers of other tests have shared memory too
def test_a_server_killed_with_9_leaves_no_process_and_no_shared_memory(server: Served, picture: bytes) -> None:
    before = shared_memory()
    assert remove(server, picture).status_code == 200
    below = server.processes()
    assert len(below) > 3

    os.kill(server.pid, signal.SIGKILL)

    until(lambda: not any(alive(pid) for pid in below), seconds=20)
    until(lambda: shared_memory() <= before)


def test_sigterm_ends_the_server_and_all_its_processes(server: Served, picture: bytes) -> None:
    assert remove(server, picture).status_code == 200
    below = server.processes()

    os.kill(server.pid, signal.SIGTERM)

    until(lambda: not any(alive(pid) for pid in below), seconds=20)


def test_a_mocked_fill_beside_real_models_is_marked_in_every_place(tmp_path: Path, picture: bytes) -> None:
    config = tmp_path / "rung.toml"
    config.write_text('[task.fill]\nmode = "mock"\n')
    with served("--no-console", "--config", str(config)) as server:
        tasks = {t["task"]: t for t in httpx.get(f"{server.url}/v1/tasks", timeout=10).json()["tasks"]}
        body = {"points": "[[320,240]]", "prompt": "a vase"}
        fill = f"{server.url}/v1/editor/fill"
        answer = httpx.post(fill, files={"image": picture}, data=body, headers=PATIENT, timeout=120).json()
        refusal = {"options": '{"quality_floor": "real"}'}
        refused = httpx.post(fill, files={"image": picture}, data=body | refusal, timeout=120)

    assert tasks["fill"]["rungs"][0]["forced"] and not tasks["segment"]["rungs"][0]["forced"]
    kinds = {p["task"]: p["kind"] for p in answer["provenance"]}
    assert (kinds["fill"], kinds["segment"]) == ("mock", "real")
    assert any("mock" in w for w in answer["warnings"])
    assert refused.status_code == 503


def test_a_model_that_cannot_be_loaded_is_stepped_down_from_and_the_answer_says_so(
    tmp_path: Path, picture: bytes
) -> None:
    broken = tmp_path / "secret-folder" / "broken.onnx"
    broken.parent.mkdir()
    broken.write_bytes(b"this is no model")
    config = tmp_path / "rung.toml"
    config.write_text(f'[variant.migan]\nweights = "{broken}"\n')
    with served("--no-console", "--config", str(config)) as server:
        answer = remove(server, picture)
        load = httpx.post(f"{server.url}/v1/models/migan/load", timeout=60)

    inpaint = next(p for p in answer.json()["provenance"] if p["task"] == "inpaint")
    assert (answer.status_code, inpaint["variant"], inpaint["kind"]) == (200, "telea", "substitute")
    assert any("step down" in w and "migan" in w for w in answer.json()["warnings"])
    assert load.status_code == 500
    for text in (answer.text, load.text, str(answer.headers)):
        assert "secret-folder" not in text


def test_a_taken_port_is_a_sentence(server: Served) -> None:
    port = server.url.rpartition(":")[2]

    refusal = pytest.raises(RuntimeError, match=r"cannot be listened on .* choose another with --port")
    with refusal, served("--port", port):
        pass
