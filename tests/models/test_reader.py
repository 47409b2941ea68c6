"""Our reader: strips, cells, the weight of the grammar, and its committed weights on text in a font that none of its
training had."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from fake_call import FakeCall, png
from onnx import TensorProto, helper
from PIL import Image, ImageDraw, ImageFont

from rung.models import ctc
from rung.models.calibration import SUREST
from rung.models.catalog.read import READER
from rung.models.catalog.trained import FOLDER
from rung.models.cells import closely, inside
from rung.models.notation import canonical, cell_automaton, deviation_automaton, dimension_automaton
from rung.models.reader import BEND, Loose, Reader, believed, mask, parts, readings, rows_of, shared, weighed
from rung.models.signs import ALPHABETS, SIGNS
from rung.models.strips import HEIGHT, WIDEST, batch, strip
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context, Progress, Result
from rung.runtime.tasks import ReadInput, ReadOutput, TextBox
from rung.runtime.tasks.drawings import Alphabet

WEIGHTS = FOLDER / "reader" / "reader.onnx"


def context(path: Path) -> Context:
    return Context(
        variant="reader", task="read", device="cpu", precision="fp32", threads=1, weights={"reader/reader.onnx": path}
    )


def shares_of(*steps: dict[str, float]) -> np.ndarray:
    """f32 [T, classes]: at each step the shares of these signs, the rest to the blank; a blank step between any two."""
    rows = []
    for step in steps:
        row = np.zeros(len(SIGNS) + 1, np.float32)
        for sign, share in step.items():
            row[1 + SIGNS.index(sign)] = share
        row[0] = 1 - row.sum()
        blank = np.zeros_like(row)
        blank[0] = 1
        rows += [row, blank]
    return np.stack(rows)


def test_it_knows_every_sign_of_the_grammars_and_the_decimal_comma() -> None:
    grammars = {*dimension_automaton().alphabet, *deviation_automaton().alphabet}
    assert set(ALPHABETS["dimension"]) == {*grammars, ","}
    assert set(ALPHABETS["frame"]) == {*cell_automaton().alphabet, ","}
    assert len(set(SIGNS)) == len(SIGNS) and set(SIGNS) == set().union(*ALPHABETS.values())


def test_a_strip_has_ink_one_on_paper_nought_however_faint() -> None:
    crop = np.full((64, 200), 240, np.uint8)
    cv2.putText(crop, "25", (20, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 30, 3)
    strong, faint = strip(crop), strip((200 + crop // 6).astype(np.uint8))
    assert strong.shape[0] == HEIGHT and strong.min() >= 0 and strong.max() == 1
    assert np.median(strong) == 0 and np.abs(strong - faint).max() < 0.1


def test_a_page_light_on_dark_is_read_as_its_negative() -> None:
    pixels, boxes = written(["10.5"])
    plain, negative = (read(one, boxes, "dimension").lines[0].readings[0] for one in (pixels, 255 - pixels))
    assert plain == negative and plain.text == "10.5"


def test_a_strip_of_paper_alone_has_no_ink_and_a_very_long_one_is_squeezed() -> None:
    grain = np.random.default_rng(1).integers(250, 256, (32, 90)).astype(np.uint8)
    assert strip(grain).max() < 0.3
    long, short = strip(np.full((10, 4000), 255, np.uint8)), strip(np.full((10, 20), 255, np.uint8))
    assert long.shape == (HEIGHT, WIDEST)
    both = batch([long, short])
    assert both.shape == (2, 1, HEIGHT, WIDEST) and not both[1].any()


def cell(draw: Sequence[tuple[tuple[int, int], tuple[int, int]]], line: int = 2) -> np.ndarray:
    """A cell of 60 x 80 pixels with its four lines, and strokes in it."""
    pixels = np.full((60, 80), 255, np.uint8)
    cv2.rectangle(pixels, (0, 0), (79, 59), 0, line)
    for start, end in draw:
        cv2.line(pixels, start, end, 0, 2)
    return pixels


def test_a_cells_lines_are_left_out_and_its_content_has_paper_around() -> None:
    cut = inside(cell([((30, 15), (30, 45)), ((20, 45), (40, 45))]))
    ink = np.argwhere(cut < 128)
    assert ink.min() > 0 and (ink.max(axis=0) < np.array(cut.shape) - 1).all()
    assert 30 <= cut.shape[0] <= 48 and 20 <= cut.shape[1] <= 36


def test_the_one_stroke_of_straightness_stays_thin_in_its_cut_out() -> None:
    cut = inside(cell([((20, 45), (60, 45))]))
    rows = np.flatnonzero((cut < 128).any(axis=1))
    assert len(rows) <= 3 and cut.shape[0] > 24 and abs(rows.mean() - cut.shape[0] / 2) < 3


def test_an_empty_cell_stays_as_it_is() -> None:
    assert inside(np.full((30, 40), 255, np.uint8)).shape == (30, 40)


def test_the_grammar_settles_what_the_picture_leaves_open() -> None:
    open_between = shares_of({"⌀": 1.0}, {"2": 1.0}, {"S": 0.55, "5": 0.45})
    assert weighed(open_between, Loose(dimension_automaton()))[0].text == "⌀25"


def test_what_the_picture_says_clearly_is_not_bent_to_the_grammar() -> None:
    clear = shares_of({"2": 1.0}, {"°": 0.995, "0": 0.005}, {"2": 1.0})
    inside_it, outside = 0.005, 0.995
    assert outside / inside_it > BEND
    best, second = weighed(clear, Loose(dimension_automaton()))[:2]
    assert (best.text, second.text) == ("2°2", "202") and best.chance < 0.1


def test_a_decimal_comma_is_a_point_to_the_grammar() -> None:
    (best, *_) = weighed(shares_of({"2": 1.0}, {",": 1.0}, {"5": 1.0}), Loose(dimension_automaton()))
    assert best.text == "2,5" and best.chance > 0.9 and canonical(best.text) == "2.5"


def test_what_stands_before_a_stack_need_not_be_whole() -> None:
    plain = np.full((40, 60), 255, np.uint8)
    cv2.putText(plain, "2", (8, 32), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    from rung.models.lettering.stacks import Parts

    alone = rows_of(Parts(main=plain), "dimension")
    main, upper, lower = rows_of(Parts(main=plain, upper=plain, lower=plain), "dimension")
    unfinished = shares_of({"⌀": 1.0}, {"2": 1.0}, {"H": 1.0}, {"7": 1.0}, {"(": 1.0})
    assert ctc.texts(unfinished, SIGNS, main.language)[0].text == "⌀2H7("
    assert ctc.texts(unfinished, SIGNS, alone[0].language) == []
    signed = shares_of({"+": 1.0}, {"0": 1.0}, {".": 1.0}, {"1": 1.0})
    assert {ctc.texts(signed, SIGNS, row.language)[0].text for row in (upper, lower)} == {"+0.1"}
    limit = shares_of({"⌀": 0.6, "0": 0.4}, {"9": 1.0}, {".": 1.0}, {"8": 1.0})
    _, bare = rows_of(Parts(main=None, upper=plain, lower=plain), "dimension")
    assert ctc.texts(limit, SIGNS, bare.language)[0].text == "⌀9.8", "of two limits one may have the sign of both"
    assert ctc.texts(limit, SIGNS, lower.language)[0].text == "09.8", "a deviation has none"


def test_confidences_of_one_row_never_sum_to_more_than_one() -> None:
    row = rows_of_plain()
    said = readings(shares_of({"1": 0.5, "7": 0.45}, {"0": 0.9}), row, 1.0, 2.0)
    assert [one.text for one in said[:2]] == ["10", "70"]
    assert sum(one.confidence or 0.0 for one in said) <= 1.0001
    assert said[0].confidence == pytest.approx(believed(0.45, 1.0, 2.0), abs=0.01)


def rows_of_plain():
    from rung.models.reader import Row

    return Row(strip(np.full((32, 64), 255, np.uint8)), "dimension", Loose(dimension_automaton()))


def test_a_row_that_most_likely_says_nothing_has_no_reading() -> None:
    assert readings(shares_of({"1": 0.04}), rows_of_plain(), 1.0, 0.0) == ()
    assert readings(shares_of({"1": 0.6}), rows_of_plain(), 1.0, 0.0)[0].text == "1"


def test_the_other_alphabets_signs_have_no_share() -> None:
    scores = np.zeros((1, len(SIGNS) + 1), np.float32)
    shares = shared(scores + mask("frame"))[0]
    assert shares.sum() == pytest.approx(1) and shares[1 + SIGNS.index("±")] == 0 < shares[1 + SIGNS.index("⌖")]


def test_weights_for_other_signs_are_refused(tmp_path: Path) -> None:
    name = tmp_path / "other.onnx"
    value = helper.make_tensor_value_info("strips", TensorProto.FLOAT, [1])
    out = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["strips"], ["scores"])], "net", [value], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    entry = model.metadata_props.add()
    entry.key, entry.value = "signs", "abc"
    onnx.save(model, name)
    with pytest.raises(LoadFailed, match="not trained on the signs"):
        Reader().load(context(name))


def written(texts: Sequence[str], size: int = 30) -> tuple[np.ndarray, list[TextBox]]:
    """Texts one below the other in Pillow's own font, with a box of their ink each."""
    font = ImageFont.load_default(size)
    image = Image.new("L", (500, 20 + 60 * len(texts)), 255)
    pen = ImageDraw.Draw(image)
    boxes = []
    for number, text in enumerate(texts):
        pen.text((20, 15 + 60 * number), text, font=font, fill=0)
        x0, y0, x1, y1 = pen.textbbox((20, 15 + 60 * number), text, font=font)
        boxes.append(TextBox(polygon=((x0, y0), (x1, y0), (x1, y1), (x0, y1)), score=1.0))
    return np.repeat(np.array(image)[..., None], 3, axis=2), boxes


