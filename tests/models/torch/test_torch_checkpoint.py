"""Checkpoints of one file and of many, beside the format's own library."""

import json
import os
import threading
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from safetensors.torch import load_file, save_file  # noqa: E402

from rung.models.torch import lane  # noqa: E402
from rung.models.torch.checkpoint import open_checkpoint  # noqa: E402
from rung.models.torch.lane import DTYPES, Lane  # noqa: E402
from rung.runtime.errors import WeightsError, WeightsMissing  # noqa: E402

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")


def every_dtype():
    torch.manual_seed(1)
    made = {name: (torch.randn(3, 5) * 9).abs().to(dtype) for name, dtype in DTYPES.items()}
    return {**made, "scalar": torch.tensor(2.5), "none": torch.empty(0, 4), "long": torch.randn(1000)}


def sharded(folder: Path) -> list[Path]:
    shards = {"net-1.safetensors": ["a", "b"], "net-2.safetensors": ["c"]}
    for file, names in shards.items():
        save_file({name: torch.full((4,), float(ord(name))) for name in names}, folder / file)
    index = folder / "net.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {name: file for file, names in shards.items() for name in names}}))
    return [*(folder / file for file in shards), index]


def test_every_dtype_is_read_as_the_format_s_own_library_reads_it(tmp_path):
    save_file(every_dtype(), tmp_path / "net.safetensors")
    wanted = load_file(tmp_path / "net.safetensors")

    with open_checkpoint([tmp_path / "net.safetensors"]) as checkpoint:
        found = {entry.name: Lane(CPU).tensor(checkpoint, entry.name) for entry in checkpoint.entries}

    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert found[name].dtype == tensor.dtype and found[name].shape == tensor.shape
        assert torch.equal(found[name].reshape(-1).view(torch.uint8), tensor.reshape(-1).view(torch.uint8)), name


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_a_tensor_is_converted_piece_by_piece_on_its_way(tmp_path, monkeypatch, dtype):
    monkeypatch.setattr(lane, "BUFFER", 64)
    held = torch.randn(7, 11)
    save_file({"a": held, "b": held.to(torch.float8_e4m3fn)}, tmp_path / "net.safetensors")

    with open_checkpoint([tmp_path / "net.safetensors"]) as checkpoint:
        way = Lane(CPU)
        a, b = way.tensor(checkpoint, "a", dtype), way.tensor(checkpoint, "b", dtype)

    assert a.dtype == b.dtype == dtype
    assert torch.equal(a, held.to(dtype)) and torch.equal(b, held.to(torch.float8_e4m3fn).to(dtype))


def test_a_tensor_that_is_read_by_several_threads_is_whole(tmp_path):
    before = threading.active_count()
    held = torch.randint(-(2**62), 2**62, (9 * 2**17 + 3,))
    save_file({"a": held}, tmp_path / "net.safetensors")

    with open_checkpoint([tmp_path / "net.safetensors"]) as checkpoint:
        assert torch.equal(Lane(CPU).tensor(checkpoint, "a"), held)
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_the_tensors_of_a_sharded_checkpoint_come_from_all_its_files(tmp_path):
    with open_checkpoint(sharded(tmp_path)) as checkpoint:
        found = {name: Lane(CPU).tensor(checkpoint, name)[0].item() for name in "abc"}

    assert found == {"a": 97.0, "b": 98.0, "c": 99.0}


def test_a_shard_that_is_not_there_is_named(tmp_path):
    one, _, index = sharded(tmp_path)
    with pytest.raises(WeightsMissing, match=r"names 1 files that the model was not given: net-2\.safetensors"):
        open_checkpoint([one, index])


def test_a_tensor_that_its_shard_does_not_hold_is_named(tmp_path):
    *shards, index = sharded(tmp_path)
    save_file({"x": torch.zeros(1)}, shards[1])
    with pytest.raises(WeightsError, match=r"net-2\.safetensors holds c, and it does not"):
        open_checkpoint([*shards, index])


def test_two_files_with_one_tensor_and_no_index_are_refused(tmp_path):
    one, two, _ = sharded(tmp_path)
    save_file({"a": torch.zeros(1)}, two)
    with pytest.raises(WeightsError, match=r"net-1\.safetensors and net-2\.safetensors both hold the tensor a"):
        open_checkpoint([one, two])


@pytest.mark.parametrize("text", ["{", "[]", '{"weight_map": {"a": 1}}', "[" * 100_000])
def test_an_index_that_is_none_is_refused(tmp_path, text):
    *shards, index = sharded(tmp_path)
    index.write_text(text)
    with pytest.raises(WeightsError, match="index"):
        open_checkpoint([*shards, index])


def test_a_file_that_is_cut_while_it_is_read_is_an_error_and_no_hang(tmp_path):
    path = tmp_path / "net.safetensors"
    save_file({"a": torch.zeros(1000)}, path)

    with open_checkpoint([path]) as checkpoint:
        os.truncate(path, 2000)
        with pytest.raises(WeightsError, match=r"net\.safetensors ends at byte 2000"):
            Lane(CPU).tensor(checkpoint, "a")


def test_a_pickle_is_not_read_whatever_it_is_called(tmp_path):
    torch.save({"a": torch.zeros(4)}, tmp_path / "net.safetensors")
    with pytest.raises(WeightsError, match="no whole safetensors file"):
        open_checkpoint([tmp_path / "net.safetensors"])
    with pytest.raises(WeightsMissing, match="none of the files"):
        open_checkpoint([tmp_path / "net.pth"])
