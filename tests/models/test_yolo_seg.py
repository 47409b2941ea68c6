"""YOLO11n-seg: what is made of the net's figures, beside a second plain implementation and beside its authors' own."""

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fake_call import FakeCall, png
from PIL import Image

from rung.models.catalog.detect import YOLO11N_SEG
from rung.models.yolo_seg import (
    Candidates,
    YoloSeg,
    candidates,
    framed,
    outline,
    overlaps,
    side,
    suppressed,
    tensor,
    things,
    without_specks,
    words,
)
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context, Result
from rung.runtime.spec import Weights
from rung.runtime.tasks import DetectInput, DetectOutput

DOGS = Path(__file__).parents[2] / "src/rung/apps/editor/samples/dogs.jpg"
REFERENCE = Path(__file__).parent / "yolo11n_seg_dogs.npz"
"""What ultralytics 8.4.190 says of the same file and photograph (conf=0.1, iou=0.7, retina_masks=True)."""


def test_a_wide_picture_lies_in_the_middle_of_its_square_on_grey() -> None:
    frame = framed(40, 10, 64)
    pixels = np.full((10, 40, 3), (255, 0, 0), np.uint8)

    made = tensor(pixels, frame, 64)

    assert (frame.scale, frame.left, frame.top, frame.width, frame.height) == (1.6, 0, 24, 64, 16)
    assert made.shape == (1, 3, 64, 64) and made.dtype == np.float32
    assert np.allclose(made[0, :, 23, 5], 114 / 255) and np.allclose(made[0, :, 40, 5], 114 / 255)
    assert made[0, :, 24, 5].tolist() == made[0, :, 39, 5].tolist() == [1.0, 0.0, 0.0]


def test_the_odd_row_of_grey_goes_below() -> None:
    above = {height: framed(640, height, 640).top for height in (425, 427)}

    assert above == {425: 107, 427: 106}, "108 and 107 below"


def test_a_column_becomes_a_box_with_its_best_class() -> None:
    columns = np.zeros((4 + 3 + 2, 2), np.float32)
    columns[:, 0] = (10, 20, 4, 6, 0.2, 0.7, 0.1, 5, 6)
    columns[:, 1] = (10, 20, 4, 6, 0.1, 0.2, 0.29, 7, 8)

    found = candidates(columns, 3, 0.3)

    assert found.boxes.tolist() == [[8, 17, 12, 23]]
    assert found.classes.tolist() == [1] and found.scores.tolist() == [np.float32(0.7)]
    assert found.coefficients.tolist() == [[5, 6]]


def crowd(seed: int, count: int = 120) -> Candidates:
    """Boxes in heaps of one place each, of three classes, best first."""
    random = np.random.default_rng(seed)
    corner = random.integers(0, 4, (count, 2)) * 100 + random.normal(0, 6, (count, 2))
    sides = random.uniform(40, 90, (count, 2))
    return Candidates(
        boxes=np.concatenate((corner, corner + sides), axis=1).astype(np.float32),
        classes=random.integers(0, 3, count),
        scores=np.sort(random.uniform(0.1, 1, count))[::-1].astype(np.float32),
        coefficients=random.normal(0, 1, (count, 4)).astype(np.float32),
    )


def plainly_suppressed(found: Candidates, overlap: float) -> list[int]:
    """The textbook's rule in loops over single numbers."""
    kept: list[int] = []
    for at in range(len(found.scores)):
        mine = [float(edge) for edge in found.boxes[at]]
        for better in kept:
            if found.classes[better] != found.classes[at]:
                continue
            theirs = [float(edge) for edge in found.boxes[better]]
            wide = max(0.0, min(mine[2], theirs[2]) - max(mine[0], theirs[0]))
            high = max(0.0, min(mine[3], theirs[3]) - max(mine[1], theirs[1]))
            areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (mine, theirs)]
            if wide * high / (sum(areas) - wide * high) > overlap:
                break
        else:
            kept.append(at)
    return kept


@pytest.mark.parametrize("seed", range(8))
def test_suppression_is_that_of_the_textbook(seed: int) -> None:
    found = crowd(seed)
    expected = plainly_suppressed(found, 0.7)

    kept = suppressed(found)

    assert 10 < len(expected) < len(found.scores)
    assert kept.scores.tolist() == found.scores[expected].tolist()
    assert kept.coefficients.tolist() == found.coefficients[expected].tolist()


