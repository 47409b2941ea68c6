"""What a worker is not given: the server's secrets, rights, other people's files; and that its own go with it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from rung.runtime.testing.processes import parent
from rung.runtime.workers import forking
from rung.runtime.workers.limits import scrubbed
from rung.runtime.workers.template import Templates

PLANTED = {
    "RUNG_CALLBACK_SECRET": "planted-1",
    "RUNG_DATABASE": "planted-2",
    "OPENAI_API_KEY": "planted-3",
    "HF_TOKEN": "planted-4",
    "MY_SECRET": "planted-5",
    "PGPASSWORD": "planted-6",
    "AWS_SECRET_ACCESS_KEY": "planted-7",
    "AWS_ACCESS_KEY_ID": "planted-8",
    "GOOGLE_APPLICATION_CREDENTIALS": "planted-9",
    "SENTRY_DSN": "planted-10",
    "HTTPS_PROXY": "http://user:planted-11@proxy:8080",
    "smtp_password": "planted-12",
}
ORDINARY = {
    "TOKENIZERS_PARALLELISM": "false",
    "KEYBOARD": "qwerty",
    "NO_PROXY": "localhost",
    "HTTP_PROXY": "http://proxy:8080",
    "LD_LIBRARY_PATH": "/opt/lib",
    "MAIL": "me@example.org",
}


@pytest.fixture
async def folder(tmp_path, monkeypatch):
    """Where temporary folders are made during this test."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


async def about(worker, compute):
    (answer,) = await worker.run([compute()])
    return answer.output.value


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text()


@pytest.mark.parametrize("runtime", ["numpy", "unsafe"])
async def test_the_servers_secrets_reach_no_template_and_no_worker(monkeypatch, spawn, compute, runtime):
    for name, value in {**PLANTED, **ORDINARY}.items():
        monkeypatch.setenv(name, value)
    worker = await spawn("tells_about_itself", runtime=runtime)

    env = (await about(worker, compute))["env"]

    template = parent(worker.pid)
    assert "planted" not in "\n".join(env.values())
    assert "planted" not in environment_of(worker.pid) + environment_of(template)
    assert env.items() >= ORDINARY.items()


async def test_a_secret_reaches_the_one_worker_for_which_it_is_configured(monkeypatch, spawn, compute):
    monkeypatch.setenv("OPENAI_API_KEY", "planted")
    given = await spawn("tells_about_itself", env={"OPENAI_API_KEY": "of this model"})
    other = await spawn("tells_about_itself")

    assert (await about(given, compute))["env"]["OPENAI_API_KEY"] == "of this model"
    assert "OPENAI_API_KEY" not in (await about(other, compute))["env"]


def test_what_is_a_secret_is_decided_by_name_and_by_value():
    assert scrubbed({**PLANTED, **ORDINARY}) == ORDINARY


@pytest.mark.parametrize("runtime", ["numpy", "unsafe"])
async def test_a_worker_gains_no_rights_dumps_no_core_and_is_taken_before_the_server(spawn, compute, runtime):
    found = await about(await spawn("tells_about_itself", runtime=runtime), compute)

    ours = int(Path("/proc/self/oom_score_adj").read_text())
    assert found["no_new_privs"] == "1"
    assert found["umask"] == 0o077
    assert found["core"] == (0, 0)
    assert found["oom"] == min(ours + 500, 1000)


@pytest.mark.parametrize("runtime", ["numpy", "unsafe"])
@pytest.mark.parametrize("how", ["end", "kill"])
async def test_a_workers_temporary_folder_is_its_own_and_goes_with_it(folder, spawn, compute, runtime, how):
    one, two = [await spawn("tells_about_itself", runtime=runtime) for _ in range(2)]
    here, there = [(await about(worker, compute)) for worker in (one, two)]
    assert here["folder"] != there["folder"] and here["mode"] == 0o700
    assert Path(here["folder"], "left").is_file() and folder in Path(here["folder"]).parents

    if how == "kill":
        os.kill(one.pid, signal.SIGKILL)
    await one.end()

    assert not Path(here["folder"]).exists()
    assert Path(there["folder"], "left").is_file()


async def test_nothing_stays_in_the_temporary_folder_when_a_template_is_killed(folder, place, compute):
    from zoo import RUNTIMES

    templates = Templates(RUNTIMES)
    worker = await templates.spawn(place("tells_about_itself"))
    await worker.load()
    await about(worker, compute)
    assert list(folder.iterdir())

    os.kill(parent(worker.pid), signal.SIGKILL)
    await worker.exited
    await templates.close()

    assert list(folder.iterdir()) == []


def test_without_a_place_for_temporary_files_there_is_no_folder(monkeypatch):
    def nowhere(**how):
        raise FileNotFoundError("No usable temporary directory")

    monkeypatch.setattr(tempfile, "mkdtemp", nowhere)

    assert forking._temporary_folder() == ""
    assert forking.Template(None, None, None)._own_folder(1) == ""


async def test_a_worker_whose_own_folder_cannot_be_made_does_without(spawn, compute, folder):
    await spawn("echo")
    (of_template,) = folder.iterdir()
    shutil.rmtree(of_template)
    of_template.write_text("in the way")
    worker = await spawn("echo")

    (answer,) = await worker.run([compute("x")])

    assert answer.output.value == "x"


async def test_the_folder_of_the_users_choice_wins(spawn, compute, tmp_path):
    worker = await spawn("tells_about_itself", env={"TMPDIR": str(tmp_path)})

    found = await asyncio.wait_for(about(worker, compute), 10)

    assert found["folder"] == str(tmp_path)
