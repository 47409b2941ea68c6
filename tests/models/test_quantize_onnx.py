"""ONNX graphs with weights of 8 and 4 bits answer close to the whole ones, and are smaller."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from fake_call import disc
from onnx import TensorProto, helper, numpy_helper

from rung.models.catalog.matte import U2NET
from rung.models.recipes import external, quantize_onnx
from rung.models.u2net import tensor
from rung.runtime.errors import WeightsError


def net(opset: int = 17, listed: bool = False) -> onnx.ModelProto:
    """One of everything that has weights; one small weight, one that is added, one that is used twice."""
    rng = np.random.default_rng(7)
    values = {
        "conv": rng.normal(size=(64, 3, 5, 5)),
        "up": rng.normal(size=(64, 16, 2, 2)),
        "product": rng.normal(size=(16, 512)),
        "gemm": rng.normal(size=(64, 512)),
        "small": rng.normal(size=(64, 4)),
        "added": rng.normal(size=(1, 64, 64, 1)),
    }
    weights = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()]
    nodes = [
        helper.make_node("Conv", ["x", "conv"], ["a"], pads=[2, 2, 2, 2]),
        helper.make_node("Add", ["a", "added"], ["b"]),
        helper.make_node("ConvTranspose", ["b", "up"], ["c"], strides=[2, 2]),
        helper.make_node("GlobalAveragePool", ["c"], ["d"]),
        helper.make_node("Flatten", ["d"], ["e"]),
        helper.make_node("MatMul", ["e", "product"], ["f"]),
        helper.make_node("Gemm", ["f", "gemm"], ["g"], transB=1),
        helper.make_node("MatMul", ["g", "small"], ["y"]),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 64, 64])]
    if listed:
        inputs += [helper.make_tensor_value_info(w.name, TensorProto.FLOAT, list(w.dims)) for w in weights]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])]
    graph = helper.make_graph(nodes, "net", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def made(tmp_path: Path, recipe, model: onnx.ModelProto) -> tuple[Path, Path]:
    source, out = tmp_path / "net.onnx", tmp_path / "out.onnx"
    source.write_bytes(model.SerializeToString())
    recipe({"n/net.onnx": source}, out)
    return source, out


def answer(path: Path, feed: dict[str, np.ndarray]) -> np.ndarray:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    result: np.ndarray = session.run(None, feed)[0]
    return result


def error(a: Path, b: Path, feed: dict[str, np.ndarray]) -> float:
    whole = answer(a, feed)
    return float(np.linalg.norm(answer(b, feed) - whole) / np.linalg.norm(whole))


PICTURE = {"x": np.random.default_rng(8).normal(size=(1, 3, 64, 64)).astype(np.float32)}


@pytest.mark.parametrize("opset", [11, 17])
@pytest.mark.parametrize("listed", [False, True], ids=["", "weights listed as inputs"])
def test_int8_keeps_large_weights_rounded_and_the_answer_close(tmp_path, opset, listed):
    source, out = made(tmp_path, quantize_onnx.int8, net(opset, listed))

    kept = {t.name: t.data_type for t in onnx.load(str(out)).graph.initializer}

    assert {name for name, kind in kept.items() if kind == TensorProto.INT8} == {
        "conv.int8",
        "up.int8",
        "product.int8",
        "gemm.int8",
    }
    assert {"small", "added"} <= kept.keys()
    assert out.stat().st_size < 0.35 * source.stat().st_size
    assert error(source, out, PICTURE) < 0.02


def test_each_output_has_a_scale_of_its_own(tmp_path):
    """With one scale for all, outputs a hundred times smaller than the largest would be gone."""
    model = net()
    (conv,) = [t for t in model.graph.initializer if t.name == "conv"]
    values = numpy_helper.to_array(conv) * np.logspace(0, -4, 64, dtype=np.float32)[:, None, None, None]
    conv.CopyFrom(numpy_helper.from_array(values, "conv"))

    _, out = made(tmp_path, quantize_onnx.int8, model)

    parts = {t.name: numpy_helper.to_array(t) for t in onnx.load(str(out)).graph.initializer}
    again = parts["conv.int8"] * parts["conv.scale"][:, None, None, None]
    worst = np.abs(again - values).max(axis=(1, 2, 3)) / np.abs(values).max(axis=(1, 2, 3))
    assert worst.max() <= 0.5 / 127 + 1e-6


def test_the_same_graph_gives_the_same_bytes(tmp_path):
    model = net()
    first = made(tmp_path, quantize_onnx.int8, model)[1].read_bytes()

    assert made(tmp_path, quantize_onnx.int8, model)[1].read_bytes() == first


def test_q4_rounds_products_and_leaves_convolutions(tmp_path):
    pytest.importorskip("onnx_ir")
    source, out = made(tmp_path, quantize_onnx.q4, net())

    nodes = [node.op_type for node in onnx.load(str(out)).graph.node]

    assert "MatMulNBits" in nodes and "Conv" in nodes
    assert error(source, out, PICTURE) < 0.3


@pytest.mark.parametrize("recipe", [quantize_onnx.int8, quantize_onnx.q4], ids=lambda r: r.__name__)
def test_a_graph_with_nothing_to_gain_is_refused(tmp_path, recipe):
    if recipe is quantize_onnx.q4:
        pytest.importorskip("onnx_ir")
    io = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "none", io[:1], io[1:])
    with pytest.raises(WeightsError, match="the graph has no"):
        made(tmp_path, recipe, helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))


def test_a_graph_whose_data_lie_beside_it_becomes_one_file(tmp_path):
    source = tmp_path / "whole.onnx"
    source.write_bytes(net().SerializeToString())
    inputs = {"n/net.onnx": source}
    external.graph(inputs, tmp_path / "net.onnx")
    external.data(inputs, tmp_path / "net.onnx.data")
    both = {f"m/{name}": tmp_path / name for name in ("net.onnx", "net.onnx.data")}

    quantize_onnx.int8(both, tmp_path / "out.onnx")

    assert error(source, tmp_path / "out.onnx", PICTURE) < 0.02


def test_data_that_lie_elsewhere_are_named(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "net.onnx.data").touch()
    with pytest.raises(WeightsError, match=r"reads net\.onnx\.data, which has to lie beside it"):
        quantize_onnx.int8(
            {"m/net.onnx": tmp_path / "net.onnx", "m/net.onnx.data": elsewhere / "net.onnx.data"}, tmp_path / "o"
        )


@pytest.mark.weights
def test_u2net_of_int8_weights_finds_the_disc_that_the_whole_one_finds(tmp_path, weight):
    paths = {w.name: weight(w) for w in U2NET.weights}
    quantize_onnx.int8(paths, tmp_path / "out.onnx")
    (graph,) = [path for path in paths.values() if path.name.endswith(".onnx")]
    pixels, _ = disc(600, 400, (300, 200), 110)
    feed = {ort.InferenceSession(str(graph)).get_inputs()[0].name: tensor(cv2.resize(pixels, (320, 320)))}

    whole, rounded = (answer(path, feed)[0, 0] > 0.5 for path in (graph, tmp_path / "out.onnx"))

    assert (whole & rounded).sum() / (whole | rounded).sum() > 0.95
    assert (tmp_path / "out.onnx").stat().st_size < 0.27 * sum(path.stat().st_size for path in paths.values())
