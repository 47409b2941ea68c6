"""The derived ONNX pair: the same bytes each time, from the checkpoint's numbers and nothing else."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from rung.models.recipes import mobile_sam, skeleton
from rung.runtime.errors import WeightsError


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """y = x @ weight + bias, both weights empty."""
    empty = [
        TensorProto(name="weight", dims=[2, 3], data_type=TensorProto.FLOAT),
        TensorProto(name="bias", dims=[3], data_type=TensorProto.FLOAT),
    ]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weight"], ["m"]), helper.make_node("Add", ["m", "bias"], ["y"])],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        empty,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(tmp_path / "small.onnx"))
    return tmp_path / "small.onnx"


STATE = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.ones(3, np.float32)}


def test_a_filled_skeleton_computes_with_the_checkpoints_numbers(small: Path, tmp_path: Path) -> None:
    skeleton.fill(small, STATE, tmp_path / "out.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "out.onnx"), providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"x": np.array([[1, 2]], np.float32)})
    assert y.tolist() == [[7, 10, 13]]


def test_filling_twice_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    skeleton.fill(small, STATE, tmp_path / "a.onnx")
    skeleton.fill(small, dict(reversed(STATE.items())), tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_two_fresh_processes_give_the_same_bytes(small: Path, tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from pathlib import Path; from rung.models.recipes import skeleton;"
        "state = {'weight': np.arange(6, dtype='f4').reshape(2, 3), 'bias': np.ones(3, 'f4')};"
        "skeleton.fill(Path(sys.argv[1]), state, Path(sys.argv[2]))"
    )
    for seed, name in (("1", "a"), ("2", "b")):
        argv = [sys.executable, "-c", code, str(small), str(tmp_path / name)]
        subprocess.run(argv, check=True, timeout=60, env={"PYTHONHASHSEED": seed})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "state",
    [
        {"weight": STATE["weight"]},
        {**STATE, "bias": np.ones(4, np.float32)},
        {**STATE, "bias": np.ones(3, np.float64)},
        {**STATE, "weight": STATE["weight"].T},
    ],
)
def test_a_missing_or_unfitting_tensor_is_refused(small: Path, tmp_path: Path, state: dict[str, np.ndarray]) -> None:
    with pytest.raises(WeightsError, match=r"bias|weight"):
        skeleton.fill(small, state, tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.parametrize(("name", "count"), [("encoder", 271), ("decoder", 127)])
def test_the_committed_skeletons_are_small_and_hold_no_weights(name: str, count: int) -> None:
    path = skeleton.FOLDER / f"mobile_sam_{name}.onnx"
    model = onnx.load(str(path))
    assert path.stat().st_size < 1_000_000 and len(model.graph.initializer) == count
    assert all(not w.raw_data and not w.float_data for w in model.graph.initializer)
    assert not any(node.doc_string for node in model.graph.node)


def test_the_recipe_takes_exactly_one_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="one file"):
        mobile_sam.encoder({}, tmp_path / "out.onnx")


def test_another_checkpoint_is_refused_by_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(b"not a zip")
    with pytest.raises(WeightsError, match=r"x\.pt"):
        mobile_sam.decoder({"x": tmp_path / "x.pt"}, tmp_path / "out.onnx")


@pytest.mark.weights
@pytest.mark.parametrize("name", ["encoder", "decoder"])
def test_the_real_checkpoint_gives_the_catalogues_hash(weight: object, tmp_path: Path, name: str) -> None:
    from rung.models.catalog.segment import MOBILE_SAM

    (wanted,) = (w for w in MOBILE_SAM.weights if w.name.endswith(f"{name}.onnx"))
    getattr(mobile_sam, name)({"pt": weight(wanted.inputs[0])}, tmp_path / "out")  # type: ignore[operator]
    data = (tmp_path / "out").read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (wanted.size, wanted.sha256)
