"""PP-OCR's finder with a net that takes all ink for the core of a text: what a request asks for reaches the search."""

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from fake_call import png
from inpaint_makers import loaded, outputs
from onnx import TensorProto, helper

from rung.models.ppocr_find import PpOcrFind
from rung.runtime.tasks import FindTextInput, FindTextOutput

sys.path.insert(0, str(Path(__file__).parent / "lettering"))
from drawn_texts import paper, put, tile


class Counting(PpOcrFind):
    """Keeps the sides of the patches that it looked at."""

    patches: list[tuple[int, ...]]

    def _look(self, patch: np.ndarray) -> np.ndarray:
        self.patches.append(patch.shape)
        return super()._look(patch)


@pytest.fixture
def finder(tmp_path: Path) -> Counting:
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "h", "w"])
    seen = helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, 1, "h", "w"])
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Neg", ["grey"], ["dark"]),
        helper.make_node("Relu", ["dark"], ["map"]),
    ]
    graph = helper.make_graph(nodes, "ink", [image], [seen])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "ink.onnx")
    made = Counting()
    made.patches = []
    return loaded(made, "f", "find-text", tmp_path / "ink.onnx", scale=1.0, turned=False, squeezed=False)


def found(finder: Counting, picture: np.ndarray, **asked: float) -> FindTextOutput:
    (answer,) = outputs(finder, FindTextInput(picture=png(np.dstack([picture] * 3)), **asked))
    assert isinstance(answer, FindTextOutput)
    return answer


def test_signs_nearer_than_the_request_says_are_of_one_text(finder: Counting) -> None:
    picture = paper(400, 120)
    put(picture, tile("25"), (100, 60), 0)
    put(picture, tile("38"), (180, 60), 0)

    apart, together = (len(found(finder, picture, merge_px=gap).boxes) for gap in (5, 100))

    assert (apart, together) == (2, 1)


def test_patches_are_as_large_and_share_as_much_as_the_request_says(finder: Counting) -> None:
    picture = paper(640, 160)
    for at in range(40, 640, 80):
        put(picture, tile("25"), (at, 80), 0)

    counts = {}
    for patch, overlap in ((160, 0.0), (160, 0.5), (0, 0.5)):
        finder.patches.clear()
        found(finder, picture, patch=patch, overlap=overlap)
        counts[patch, overlap] = len(finder.patches)

    assert counts == {(160, 0.0): 4, (160, 0.5): 7, (0, 0.5): 1}
