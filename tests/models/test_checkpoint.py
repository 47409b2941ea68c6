"""The allow-list reader: a plain checkpoint comes through whole, anything else is refused and nothing runs."""

import collections
import io
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from rung.models.recipes import checkpoint
from rung.runtime.errors import WeightsError


class Global:
    """Pickles as a reference to module.name, without importing it."""

    def __init__(self, module: str, name: str) -> None:
        self.path = (module, name)


class Storage:
    def __init__(self, key: str, count: int, kind: str = "FloatStorage") -> None:
        self.pid = ("storage", Global("torch", kind), key, "cpu", count)


class Writer(pickle._Pickler):  # type: ignore[name-defined]
    """Writes what torch.save writes, without torch."""

    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def persistent_id(self, value: Any) -> Any:
        return value.pid if isinstance(value, Storage) else None

    def save_global_reference(self, value: Global) -> None:
        self.write(pickle.GLOBAL + f"{value.path[0]}\n{value.path[1]}\n".encode())

    dispatch[Global] = save_global_reference


class Made:
    """Pickles as function(*arguments)."""

    def __init__(self, function: Global, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> Any:
        return _named, (self.function, *self.arguments)


def _named(*_: Any) -> None: ...


def _save_made(writer: Any, value: Made) -> None:
    writer.save(value.function)
    writer.save(value.arguments)
    writer.write(pickle.REDUCE)


Writer.dispatch[Made] = _save_made
REBUILD = Global("torch._utils", "_rebuild_tensor_v2")


def tensor(key: str, count: int, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> Made:
    hooks = Made(Global("collections", "OrderedDict"))
    return Made(REBUILD, Storage(key, count), offset, size, stride, False, hooks)


def written(path: Path, state: Any, storages: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    buffer = io.BytesIO()
    Writer(buffer, protocol=2).dump(state)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", buffer.getvalue())
        archive.writestr("archive/byteorder", "little")
        for key, data in storages.items():
            archive.writestr(f"archive/data/{key}", data)
    return path


SIX = np.arange(6, dtype="<f4").tobytes()


def test_tensors_come_through_by_name_shape_and_value(tmp_path: Path) -> None:
    state = collections.OrderedDict(a=tensor("0", 6, (2, 3), (3, 1)), b=tensor("0", 6, (3, 2), (1, 3)))
    found = checkpoint.read(written(tmp_path / "x.pt", state, {"0": SIX}))
    assert list(found) == ["a", "b"]
    assert found["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["b"].tolist() == [[0, 3], [1, 4], [2, 5]] and found["b"].flags.c_contiguous


def test_a_scalar_and_an_offset_are_read(tmp_path: Path) -> None:
    state = {"s": tensor("0", 6, (), (), offset=4), "none": tensor("0", 6, (0, 3), (3, 1))}
    found = checkpoint.read(written(tmp_path / "x.pt", state, {"0": SIX}))
    assert found["s"].shape == () and float(found["s"]) == 4 and found["none"].shape == (0, 3)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("torch", "load"),
        ("torch.hub", "load"),
        ("torch._utils", "_rebuild_parameter"),
        ("collections", "defaultdict"),
        ("collections", "OrderedDict.fromkeys"),
        ("posix", "system"),
        ("subprocess", "Popen"),
    ],
)
def test_every_other_name_is_refused(tmp_path: Path, module: str, name: str) -> None:
    path = written(tmp_path / "x.pt", {"a": Made(Global(module, name), "touch")}, {})
    with pytest.raises(WeightsError, match="allow-list"):
        checkpoint.read(path)


def test_a_malicious_pickle_runs_nothing(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return os.system, (f"touch {tmp_path / 'owned'}",)

    with zipfile.ZipFile(tmp_path / "evil.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"weight": Evil()}))
    with pytest.raises(WeightsError, match="system"):
        checkpoint.read(tmp_path / "evil.pt")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [
        ((2, 4), (4, 1), 0),
        ((2, 3), (3, 1), 1),
        ((2, 3), (-3, 1), 3),
        ((2, -3), (3, 1), 0),
        ((6,), (1, 1), 0),
        ((6,), (1,), -1),
    ],
)
def test_a_tensor_may_not_reach_outside_its_storage(
    tmp_path: Path, size: tuple[int, ...], stride: tuple[int, ...], offset: int
) -> None:
    state = {"a": tensor("0", 6, size, stride, offset)}
    with pytest.raises(WeightsError, match=r"reaches|cannot be"):
        checkpoint.read(written(tmp_path / "x.pt", state, {"0": SIX}))


def test_a_storage_of_another_length_than_said_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="holds 6 values"):
        checkpoint.read(written(tmp_path / "x.pt", {"a": tensor("0", 7, (7,), (1,))}, {"0": SIX}))


def test_a_compressed_member_is_refused(tmp_path: Path) -> None:
    state = {"a": tensor("0", 6, (6,), (1,))}
    with pytest.raises(WeightsError, match="compressed"):
        checkpoint.read(written(tmp_path / "x.pt", state, {"0": SIX}, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("state", [[1, 2], 5, {"a": 5}, {1: tensor("0", 6, (6,), (1,))}, {"a": {"b": 1}}])
def test_what_is_no_state_dict_is_refused(tmp_path: Path, state: Any) -> None:
    with pytest.raises(WeightsError, match="not a"):
        checkpoint.read(written(tmp_path / "x.pt", state, {"0": SIX}))


def test_a_missing_storage_and_a_foreign_persistent_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        checkpoint.read(written(tmp_path / "x.pt", {"a": tensor("9", 6, (6,), (1,))}, {"0": SIX}))
    strange = Storage("0", 6)
    strange.pid = ("module", "os", "system", "cpu", 0)  # type: ignore[assignment]
    with pytest.raises(WeightsError, match="unknown way"):
        checkpoint.read(written(tmp_path / "y.pt", {"a": strange}, {"0": SIX}))


@pytest.mark.parametrize("data", [b"", b"PK nonsense", b"\x80\x02}", struct.pack("<64d", *range(64))])
def test_a_file_that_is_no_checkpoint_is_an_error_of_ours(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.pt").write_bytes(data)
    with pytest.raises(WeightsError):
        checkpoint.read(tmp_path / "x.pt")
    with zipfile.ZipFile(tmp_path / "y.pt", "w") as archive:
        archive.writestr("archive/data.pkl", data)
    with pytest.raises(WeightsError):
        checkpoint.read(tmp_path / "y.pt")


@pytest.mark.torch
def test_what_torch_itself_saves_is_read_the_same(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    state = {"w": torch.randn(3, 4), "t": torch.randn(4, 3).T, "half": torch.ones(2).half(), "n": torch.tensor(7)}
    torch.save(collections.OrderedDict(state), tmp_path / "x.pt")
    found = checkpoint.read(tmp_path / "x.pt")
    assert all(np.array_equal(found[name], state[name].numpy()) for name in state)
