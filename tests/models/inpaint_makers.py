"""A call that remembers what it was warned of, pictures with holes, and tiny graphs of the published contracts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rung.runtime.model import Context, Result
from rung.runtime.tasks import InpaintInput, Mask, Pixels

T = TypeVar("T")


class Heard:
    id = "call"
    seed = None

    def __init__(self, input: Any) -> None:
        self.input = input
        self.warnings: list[str] = []
        self.options: Mapping[str, Any] = {}

    def check(self) -> None:
        pass

    def memo(self, key: str, make: Callable[[], T]) -> T:
        return make()

    def empty(self, shape: Any, dtype: Any = np.uint8) -> np.ndarray:
        return np.empty(shape, dtype)

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)


def loaded(model: Any, variant: str, task: str, path: Path, **options: Any) -> Any:
    weights = {f"{variant}/{path.name}": path}
    context = Context(variant=variant, task=task, device="cpu", precision="fp32", threads=2, weights=weights)
    model.load(replace(context, options=options))
    return model


def outputs(model: Any, *inputs: Any) -> list[Any]:
    answers = dict(model.run([Heard(input) for input in inputs]))
    assert sorted(answers) == list(range(len(inputs)))
    assert all(isinstance(answer, Result) for answer in answers.values())
    return [answers[index].output for index in range(len(inputs))]


def noise(height: int, width: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def hole(height: int, width: int, *part: slice) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    mask[part] = 255
    return mask


def holed(height: int, width: int, *part: slice) -> InpaintInput:
    return InpaintInput(pixels=noise(height, width), mask=hole(height, width, *part))


def random_lama(path: Path, scale: float = 255.0) -> np.ndarray:
    """A graph of LaMa's contract: a 1x1 convolution with random weights [3, 4] over image and mask, a sigmoid."""
    weights = np.random.default_rng(5).standard_normal((3, 4, 1, 1), dtype=np.float32)
    plane: list[Any] = ["batch", 3, 512, 512]
    nodes = [
        helper.make_node("Concat", ["image", "mask"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "w"], ["mixed"]),
        helper.make_node("Sigmoid", ["mixed"], ["share"]),
        helper.make_node("Mul", ["share", "scale"], ["output"]),
    ]
    constants = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.float32(scale), "scale")]
    inputs = [_tensor("image", plane), _tensor("mask", ["batch", 1, 512, 512])]
    _save(path, nodes, inputs, [_tensor("output", plane)], constants)
    return weights[:, :, 0, 0]


def painting_migan(path: Path, colour: int) -> None:
    """A graph of MI-GAN's contract that paints `colour` where its mask does not say keep (255)."""
    sides: list[Any] = ["height", "width"]
    nodes = [
        helper.make_node("Equal", ["mask", "keep"], ["known"]),
        helper.make_node("Where", ["known", "image", "colour"], ["result"]),
    ]
    constants = [numpy_helper.from_array(np.uint8(v), n) for n, v in (("keep", 255), ("colour", colour))]
    inputs = [_tensor(n, ["n", c, *sides], TensorProto.UINT8) for n, c in (("image", 3), ("mask", 1))]
    _save(path, nodes, inputs, [_tensor("result", ["n", 3, *sides], TensorProto.UINT8)], constants)


def _tensor(name: str, shape: list[Any], kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def _save(path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: list[Any]) -> None:
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
