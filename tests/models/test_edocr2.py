"""eDOCr2's loader against a stand-in for its authors' package: what is built, what is asked, what is made of it.

`test_edocr2_real` holds it to the package itself, where there is one.
"""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pytest
from fake_call import FakeCall, png

from rung.models.edocr2 import HEIGHT, WIDTH, Edocr2, alphabet_of, letterbox, readings
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context, Result
from rung.runtime.tasks import ReadInput, ReadOutput, TextBox

SIGNS = {"dimensions": "0125⌀", "gdts": "⌖A"}
FILES = {f"edocr2/recognizer_{name}.{ending}": ending for name in SIGNS for ending in ("keras", "txt")}


class FakeNet:
    """Says the whole alphabet of its own, a sign a step with blanks between, of every row."""

    def __init__(self, signs: str) -> None:
        self.signs, self.loaded, self.seen = signs, "", np.zeros(0)
        self.weights = [np.zeros(3, np.float32), np.zeros(2, np.float32)]

    def get_weights(self) -> list[np.ndarray]:
        return self.weights

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weights = weights

    def load_weights(self, path: str) -> None:
        match Path(path).read_text(encoding="utf-8"):
            case "broken":
                raise ValueError("layer fc_12 expects 30 classes")
            case "no archive":
                raise BadZipFile("File is not a zip file")
            case "half":  # as Keras passes over a layer that the file has under another name
                self.weights[0] = np.ones(3, np.float32)
            case _:
                self.weights = [np.ones_like(one) for one in self.weights]
        self.loaded = path

    def predict_on_batch(self, rows: np.ndarray) -> np.ndarray:
        self.seen = rows
        steps = np.eye(len(self.signs) + 1, dtype=np.float32)
        return np.stack([np.concatenate([[steps[place], steps[-1]] for place in range(len(self.signs))])] * len(rows))


@pytest.fixture
def nets(monkeypatch: pytest.MonkeyPatch) -> list[FakeNet]:
    made: list[FakeNet] = []

    def build_model(alphabet: str, **params: Any) -> tuple[Any, ...]:
        assert params == {"height": HEIGHT, "width": WIDTH}
        made.append(FakeNet(alphabet))
        return None, made[-1], None, None

    for name in ("edocr2", "edocr2.keras_ocr", "edocr2.keras_ocr.recognition", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    threads = SimpleNamespace(
        set_intra_op_parallelism_threads=lambda count: None, set_inter_op_parallelism_threads=lambda count: None
    )
    sys.modules["tensorflow"].config = SimpleNamespace(threading=threads)  # type: ignore[attr-defined]
    recognition = sys.modules["edocr2.keras_ocr.recognition"]
    recognition.build_model = build_model  # type: ignore[attr-defined]
    recognition.DEFAULT_BUILD_PARAMS = {"height": HEIGHT, "width": WIDTH}  # type: ignore[attr-defined]
    sys.modules["edocr2.keras_ocr"].recognition = recognition  # type: ignore[attr-defined]
    return made


def loaded(folder: Path, keras: str = "weights") -> Edocr2:
    paths = {}
    for name, ending in FILES.items():
        path = folder / Path(name).name
        signs = SIGNS["dimensions" if "dimensions" in name else "gdts"]
        path.write_text(keras if ending == "keras" else f"{signs}\n", encoding="utf-8")
        paths[name] = path
    model = Edocr2()
    model.load(Context(variant="edocr2", task="read", device="cpu", precision="fp32", threads=1, weights=paths))
    return model


def page() -> tuple[Any, TextBox]:
    pixels = np.full((60, 200, 3), 255, np.uint8)
    pixels[20:40, 30:34] = 0
    pixels[20:40, 50:54] = 0
    return png(pixels), TextBox(polygon=((28, 18), (58, 18), (58, 42), (28, 42)), score=1.0)


def test_each_alphabet_is_read_by_its_own_net_and_no_confidence_is_made_up(tmp_path: Path, nets: list[FakeNet]) -> None:
    picture, box = page()
    model = loaded(tmp_path)
    boxes = (box, TextBox(polygon=box.polygon, alphabet="frame"), TextBox(polygon=box.polygon, alphabet="text"))
    ((_, outcome),) = model.run([FakeCall(ReadInput(picture=picture, boxes=boxes, alphabet="dimension"))])
    assert isinstance(outcome, Result) and isinstance(outcome.output, ReadOutput)
    first, second, third = outcome.output.lines
    assert (first.readings[0].text, second.readings[0].text) == ("0125⌀", "⌖A")
    assert {one.confidence for line in (first, second) for one in line.readings} == {None}
    assert third.readings == () and "no other words" in third.reason
    assert nets[0].seen.shape == (1, HEIGHT, WIDTH, 1) and nets[0].loaded.endswith("dimensions.keras")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("broken", "dimensions do not fit a net for the 5 signs.*fc_12"),
        ("no archive", "dimensions do not fit.*not a zip file"),
        ("half", "dimensions do not fit.*recognizer_dimensions.keras has nothing for 1 of the net's 2 arrays"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_what_is_wrong(
    content: str, said: str, tmp_path: Path, nets: list[FakeNet]
) -> None:
    with pytest.raises(LoadFailed, match=said):
        loaded(tmp_path, content)


def test_without_the_package_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "edocr2", None)
    with pytest.raises(LoadFailed, match=r"clone.*numpy below 2.*PYTHONPATH"):
        loaded(tmp_path)


def test_a_package_that_does_not_import_under_numpy_2_says_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package := tmp_path / "edocr2" / "keras_ocr").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AttributeError('`np.sctypes` was removed')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LoadFailed, match=r"np.sctypes.*numpy below 2"):
        loaded(tmp_path)


