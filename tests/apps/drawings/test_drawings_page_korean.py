"""Nothing on the Korean page is English but codes, units and what was read: each name and sentence has Korean words."""

import re
from typing import get_args

import pytest
from sentences_of import computed, sentences, steps

from rung.apps.drawings import (
    ensemble,
    exporting,
    frames,
    page_parts,
    page_way,
    pipeline,
    reading,
    reviews,
    schema,
    symbols,
    tables,
    understanding,
    voting,
)
from rung.apps.drawings.grades import title_table
from rung.apps.drawings.opening import opened, preparing, sheets
from rung.apps.drawings.page import SAMPLES
from rung.apps.drawings.page_names import NAMES, engines_named, named, step_named
from rung.apps.drawings.page_order import inputs_of
from rung.apps.drawings.page_sentences import SENTENCES, in_language
from rung.apps.drawings.page_state import Work, told
from rung.apps.drawings.page_words import WORDS
from rung.apps.drawings.quoting import bom
from rung.apps.drawings.quoting.pricing import shipped
from rung.models import edocr2, notation, ppocr_read, reader, tesseract
from rung.models.catalog.strokes import CLASSES
from rung.models.notation import ambiguity
from rung.models.notation import dimension as notation_of_dimensions
from rung.models.notation import frame as notation_of_frames
from rung.models.notation.grammar import DimensionType
from rung.models.notation.symbols import CHARACTERISTICS
from rung.models.symbols.finding import LABELS
from rung.models.symbols.sorting import CLASSES as VARIANTS
from rung.runtime.tasks import Alphabet, PartKind

HANGUL = re.compile("[가-힣]")
SPEAKERS = (
    understanding, reading, frames, tables, symbols, page_way, page_parts, reviews, voting, pipeline, opened, preparing,
    bom, notation_of_frames, notation_of_dimensions, ambiguity, reader, ppocr_read, tesseract, edocr2,
)  # fmt: skip
STEPPING = (reading, page_parts, page_way, ensemble)
COMPUTING = (sheets, preparing, page_way, reading, exporting)
PIECES = {
    "7 dpi instead of 7",
    " (assumed: the file does not say)",
    "page 7 is read at 77, as it has more than 7 pixels; positions are in pixels of the smaller picture",
    "a tolerance is expected, and 7 is none7",
    ": 7 cannot stand there",
    ": it ends too early",
    "7 is no dimension: 7 cannot stand 7",
    "at the beginning",
    "deviation is not written",
    "the automaton admits only tolerances",
    "a feature control frame, and no reader of its signs could be asked",
    "review of 7",
}
"""Parts of sentences, and what nobody is told: the whole ones are asked for below."""


def literal(model: type, field: str) -> set[str]:
    return set(get_args(model.model_fields[field].annotation))


@pytest.mark.parametrize(
    ("noun", "codes"),
    [
        ("type", set(get_args(DimensionType))),
        ("form", literal(schema.Dimension, "form")),
        ("characteristic", set(CHARACTERISTICS.values())),
        ("field", set(title_table()["labels"])),
        ("part", set(get_args(PartKind))),
        ("symbol", {*LABELS.values(), "datum", "boxed"}),
        ("zone", literal(schema.Frame, "zone")),
        ("variant", {one for classes in VARIANTS.values() for one in classes} - {""}),
        ("class", set(CLASSES)),
        ("difficulty", {one.name for one in (*shipped().difficulties, *shipped().hard_materials)}),
        ("sample", {path.stem for path in SAMPLES.glob("*.png")}),
        ("step", {name for module in COMPUTING for name in computed(module)}),
        ("step", {*(f"read {one}" for one in get_args(Alphabet)), *(one for each in STEPPING for one in steps(each))}),
    ],
)
def test_every_name_that_an_answer_can_hold_has_korean_words(noun, codes) -> None:
    assert codes and codes - set(NAMES[noun]) == set()
    for code in codes:
        assert HANGUL.search(named(noun, code, "ko")), code


def test_every_state_of_a_step_and_of_a_review_has_korean_words() -> None:
    for code in literal(schema.Step, "state") | set(get_args(schema.Status)):
        assert HANGUL.search(WORDS[code][1]), code


