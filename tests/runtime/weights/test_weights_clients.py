import os
import select
import sys

import pytest

from rung.runtime.errors import WeightsError
from rung.runtime.weights import clients


def python(code):
    return [sys.executable, "-c", code]


def run(folder, argv, stall_s=20.0, tick=lambda done: None, **env):
    return clients.run(argv, folder=folder, env=env, stall_s=stall_s, tick=tick)


@pytest.mark.parametrize(
    "text",
    [
        "GET https://user:hunter2@mirror.example/simple/",
        "GET https://user:p@hunter2@mirror.example/simple/",
        "https://mirror.example/x.whl?X-Amz-Signature=hunter2",
        "//mirror.example/:_authToken=hunter2",
        "Authorization: Bearer hunter2",
        "password: hunter2",
        "using hf_hunter2hunter2",
    ],
)
def test_credentials_never_reach_a_reason(text, tmp_path):
    assert "hunter2" not in clients.clean(text)
    with pytest.raises(WeightsError) as caught:
        run(tmp_path, python(f"import sys; sys.exit({text!r})"))
    assert "hunter2" not in caught.value.message


def test_the_growth_of_the_largest_file_is_the_progress(tmp_path):
    seen = []

    def stop_when_seen(done):
        seen.append(done)
        if done >= 5000:
            raise KeyboardInterrupt

    hold = "import time\nf = open('part', 'wb'); f.write(bytes(5000)); f.flush()\nwhile True: time.sleep(1)"
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, python(hold), tick=stop_when_seen)
    assert seen[-1] == 5000


def test_a_client_that_is_given_up_is_ended_with_its_children(tmp_path):
    watched = []

    def give_up(_done):
        if (tmp_path / "ready").exists():
            watched.extend(os.pidfd_open(int((tmp_path / name).read_text())) for name in ("pid", "child"))
            raise KeyboardInterrupt

    hang = "echo $$ > pid; sleep 600 & echo $! > child; echo now > ready; wait"
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, ["sh", "-c", hang], tick=give_up)
    for ended in watched:
        assert select.select([ended], [], [], 10.0)[0] == [ended]
        os.close(ended)
    assert len(watched) == 2


def test_a_silent_client_is_given_up(tmp_path):
    with pytest.raises(WeightsError, match="nothing arrived for 1 s"):
        run(tmp_path, ["sleep", "600"], stall_s=1.0)


def test_what_is_added_to_the_environment_joins_what_is_inherited(tmp_path, monkeypatch):
    monkeypatch.setenv("MINE", "kept")
    out = run(tmp_path, ["sh", "-c", "echo $MINE $ADDED"], ADDED="too")
    assert out.strip() == "kept too" and "ADDED" not in os.environ
