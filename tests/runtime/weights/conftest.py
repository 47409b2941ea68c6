import hashlib
import io
import tarfile
import zipfile

import pytest

from rung.runtime.spec import Licence, Weights
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.store import WeightStore

MIT = Licence(name="MIT", commercial=True)


@pytest.fixture
def store(tmp_path):
    return WeightStore(layout=Layout(tmp_path / "cache" / "weights"))


@pytest.fixture
def weight():
    """Make a Weights value whose size and hash are those of `data`."""

    def make(data: bytes, name: str = "net/model.onnx", **more):
        return Weights(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest(), licence=MIT, **more)

    return make


@pytest.fixture
def tgz():
    """Write a .tgz of name -> bytes."""

    def make(path, members):
        with tarfile.open(path, "w:gz") as archive:
            for name, data in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        return path

    return make


@pytest.fixture
def zipped():
    """Write a zip of name -> bytes."""

    def make(path, members):
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return path

    return make


@pytest.fixture
def fake_npm(tmp_path, monkeypatch):
    """An `npm` on the PATH: `npm pack` copies the archive given to it, or fails; each call is a line of its log."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log = tmp_path / "npm.log"
    log.touch()

    def install(archive=None, complaint="npm error 404 Not Found"):
        act = f"cp {archive} package-1.0.0.tgz" if archive else f"echo '{complaint}' >&2; exit 1"
        script = folder / "npm"
        script.write_text(f'#!/bin/sh\necho "$@" >> {log}\n{act}\n')
        script.chmod(0o755)
        return log

    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return install
