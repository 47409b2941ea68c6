"""No loader sees a weight file that is not what the catalogue names, and a file that is still the same is not read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path

import pytest

from rung.runtime.errors import WeightsCorrupt, WeightsMissing
from rung.runtime.spec import Licence, Source, Weights
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.store import WeightStore
from rung.runtime.workers import genuine

DATA = b"weights" * 1000
SHA = hashlib.sha256(DATA).hexdigest()
NAME = "net/model.onnx"
WANTED = Weights(name=NAME, size=len(DATA), sha256=SHA, licence=Licence(name="MIT", commercial=True))


@pytest.fixture
def store(tmp_path):
    """The store with the file in it, as a pull leaves it."""
    (tmp_path / "own.bin").write_bytes(DATA)
    made = WeightStore(layout=Layout(tmp_path / "cache" / "weights"))
    made.pull([dataclasses.replace(WANTED, sources=(Source(kind="file", ref=str(tmp_path / "own.bin")),))])
    return made


@pytest.fixture
def path(store) -> Path:
    return store.layout.file(NAME)


@pytest.fixture
def hashed(monkeypatch):
    """The files that are read in full."""
    seen, read = [], genuine._hash
    monkeypatch.setattr(genuine, "_hash", lambda path: seen.append(path) or read(path))
    return seen


def flip(path: Path, at: int = 5) -> None:
    """One bit, with the times put back as they were."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))
    while path.stat().st_ctime_ns == before.st_ctime_ns or path.stat().st_mtime_ns != before.st_mtime_ns:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # older kernels' clock ticks every 4 ms
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def placed(place, path: Path, sha256: str = SHA):
    return dataclasses.replace(
        place("ReadsItsFile"), weight_paths={NAME: str(path)}, weight_hashes={NAME: sha256} if sha256 else {}
    )


# --- real workers ----------------------------------------------------------------------------------------


async def test_a_whole_file_is_loaded(templates, place, compute, path):
    worker = await templates.spawn(placed(place, path))

    await worker.load()

    assert (await worker.run([compute()]))[0].output.value == DATA[:4]


@pytest.mark.parametrize("harm", ["a flipped bit with its times put back", "truncated", "other bytes", "empty"])
async def test_a_harmed_file_never_reaches_its_loader(templates, place, path, harm):
    match harm:
        case "truncated":
            os.truncate(path, 100)
        case "other bytes":
            path.write_bytes(DATA[::-1])
        case "empty":
            path.write_bytes(b"")
        case _:
            flip(path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    worker = await templates.spawn(placed(place, path))

    with pytest.raises(WeightsCorrupt) as caught:
        await worker.load()

    error = caught.value
    assert f"the file {NAME} has been changed or damaged: its sha256 is {found[:12]}..., " in error.message
    assert f"the catalogue says {SHA[:12]}..." in error.message
    assert "run `rung weights pull ReadsItsFile`" in error.message
    assert str(path.parent) not in error.message
    assert (error.details["name"], error.details["found"], error.details["expected"]) == (NAME, found, SHA)
    await worker.end()
    assert worker.cause == ""


async def test_after_the_file_is_right_again_it_loads(templates, place, path, store):
    flip(path)
    for _ in range(2):  # and it is not forgotten that it was wrong
        worker = await templates.spawn(placed(place, path))
        with pytest.raises(WeightsCorrupt):
            await worker.load()
    flip(path)

    await (await templates.spawn(placed(place, path))).load()


async def test_the_users_own_file_is_loaded_as_it_is(templates, place, path):
    flip(path)
    worker = await templates.spawn(placed(place, path, sha256=""))

    await worker.load()


# --- the check -------------------------------------------------------------------------------------------


def test_what_the_store_has_verified_is_not_read_again(path, hashed):
    genuine.check(NAME, path, SHA, "sam")

    assert hashed == []


def test_what_the_worker_has_verified_the_store_does_not_read_again_and_keeps_its_origin(store, path, hashed):
    os.utime(path, ns=(1, 1))
    origin = json.loads(store.layout.manifest(NAME).read_text())["source"]

    genuine.check(NAME, path, SHA, "sam")
    genuine.check(NAME, path, SHA, "sam")

    from rung.runtime.weights import manifest

    kept = manifest.read(store.layout.manifest(NAME))
    assert hashed == [path]
    assert kept is not None and kept.matches(path)
    assert (kept.source, kept.name) == (origin, NAME) and origin


def test_a_stamp_of_an_older_rung_is_no_stamp(store, path, hashed):
    stamp = store.layout.manifest(NAME)
    older = json.loads(stamp.read_text())
    del older["ctime_ns"], older["inode"]
    stamp.write_text(json.dumps(older))

    genuine.check(NAME, path, SHA, "sam")

    assert hashed == [path]


@pytest.mark.parametrize("text", ["", "{broken", "[]", "7", "null", '{"sha256": 5}'])
def test_a_damaged_stamp_only_costs_a_hash(store, path, hashed, text):
    store.layout.manifest(NAME).write_text(text)

    genuine.check(NAME, path, SHA, "sam")
    genuine.check(NAME, path, SHA, "sam")

    assert hashed == [path]


def test_a_stamp_that_cannot_be_kept_costs_a_hash_each_time(path, hashed, monkeypatch):
    def refused(self, *rest):
        raise PermissionError("read-only")

    os.utime(path, ns=(1, 1))
    monkeypatch.setattr(Path, "write_text", refused)

    genuine.check(NAME, path, SHA, "sam")
    genuine.check(NAME, path, SHA, "sam")

    assert hashed == [path, path]


def test_a_file_that_changes_while_it_is_read_is_not_stamped(store, path, monkeypatch):
    os.utime(path, ns=(1, 1))
    read = genuine._hash

    def slow(path):
        digest = read(path)
        flip(path)
        return digest

    monkeypatch.setattr(genuine, "_hash", slow)
    genuine.check(NAME, path, SHA, "sam")
    monkeypatch.setattr(genuine, "_hash", read)

    with pytest.raises(WeightsCorrupt):
        genuine.check(NAME, path, SHA, "sam")


def test_a_stamp_keeps_the_rights_of_its_file(store, path):
    path.chmod(0o644)
    os.utime(path, ns=(1, 1))
    before = os.umask(0o077)
    try:
        genuine.check(NAME, path, SHA, "sam")
    finally:
        os.umask(before)

    assert store.layout.manifest(NAME).stat().st_mode & 0o777 == 0o644


def test_a_missing_file_and_one_that_cannot_be_read_are_told_apart(tmp_path):
    with pytest.raises(WeightsMissing, match=r"file w\.onnx was here"):
        genuine.check("w.onnx", tmp_path / "w.onnx", SHA, "sam")
    with pytest.raises(WeightsCorrupt, match=r"file w\.onnx cannot be read \(Is a directory\)"):
        genuine.check("w.onnx", tmp_path, SHA, "sam")


def test_a_file_of_our_own_package_is_read_each_time_and_no_stamp_is_left_beside_it(tmp_path, hashed, monkeypatch):
    monkeypatch.setattr(genuine, "_PACKAGE", tmp_path)
    path = tmp_path / "model.onnx"
    path.write_bytes(DATA)

    genuine.check(NAME, path, SHA, "reader")
    genuine.check(NAME, path, SHA, "reader")

    assert hashed == [path, path] and list(tmp_path.iterdir()) == [path]