@pytest.mark.parametrize("module", SPEAKERS, ids=lambda module: module.__name__)
def test_every_sentence_that_is_written_down_has_a_korean_form(module) -> None:
    lacking = [one for one in sentences(module) - PIECES if not HANGUL.search(in_language(one, "ko"))]

    assert not lacking


def test_sentences_are_found_in_the_source() -> None:
    assert "no text was found in it" in sentences(tables)
    assert "read with a confidence of 7, and 7 is asked for" in sentences(understanding)
    assert {"find-text", "read frame", "cluster"} <= {one for each in STEPPING for one in steps(each)}


ROWS = ["", "A|0.1", "⌖", "⌖|x", "⌖|0.", "⏥|⌀0.1", "⌖|0.1|1", "⏥|0.1|A", "◎|0.1", "⌖|0.1|A|B|C|D"]


@pytest.mark.parametrize("row", ROWS)
def test_what_is_wrong_with_a_frame_is_said_in_korean_alone(row) -> None:
    (fault,) = notation.parse_frame(row) if row else notation.parse_rows([[]])
    said = in_language(f"cell {fault.cell + 1} of a feature control frame: {fault.why}", "ko")

    assert said.startswith("기하공차 틀의") and not re.search("[a-z]{2}", said), said


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("row 3, column 2 of a table: no sign was told in it", "표 3행 2열: 알아볼 수 있는 글자가 없습니다"),
        ("read with a confidence of 0.31, and 0.5 is asked for", "확신도 0.31: 기준 0.5보다 낮습니다"),
        ("the same signs are also written for a diameter", "같은 표기를 지름에도 씁니다"),
        ("a balloon: no text was found in it", "기호 (부품 번호 풍선): 문자를 찾지 못했습니다"),
        ("page 2 is blank", "2쪽은 비어 있습니다"),
        (
            "no rung of classify-strokes can answer: its ladder is empty",
            "선 분류: 답할 수 있는 모델이 없습니다. its ladder is empty",
        ),
        (
            "passed over reader: the request asks for tesseract-kor; x: no GPU",
            "제외됨: reader: 요청에서 지정한 것은 tesseract-kor; x: no GPU",
        ),
        ("only limits are written; the nominal size is their middle", None),
        ("letters may be misread figures; page 2 is blank", "글자는 잘못 읽은 숫자일 수 있습니다; 2쪽은 비어 있습니다"),
        ("what nobody has said before", "what nobody has said before"),
    ],
)
def test_a_sentence_keeps_its_figures_and_an_unknown_one_is_shown_as_it_came(english, korean) -> None:
    said = in_language(english, "ko")

    assert said == korean if korean else HANGUL.search(said)
    assert in_language(english, "en") == english


def test_both_forms_of_a_sentence_have_the_same_places() -> None:
    unsaid = {"example"}
    for english, korean in SENTENCES.items():
        places = set(re.findall(r"\{(\w+)\}", english))
        assert places - unsaid == set(re.findall(r"\{(\w+)\}", korean)) - unsaid, english
        assert HANGUL.search(korean), english


def test_names_that_stand_in_no_table_are_shown_as_they_are() -> None:
    assert named("symbol", "gear_mark", "ko") == "gear mark"
    assert step_named("read dimension by edocr2", "ko") == "치수 읽기 (edocr2)"
    assert step_named("read dimension by edocr2", "en") == "read dimension by edocr2"
    assert engines_named("rules + reader", "ko") == "규칙 + reader"


def test_marks_and_inputs_are_told_in_the_visitors_language() -> None:
    one = {
        "type": "diameter", "nominal": 5.0, "upper": None, "lower": None, "unit": "mm", "count": 1, "engine": "reader",
        "confidence": 0.9, "alternatives": [], "notes": ["the comma may be a decimal point"],
    }  # fmt: skip
    given = {"name": "difficulty: keyway", "value": 0.3, "unit": "", "source": "read"}

    assert told(one, "ko") == ["지름 5 mm", "reader 90%", "", "쉼표가 소수점일 수 있습니다"]
    assert inputs_of({"inputs": [given]}, "ko") == [("난이도: 키홈 0.3", "read")]
    assert Work().marks("ko") == []