def test_boxes_that_cover_nothing_overlap_nothing() -> None:
    empty = np.array([3, 3, 3, 3], np.float32)

    assert overlaps(empty, empty[None]).tolist() == [0.0]


def plain_outline(logits: np.ndarray, box: tuple[int, ...], width: int, height: int, square: int) -> np.ndarray:
    """Each pixel by itself: its middle in the square, the four cells round it, their mean by distance, its sign."""
    scale = min(square / width, square / height)
    left, top = (round((square - round(length * scale)) / 2 - 0.1) for length in (width, height))
    last = logits.shape[0] - 1
    mask = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    for y in range(box[1], box[3]):
        for x in range(box[0], box[2]):
            u, v = ((x + 0.5) * scale + left) / 4 - 0.5, ((y + 0.5) * scale + top) / 4 - 0.5
            across, down = math.floor(u), math.floor(v)
            value = 0.0
            for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
                weight = (u - across if j else 1 - u + across) * (v - down if i else 1 - v + down)
                value += weight * logits[min(max(down + i, 0), last), min(max(across + j, 0), last)]
            mask[y - box[1], x - box[0]] = 255 if value > 0 else 0
    return mask


@pytest.mark.parametrize(("width", "height", "box"), [(300, 100, (20, 10, 230, 90)), (37, 64, (0, 0, 37, 64))])
def test_an_outline_is_drawn_out_to_the_pictures_own_pixels(width: int, height: int, box: tuple[int, ...]) -> None:
    y, x = np.mgrid[:32, :32]
    logits = np.sin(x / 3.1) + np.cos(y / 2.7)

    made = outline(logits.astype(np.float32), box, framed(width, height, 128))  # type: ignore[arg-type]

    expected = plain_outline(logits, box, width, height, 128)
    assert made.shape == expected.shape and set(np.unique(made)) == {0, 255}
    assert (made != expected).mean() < 0.005, "OpenCV works in 32nds of a cell"


def test_a_tall_mask_is_drawn_in_strips_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = np.random.default_rng(1).normal(0, 1, (32, 32)).astype(np.float32)
    box, frame = (0, 0, 90, 120), framed(90, 120, 128)
    whole = outline(logits, box, frame)
    monkeypatch.setattr("rung.models.yolo_seg.ROWS", 7)

    strips = outline(logits, box, frame)

    assert (strips != whole).mean() < 0.005


def test_specks_inside_the_box_go_and_large_parts_stay() -> None:
    logits = np.full((32, 32), -1.0, np.float32)
    logits[4:14, 4:14] = 1  # the thing
    logits[16:19, 4:7] = 2  # a part of a tenth
    logits[16:18, 10:12] = 3  # a speck
    logits[28:30, 28:30] = 3  # outside the box: another thing's
    box = (8, 8, 80, 80)  # of a picture as large as the square of 128

    made = without_specks(logits, box, framed(128, 128, 128))

    assert (made > 0).sum() == 100 + 9 + 4 and not (made[16:18, 10:12] > 0).any()
    assert (logits > 0).sum() == 100 + 9 + 4 + 4, "what came in is left alone"


PICTURE = SimpleNamespace(width=100, height=50)


def one_thing(box: tuple[float, ...], logits: float) -> Candidates:
    return Candidates(
        boxes=np.array([box], np.float32),
        classes=np.array([0]),
        scores=np.array([0.9], np.float32),
        coefficients=np.array([[logits]], np.float32),
    )


def test_things_are_cut_to_the_picture_and_their_masks_lie_over_whole_pixels() -> None:
    found = one_thing((-4.0, 20.0, 32.6, 80.0), 1.0)  # in a square of 128; the picture has 1.28 pixels of it each

    (thing,) = things(found, np.ones((1, 32, 32), np.float32), framed(100, 50, 128), PICTURE, ["chair"])

    assert thing.box == pytest.approx((0, 0, 25.46875, 37.5)) and thing.label == "chair"
    assert thing.mask is not None and thing.mask_box == (0, 0, 26, 38)
    assert thing.mask.shape == (38, 26) and (thing.mask == 255).all()


