"""Detectors of the user's own for drawings: what is made of their figures, and what stays geometry's."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from fake_call import FakeCall, png
from onnx import TensorProto, helper, numpy_helper

from rung.models.sheet.seen import Seen, kinds_of, merged, windows
from rung.models.sheet_ultralytics import SheetUltralytics
from rung.models.sheet_yolo import SheetYolo
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context, Result
from rung.runtime.tasks import LayoutInput, LayoutOutput

SIDE, WIDE, HIGH = 64, 400, 200
NAMES = {0: "surface", 1: "View", 2: "frame"}


def exported(path: Path, columns: np.ndarray, names: dict[int, str]) -> Path:
    """A detector that says the same of every picture: [1, 4 + C, A], as ultralytics exports one."""
    picture = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    said = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, *columns.shape])
    nodes = [
        helper.make_node("ReduceSum", ["images"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
        helper.make_node("Add", ["said", "nothing"], ["output0"]),
    ]
    constants = [
        numpy_helper.from_array(columns[None].astype(np.float32), "said"),
        numpy_helper.from_array(np.float32(0), "zero"),
    ]
    graph = helper.make_graph(nodes, "detector", [picture], [said], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"names": repr(names)})
    onnx.save(model, path)
    return path


def columns() -> np.ndarray:
    """A surface sign and a view, each seen twice, and a frame, which is not the net's to say."""
    anchors = np.zeros((7, 5), np.float32)
    anchors[:4] = np.array([(16, 32, 8, 8), (16.5, 32, 8, 8), (48, 32, 16, 16), (48, 33, 16, 16), (32, 20, 10, 4)]).T
    anchors[4:, :] = 0.01
    anchors[4, 0], anchors[4, 1], anchors[5, 2], anchors[5, 3], anchors[6, 4] = 0.9, 0.8, 0.7, 0.6, 0.95
    return anchors


def context(name: str, path: Path, **options: Any) -> Context:
    return Context(
        variant="v", task="layout", device="cpu", precision="fp32", threads=1, weights={name: path}, options=options
    )


def laid_out(model: Any) -> LayoutOutput:
    picture = png(np.full((HIGH, WIDE, 3), 255, np.uint8))
    ((_, outcome),) = model.run([FakeCall(LayoutInput(picture=picture, dpi=200.0))])  # type: ignore[arg-type]
    assert isinstance(outcome, Result) and isinstance(outcome.output, LayoutOutput)
    return outcome.output


def test_an_exported_detectors_symbols_and_views_are_parts_once_each(tmp_path: Path) -> None:
    model = SheetYolo()
    model.load(context("own/model.onnx", exported(tmp_path / "model.onnx", columns(), NAMES)))

    found = laid_out(model)

    # The picture of 400 x 200 lies in the square's middle at a scale of 0.16, 16 pixels down.
    assert [(part.kind, part.label) for part in found.parts] == [("view", "View"), ("symbol", "surface")]
    assert found.parts[1].polygon[0] == (75.0, 75.0) and found.parts[1].polygon[2] == (125.0, 125.0)
    assert found.parts[1].score == pytest.approx(0.9)
    assert found.kinds == ("border", "title-block", "table", "frame", "view", "symbol")


def test_windows_are_looked_at_one_by_one_in_their_own_places(tmp_path: Path) -> None:
    model = SheetYolo()
    path = exported(tmp_path / "model.onnx", columns()[:, :1], NAMES)
    model.load(context("own/model.onnx", path, window=200, overlap=0.0))

    found = laid_out(model)

    assert sorted(part.polygon[0] for part in found.parts) == [(37.5, 87.5), (237.5, 87.5)]


def test_a_file_of_another_layout_is_refused_with_its_shapes(tmp_path: Path) -> None:
    path = exported(tmp_path / "model.onnx", np.zeros((9, 5)), NAMES)

    with pytest.raises(LoadFailed, match=r"4\+3.*\[1, 9, 5\]"):
        SheetYolo().load(context("own/model.onnx", path))


def test_kinds_are_the_users_then_the_names_own() -> None:
    assert kinds_of(("Title Block", "gdt"), {}) == {"Title Block": "title-block", "gdt": "symbol"}
    assert kinds_of(("a", "b"), {"a": "view"}) == {"a": "view", "b": "symbol"}
    with pytest.raises(LoadFailed, match="'c'; the file's are a, b"):
        kinds_of(("a", "b"), {"c": "view"})
    with pytest.raises(LoadFailed, match="'house'"):
        kinds_of(("a",), {"a": "house"})


def test_windows_cover_the_sheet_and_overlap_by_their_share() -> None:
    found = list(windows(1000, 400, 400, 0.25))

    assert found == [(0, 0, 400, 400), (300, 0, 700, 400), (600, 0, 1000, 400)]
    assert list(windows(1000, 400, 0, 0.25)) == [(0, 0, 1000, 400)]


def test_a_thing_cut_by_a_windows_edge_goes_for_the_whole_one() -> None:
    whole = Seen(box=(90, 0, 120, 10), name="a", score=0.9)
    cut, other = Seen(box=(90, 0, 100, 10), name="a", score=0.5), Seen(box=(90, 0, 100, 10), name="b", score=0.4)

    assert merged([cut, other, whole]) == (whole, other)


class FakeYolo:
    """The published class as far as the loader asks it."""

    def __init__(self, path: str) -> None:
        self.names = NAMES
        self.asked: list[Any] = []

    def predict(self, pixels: np.ndarray, **wanted: Any) -> list[Any]:
        self.asked.append((pixels.shape, wanted["imgsz"], wanted["conf"], wanted["device"]))
        boxes = SimpleNamespace(xyxy=np.array([[10, 20, 30, 40]]), conf=np.array([0.6]), cls=np.array([0.0]))
        return [SimpleNamespace(boxes=boxes)]


def test_a_checkpoint_is_asked_through_its_authors_library(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("ultralytics")
    package.YOLO = FakeYolo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ultralytics", package)
    model = SheetUltralytics()
    model.load(context("own/model.pt", Path("/own/model.pt"), side=640, window=200, overlap=0.0, least=0.4))

    found = laid_out(model)

    assert model._net.asked == [((200, 200, 3), 640, 0.4, "cpu")] * 2
    assert [part.polygon[0] for part in found.parts] == [(10.0, 20.0), (210.0, 20.0)]
    assert {(part.kind, part.label, part.score) for part in found.parts} == {("symbol", "surface", 0.6)}