def test_the_signs_are_the_files_first_line_as_its_authors_read_it(tmp_path: Path) -> None:
    path = tmp_path / "recognizer.txt"
    path.write_bytes("012⌀ \r\nnotes of somebody\n".encode())

    assert alphabet_of(path) == "012⌀"


def test_a_row_keeps_its_shape_in_the_upper_left_corner_on_black() -> None:
    wide, high = letterbox(np.full((20, 400), 255, np.uint8)), letterbox(np.full((62, 100), 255, np.uint8))
    assert wide.shape == high.shape == (HEIGHT, WIDTH, 1)
    assert (wide[:10] == 1).all() and not wide[10:].any()
    assert (high[:, :50] == 1).all() and not high[:, 50:].any()


@pytest.mark.parametrize(
    ("columns", "rows"), [(107, 13), (230, 25), (161, 13), (20, 39), (61, 31), (50, 34), (3, 500), (900, 2)]
)
def test_a_row_has_the_size_that_its_authors_code_gives_it(columns: int, rows: int) -> None:
    across, down = WIDTH / columns, HEIGHT / rows
    wide, high = map(int, (WIDTH, across * rows) if across <= down else (down * columns, HEIGHT))

    ink = letterbox(np.full((rows, columns), 255, np.uint8))[..., 0] > 0

    assert (ink.any(axis=0).sum(), ink.any(axis=1).sum()) == (max(wide, 1), max(high, 1))


def test_the_blank_is_the_last_class_and_the_likeliest_path_is_named_first() -> None:
    shares = np.array([[0.9, 0.0, 0.1], [0.0, 0.0, 1.0], [0.6, 0.4, 0.0]], np.float32)
    assert [one.text for one in readings(shares, "ab")][:2] == ["aa", "ab"]
    # Three ways to say "a" are likelier together, and its authors' decoder goes by the one way.
    split = np.array([[0.4, 0.0, 0.6], [0.4, 0.0, 0.6]], np.float32)
    assert readings(split, "ab") == ()