def read(pixels: np.ndarray, boxes: Sequence[TextBox], alphabet: Alphabet) -> ReadOutput:
    model = Reader()
    model.load(context(WEIGHTS))
    outcomes = [
        outcome
        for _, outcome in model.run([FakeCall(ReadInput(picture=png(pixels), boxes=tuple(boxes), alphabet=alphabet))])
    ]
    assert all(isinstance(one, Progress) for one in outcomes[:-1]) and isinstance(outcomes[-1], Result)
    return outcomes[-1].output


def test_the_committed_weights_read_dimensions_in_a_font_of_none_of_their_training() -> None:
    texts = ["25", "10.5", "R12", "M10x1.5-6g", "45°", "100±0.1", "25H7", "2x45°", "Ra1.6", "(36)", "4xR8"]
    out = read(*written(texts), "dimension")
    got = [canonical(line.readings[0].text) for line in out.lines]
    assert got == [canonical(text) for text in texts]
    assert all(line.box == place for place, line in enumerate(out.lines))
    assert min(line.readings[0].confidence or 0 for line in out.lines) > 0.3


def test_a_reading_is_as_sure_as_the_curve_in_the_weights_says_and_never_quite() -> None:
    notes = {entry.key: entry.value for entry in onnx.load(WEIGHTS).metadata_props}
    curve = json.loads(notes["calibration"])["dimension"]
    pixels, boxes = written(["25", "1000.75"])
    blurred = cv2.GaussianBlur(pixels, (0, 0), 3.0)
    model = Reader()
    model.load(context(WEIGHTS))
    grey = blurred[..., 0]
    rows = [row for box in boxes for row in rows_of(parts(grey, box, "dimension"), "dimension")]
    chances = [weighed(shares, row.language)[0].chance for row, shares in zip(rows, model._shares(rows), strict=True)]
    told = [line.readings[0].confidence for line in read(blurred, boxes, "dimension").lines]

    assert told == pytest.approx([believed(one, *curve) for one in chances], abs=1e-3)
    assert min(chances) < 0.97, "so sure of all that no curve would show"
    assert abs(told[chances.index(min(chances))] - min(chances)) > 0.01
    assert believed(1.0, *curve) == SUREST < 1


