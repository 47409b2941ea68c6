"""What the files of an answer are worded in: headings, names and sentences, in the language of who asked. Pure.

In English the names stay the codes of the API, which programs that read the workbook or the CSV may go by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rung.apps.drawings.page_names import Noun, engines_named, named
from rung.apps.drawings.page_sentences import in_language
from rung.apps.drawings.page_words import WORDS
from rung.console.words import Language, Words, say

Plain = Mapping[str, Any]
HEADS: Final[Words] = {
    "page": ("page", "쪽"),
    "id": ("id", "번호"),
    "text": ("text", "문자"),
    "type": ("type", "종류"),
    "nominal": ("nominal", "기준 치수"),
    "upper": ("upper", "위 허용차"),
    "lower": ("lower", "아래 허용차"),
    "unit": ("unit", "단위"),
    "fit": ("fit", "끼워맞춤"),
    "count": ("count", "개수"),
    "form": ("form", "형식"),
    "confidence": ("confidence", "확신도"),
    "engine": ("engine", "판독"),
    "status": ("status", "검토"),
    "alternatives": ("alternatives", "다른 판독"),
    "notes": ("notes", "비고"),
    "characteristic": ("characteristic", "특성"),
    "zone": ("zone", "공차역"),
    "tolerance": ("tolerance", "공차"),
    "modifiers": ("modifiers", "기호"),
    "datums": ("datums", "데이텀"),
    "errors": ("errors", "오류"),
    "field": ("field", "항목"),
    "value": ("value", "값"),
    "label": ("label", "기호"),
    "variant": ("variant", "모양"),
    "score": ("score", "확신도"),
    "dimension": ("dimension", "치수"),
    "x": ("x", "x"),
    "y": ("y", "y"),
    "reason": ("reason", "이유"),
    "best guess": ("best guess", "추정"),
}
"""The heading of a column -> in each language."""
TITLES: Final[Words] = {
    "dimensions": ("Dimensions", "치수"),
    "frames": ("GD&T frames", "기하공차"),
    "symbols": ("Symbols", "기호"),
    "title": ("Title block", "표제란"),
    "table": ("Table {id}", "표 {id}"),
    "unread": ("Unread", "읽지 못함"),
    "cell": ("cell {cell}: {message}", "{cell}번째 칸: {message}"),
    "of_page": ("Page {page}: {what}", "{page}쪽: {what}"),
    "document": ("Readings of drawing {drawing}", "도면 판독 결과 {drawing}"),
}


UNITS: Final = {"um": "µm", "deg": "°"}


def heads(names: Sequence[str], language: Language) -> list[str]:
    """The headings of those columns."""
    return [say(HEADS, language, name) for name in names]


def spoken(pages: Sequence[Plain], language: Language) -> list[Plain]:
    """Pages in their plain form with every name and sentence in that language; texts of the drawing stay."""
    return [*pages] if language == "en" else [_spoken(page) for page in pages]


def _spoken(page: Plain) -> Plain:
    return {
        **page,
        "dimensions": [_dimension(one) for one in page["dimensions"]],
        "frames": [_frame(one) for one in page["frames"]],
        "title_block": {
            named("field", name, "ko"): _with(one, engine=_engine) for name, one in page["title_block"].items()
        },
        "symbols": [_with(one, label=_name("symbol"), variant=_name("variant")) for one in page["symbols"]],
        "unread": [_with(one, reason=_sentence) for one in page["unread"]],
    }


def _dimension(one: Plain) -> Plain:
    return _with(
        one,
        type=_name("type"),
        form=_name("form"),
        unit=lambda code: UNITS.get(code, code),
        engine=_engine,
        status=lambda code: say(WORDS, "ko", code),
        notes=lambda notes: [*map(_sentence, notes)],
    )


def _frame(one: Plain) -> Plain:
    said = _with(one, characteristic=_name("characteristic"), zone=_name("zone"), engine=_engine)
    return {**said, "errors": [_with(error, message=_sentence) for error in one["errors"]]}


def _with(one: Plain, **said: Callable[[Any], Any]) -> Plain:
    return {**one, **{key: word(one[key]) for key, word in said.items() if one[key] is not None}}


def _name(noun: Noun) -> Callable[[str], str]:
    return lambda name: named(noun, name, "ko")


def _engine(engine: str) -> str:
    return engines_named(engine, "ko")


def _sentence(sentence: str) -> str:
    return in_language(sentence, "ko")
