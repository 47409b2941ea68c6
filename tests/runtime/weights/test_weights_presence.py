import hashlib
import os

import pytest

from rung.runtime.errors import ConfigError, WeightsCorrupt
from rung.runtime.settings import Settings, VariantSettings
from rung.runtime.spec import Footprint, Placeable, Source, Variant
from rung.runtime.weights import landing, presence
from rung.runtime.weights.store import open_store

DATA = b"weights" * 1000


@pytest.fixture
def pulled(store, weight, tmp_path):
    (tmp_path / "own.bin").write_bytes(DATA)
    wanted = weight(DATA, sources=(Source(kind="file", ref=str(tmp_path / "own.bin")),))
    store.pull([wanted])
    return wanted


@pytest.fixture
def hashed(monkeypatch):
    """Every file that is read in full to be hashed, in order."""
    seen = []

    def counting(path, *rest):
        seen.append(path)
        return landing.sha256_of(path, *rest)

    monkeypatch.setattr(presence, "sha256_of", counting)
    return seen


def variant(name, *weights):
    place = Placeable(device="cpu", precision="fp32", footprint=Footprint(resident=1))
    return Variant(
        name=name, task="segment", title=name, loader="m:C", runtime="r", kind="real", places=(place,), weights=weights
    )


def test_a_stamped_file_is_not_read_again(store, pulled, hashed):
    assert store.present(pulled) is not None and hashed == []


def test_a_file_whose_stamp_does_not_match_is_read_once_and_stamped_anew(store, pulled, hashed):
    path = store.layout.file(pulled.name)
    os.utime(path, ns=(1, 1))
    assert store.present(pulled) == path and store.present(pulled) == path
    assert hashed == [path]


def test_a_file_brought_by_hand_is_taken_when_its_hash_is_right(store, weight):
    wanted = weight(DATA)
    path = store.layout.file(wanted.name)
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    assert store.present(wanted) == path


def test_verify_finds_changed_bytes_although_size_and_time_are_those_of_the_stamp(store, pulled):
    path = store.layout.file(pulled.name)
    stamp = path.stat().st_mtime_ns
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(stamp, stamp))
    with pytest.raises(WeightsCorrupt) as caught:
        store.verify(pulled)
    assert pulled.sha256 in caught.value.message and caught.value.details["found"] in caught.value.message


def test_changed_bytes_of_the_same_size_are_not_given_to_a_model(store, pulled):
    store.layout.file(pulled.name).write_bytes(DATA[::-1])
    assert store.present(pulled) is None


def test_a_file_that_was_written_to_and_given_its_old_times_back_is_not_given_to_a_model(store, pulled):
    path = store.layout.file(pulled.name)
    before = path.stat()
    path.write_bytes(DATA[:-1] + b"?")
    while path.stat().st_ctime_ns == before.st_ctime_ns or path.stat().st_mtime_ns != before.st_mtime_ns:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert store.present(pulled) is None


def test_paths_for_planning_hold_only_what_is_here_and_whole(store, pulled, weight):
    missing = weight(b"other", name="net/other.onnx")
    facts = store.paths([variant("a", pulled, missing), variant("b", pulled)])
    assert facts == {pulled.name: str(store.layout.file(pulled.name))}


def test_a_damaged_manifest_only_costs_a_hash(store, pulled, hashed):
    store.layout.manifest(pulled.name).write_text("{broken")
    assert store.present(pulled) is not None and len(hashed) == 1


def settings(tmp_path, **weights):
    own = {"sam": VariantSettings(weights=weights)}
    return Settings(data_dir="", cache_dir=str(tmp_path), variants=own, source="rung.toml")


def test_an_own_file_is_verified_only_if_its_bytes_are_the_catalogues(tmp_path, weight):
    same = tmp_path / "same.bin"
    same.write_bytes(DATA)
    sam = variant("sam", weight(DATA, name="sam/encoder.onnx"))
    other = variant("other", weight(DATA, name="other/encoder.onnx"))
    store = open_store(settings(tmp_path, **{"encoder.onnx": str(same)}), [sam, other])
    found = store.find(sam.weights[0])
    assert (found.state, found.verified, found.path) == ("local", True, same)
    assert store.find(other.weights[0]).state == "missing"


def test_an_own_file_for_a_weight_that_does_not_exist_is_an_error_with_the_names(tmp_path, weight):
    sam = variant("sam", weight(DATA, name="sam/encoder.onnx"), weight(DATA, name="sam/decoder.onnx"))
    for ending in ("no.bin", "coder.onnx"):
        with pytest.raises(ConfigError, match=r"rung\.toml.*sam/encoder\.onnx"):
            open_store(settings(tmp_path, **{ending: "/x"}), [sam])


# --- files that come with our own package ------------------------------------------------------------------


def packaged(weight, tmp_path, data=DATA):
    """A weight whose file lies in the package, with `data` in it."""
    file = tmp_path / "package" / "model.onnx"
    file.parent.mkdir()
    file.write_bytes(data)
    return weight(DATA, sources=(Source(kind="package", ref=str(file)),)), file


def test_a_file_of_the_package_is_used_where_it_lies_and_nothing_is_written(store, weight, tmp_path):
    wanted, file = packaged(weight, tmp_path)

    assert [store.present(wanted), store.present(wanted)] == [file, file]
    assert store.pull([wanted]) == {wanted.name: file}
    assert list(tmp_path.iterdir()) == [file.parent] and list(file.parent.iterdir()) == [file]


def test_after_an_upgrade_the_older_file_in_the_cache_is_passed_over_and_left_alone(store, weight, tmp_path):
    older = store.layout.file("net/model.onnx")
    older.parent.mkdir(parents=True)
    older.write_bytes(b"of the version before")
    wanted, file = packaged(weight, tmp_path)

    assert store.present(wanted) == file and store.pull([wanted]) == {wanted.name: file}
    assert store.verify(wanted).verified and older.read_bytes() == b"of the version before"


@pytest.mark.parametrize("data", [DATA[::-1], DATA[:-1]])
def test_a_damaged_file_of_the_package_is_given_to_no_model_and_pulling_it_says_both_hashes(
    store, weight, tmp_path, data
):
    wanted, _ = packaged(weight, tmp_path, data)

    assert store.present(wanted) is None
    with pytest.raises(WeightsCorrupt, match=f"this package.*{wanted.sha256}") as caught:
        store.pull([wanted])
    assert hashlib.sha256(data).hexdigest() in caught.value.message


def test_the_user_s_own_file_is_taken_before_the_package_s(weight, tmp_path):
    wanted, _ = packaged(weight, tmp_path)
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(b"mine")
    chosen = {"v": VariantSettings(weights={wanted.name: str(mine)})}
    settings = Settings(data_dir="", cache_dir=str(tmp_path / "cache"), variants=chosen)

    assert open_store(settings, [variant("v", wanted)]).present(wanted) == mine