def test_text_of_no_alphabet_of_its_own_is_left_unread_with_the_reason() -> None:
    pixels, boxes = written(["note"])
    (line,) = read(pixels, boxes, "text").lines
    assert line.readings == () and "no other words" in line.reason


def test_the_record_beside_the_weights_is_of_these_weights() -> None:
    import hashlib
    import json

    record = json.loads((FOLDER / "reader" / "record.json").read_text(encoding="utf-8"))
    assert record["sha256"] == READER.weights[0].sha256 == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert WEIGHTS.stat().st_size == READER.weights[0].size < 5_000_000
    held = set(record["held_out_fonts"]) & set(record["fonts"])
    assert not held, "a font that it is judged by was trained on"


def test_a_low_text_in_a_high_row_fills_its_strip() -> None:
    row = np.full((60, 100), 255, np.uint8)
    cv2.rectangle(row, (20, 18), (40, 44), 0, 2)
    cut = closely(row)
    share = [np.flatnonzero((one < 128).any(axis=1)).size / one.shape[0] for one in (row, cut)]
    assert share[0] < 0.5 and share[1] > 0.65
    dash = np.full((40, 60), 255, np.uint8)
    dash[20:22, 10:50] = 0
    assert closely(dash).shape[0] > 20


def test_the_quality_in_the_catalogue_is_the_record_s() -> None:
    record = json.loads((FOLDER / "reader" / "record.json").read_text("utf-8"))["by_the_grammar"]
    right = {(wear, of): 1 - record[wear][of]["texts"] for wear in ("clean", "worn") for of in ("dimension", "frame")}

    assert READER.quality.value == round(right["clean", "dimension"], 3)
    assert f"frames' cells {right['clean', 'frame']:.3f}" in READER.quality.metric
    assert f"worn {right['worn', 'dimension']:.3f} and {right['worn', 'frame']:.3f}" in READER.quality.metric
