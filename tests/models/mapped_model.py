"""A model of many equal layers, its weights beside its graph, and the class that a worker loads for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rung.runtime.model import Result
from rung.runtime.tasks import InpaintOutput


def layered(folder: Path, layers: int, side: int) -> Path:
    """`x @ w0 @ w1 ...`, every weight the identity, written piece by piece: a graph and `net.onnx.data`."""
    from onnx import TensorProto, helper

    size, weights, nodes = side * side * 4, [], []
    with (folder / "net.onnx.data").open("wb") as file:
        for n in range(layers):
            file.write(np.eye(side, dtype=np.float32).tobytes())
            weight = TensorProto(name=f"w{n}", data_type=TensorProto.FLOAT, dims=[side, side])
            weight.data_location = TensorProto.EXTERNAL
            places = {"location": "net.onnx.data", "offset": str(n * size), "length": str(size)}
            for key, value in places.items():
                weight.external_data.add(key=key, value=value)
            weights.append(weight)
            nodes.append(helper.make_node("MatMul", [f"x{n}", f"w{n}"], [f"x{n + 1}"]))
    ends = [helper.make_tensor_value_info(f"x{n}", TensorProto.FLOAT, [1, side]) for n in (0, layers)]
    graph = helper.make_graph(nodes, "layers", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    return folder / "net.onnx"


class Layers:
    """Answers one pixel: 1 when every layer left a row of ones as it was."""

    def load(self, context: Any) -> None:
        from rung.models.onnx_session import session

        self.session = session(context.weight("net.onnx"), context)

    def run(self, calls: Any) -> Any:
        row = np.ones((1, self.session.get_inputs()[0].shape[1]), np.float32)
        for index, _ in enumerate(calls):
            (same,) = self.session.run(None, {"x0": row})
            value = int(np.array_equal(same, row))
            yield index, Result(InpaintOutput(pixels=np.full((1, 1, 3), value, np.uint8)))
