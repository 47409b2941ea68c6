"""An ONNX file taken apart into a graph and its data: the same numbers, the same bytes each time, mapped."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from rung.models.onnx_session import session
from rung.models.recipes import external
from rung.runtime.errors import WeightsError
from rung.runtime.model import Context

SIDE = 192
X = np.random.default_rng(1).standard_normal((3, SIDE), dtype=np.float32)


def embedded(path: Path, *, typed: bool = False) -> Path:
    """y = relu(x @ a) @ b + c; `typed`: numbers in the typed fields instead of raw bytes."""
    draw = np.random.default_rng(2)
    weights = {n: draw.standard_normal((SIDE, SIDE), dtype=np.float32) for n in "ab"}
    weights["c"] = draw.standard_normal((1,), dtype=np.float32)
    initial = [numpy_helper.from_array(v, n) for n, v in weights.items()]
    if typed:
        initial = [helper.make_tensor(n, TensorProto.FLOAT, v.shape, v.ravel().tolist()) for n, v in weights.items()]
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["m"]),
        helper.make_node("Relu", ["m"], ["r"]),
        helper.make_node("MatMul", ["r", "b"], ["n"]),
        helper.make_node("Add", ["n", "c"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [3, SIDE]) for n in "xy"]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], initial)
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()
    )
    return path


def apart(path: Path, folder: Path) -> Path:
    """The graph beside its data."""
    folder.mkdir(exist_ok=True)
    external.graph({"net/net.onnx": path}, folder / "net.onnx")
    external.data({"net/net.onnx": path}, folder / "net.onnx.data")
    return folder / "net.onnx"


def opened(path: Path, **options: object) -> onnxruntime.InferenceSession:
    weights = {"net.onnx": path}
    return session(
        path,
        Context(variant="v", task="t", device="cpu", precision="fp32", threads=1, weights=weights, options=options),
    )


@pytest.mark.parametrize("typed", [False, True])
def test_the_answer_is_bit_equal_and_without_prepacking_equal_to_rounding(tmp_path: Path, typed: bool) -> None:
    whole = embedded(tmp_path / "net.onnx", typed=typed)
    expected = opened(whole).run(None, {"x": X})[0]
    parts = apart(whole, tmp_path / "apart")
    assert np.array_equal(opened(parts).run(None, {"x": X})[0], expected)
    assert np.allclose(opened(parts, prepack=False).run(None, {"x": X})[0], expected, rtol=1e-5, atol=1e-4)


def test_large_tensors_begin_on_pages_and_small_ones_stay_in_the_graph(tmp_path: Path) -> None:
    parts = apart(embedded(tmp_path / "net.onnx"), tmp_path / "apart")
    a, b, c = onnx.load(str(parts), load_external_data=False).graph.initializer
    places = [{entry.key: entry.value for entry in tensor.external_data} for tensor in (a, b)]
    assert [int(place["offset"]) % external.PAGE for place in places] == [0, 0]
    assert {place["location"] for place in places} == {"net.onnx.data"} and not c.external_data
    assert parts.stat().st_size < 2000 and not a.raw_data
    assert (tmp_path / "apart" / "net.onnx.data").stat().st_size == int(places[1]["offset"]) + 4 * SIDE * SIDE


def test_a_session_without_prepacking_has_the_file_mapped(tmp_path: Path) -> None:
    parts = apart(embedded(tmp_path / "net.onnx"), tmp_path / "apart")
    with_maps = opened(parts, prepack=False)
    assert f"{tmp_path}/apart/net.onnx.data" in Path("/proc/self/maps").read_text()
    del with_maps


def test_a_users_plain_file_opens_either_way(tmp_path: Path) -> None:
    whole = embedded(tmp_path / "own.onnx")
    found = [opened(whole, prepack=prepack).run(None, {"x": X})[0] for prepack in (True, False)]
    assert np.allclose(*found, rtol=1e-5, atol=1e-4)


def test_two_fresh_processes_give_the_same_bytes(tmp_path: Path) -> None:
    whole = embedded(tmp_path / "net.onnx")
    code = (
        "import sys; from pathlib import Path; from rung.models.recipes import external;"
        "source = {'net/net.onnx': Path(sys.argv[1])};"
        "external.graph(source, Path(sys.argv[2] + '.onnx')); external.data(source, Path(sys.argv[2] + '.data'))"
    )
    for seed, name in (("1", "p"), ("2", "q")):
        argv = [sys.executable, "-c", code, str(whole), str(tmp_path / name)]
        path = {"PYTHONPATH": str(Path(external.__file__).parents[3])}
        subprocess.run(argv, check=True, timeout=60, env={"PYTHONHASHSEED": seed, **path})
    for ending in (".onnx", ".data"):
        p, q = (hashlib.sha256((tmp_path / f"{name}{ending}").read_bytes()).digest() for name in "pq")
        assert p == q


def test_what_cannot_be_taken_apart_is_refused_in_words(tmp_path: Path) -> None:
    parts = apart(embedded(tmp_path / "net.onnx"), tmp_path / "apart")
    (tmp_path / "junk.onnx").write_bytes(b"\xff" * 50)
    with pytest.raises(WeightsError, match="outside already"):
        external.graph({"net.onnx": parts}, tmp_path / "out")
    with pytest.raises(WeightsError, match=r"junk\.onnx is no readable ONNX file"):
        external.data({"junk.onnx": tmp_path / "junk.onnx"}, tmp_path / "out")
    with pytest.raises(WeightsError, match="2 files were given"):
        external.data({"a": parts, "b": parts}, tmp_path / "out")
    assert not (tmp_path / "out").exists()