def test_what_lies_beside_the_picture_is_nothing() -> None:
    found = one_thing((0.0, 0.0, 128.0, 20.0), 1.0)  # in the grey above

    assert things(found, None, framed(100, 50, 128), PICTURE, ["chair"]) == ()


@pytest.mark.parametrize("prototypes", [None, np.ones((1, 32, 32), np.float32)])
def test_without_a_mask_or_with_an_empty_one_there_is_the_box_alone(prototypes: np.ndarray | None) -> None:
    found = one_thing((10.0, 50.0, 30.0, 70.0), -1.0)

    (thing,) = things(found, prototypes, framed(100, 50, 128), PICTURE, ["chair"])

    assert thing.mask is None and thing.mask_box == (0, 0, 0, 0)


def file(names: str, inputs: list, outputs: list) -> SimpleNamespace:
    return SimpleNamespace(
        get_modelmeta=lambda: SimpleNamespace(custom_metadata_map={"names": names}),
        get_inputs=lambda: [SimpleNamespace(shape=shape) for shape in inputs],
        get_outputs=lambda: [SimpleNamespace(shape=shape) for shape in outputs],
    )


def test_the_words_and_the_side_are_the_files_own() -> None:
    net = file("{0: 'chair', 1: 'bed'}", [[1, 3, 64, 64]], [[1, 38, 84], [1, 32, 16, 16]])

    assert words(net) == ("chair", "bed") and side(net, 2) == 64  # type: ignore[arg-type]


@pytest.mark.parametrize("names", ["", "{1: 'chair'}", "__import__('os')"])
def test_a_file_without_words_is_refused(names: str) -> None:
    with pytest.raises(LoadFailed, match="where the words of its classes should stand"):
        words(file(names, [], []))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ([[1, 3, 64, 64]], [[1, 300, 38]]),
        ([["batch", 3, 64, 64]], [[1, 38, 84], [1, 32, 16, 16]]),
        ([[1, 3, 64, 64]], [[1, 39, 84], [1, 32, 16, 16]]),
    ],
)
def test_another_layout_is_refused_with_what_it_is(inputs: list, outputs: list) -> None:
    with pytest.raises(LoadFailed, match="Export it with a fixed size and without NMS"):
        side(file("", inputs, outputs), 2)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model(weight: Callable[[Weights], Path]) -> YoloSeg:
    (file,) = YOLO11N_SEG.weights
    model = YoloSeg()
    model.load(
        Context(
            variant="v", task="detect", device="cpu", precision="fp32", threads=1, weights={file.name: weight(file)}
        )
    )
    return model


def detected(model: YoloSeg, **wanted: object) -> DetectOutput:
    picture = png(np.asarray(Image.open(DOGS).convert("RGB")))
    ((_, outcome),) = model.run([FakeCall(DetectInput(picture=picture, **wanted))])  # type: ignore[arg-type]
    assert isinstance(outcome, Result) and isinstance(outcome.output, DetectOutput)
    return outcome.output


@pytest.mark.weights
def test_the_real_weights_say_what_their_authors_code_says(model: YoloSeg) -> None:
    reference = np.load(REFERENCE)
    masks = np.unpackbits(reference["masks"], axis=-1)[..., : reference["shape"][2]] > 0

    ours = detected(model, least=0.1, masks=True).detections

    assert [one.class_id for one in ours] == reference["classes"].tolist()
    assert np.allclose([one.score for one in ours], reference["scores"], atol=1e-3)
    assert np.allclose([one.box for one in ours], reference["boxes"], atol=0.1)
    for one, theirs in zip(ours, masks, strict=True):
        mine = np.zeros(theirs.shape, bool)
        x0, y0, x1, y1 = one.mask_box
        assert one.mask is not None
        mine[y0:y1, x0:x1] = one.mask > 0
        assert (mine & theirs).sum() / (mine | theirs).sum() > 0.99


@pytest.mark.weights
def test_masks_are_made_only_where_they_are_wanted_and_the_vocabulary_is_told(model: YoloSeg) -> None:
    answer = detected(model)

    assert all(one.mask is None for one in answer.detections)
    assert len(answer.vocabulary) == 80 and {"couch", "chair", "bed"} <= set(answer.vocabulary)
    assert "wardrobe" not in answer.vocabulary
