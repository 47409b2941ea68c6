import importlib
import string
from typing import get_args

import pytest
from starlette.requests import Request

from rung.apps.editor.page_words import WORDS
from rung.console.words import FRAME, app_named, language_of, say
from rung.runtime.spec import Kind


def blanks(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": pairs})


@pytest.mark.parametrize("words", [FRAME, WORDS])
def test_every_word_stands_in_both_languages_with_the_same_blanks(words) -> None:
    for key, (english, korean) in words.items():
        assert english and korean, key
        assert blanks(english) == blanks(korean), key


def test_the_choice_made_before_wins_over_the_browsers_preference() -> None:
    assert language_of(request(cookie="rung_language=en", accept_language="ko-KR,ko")) == "en"
    assert language_of(request(accept_language="ko-KR,ko;q=0.9,en;q=0.8")) == "ko"
    assert language_of(request(cookie="rung_language=xx")) == "en"


def test_blanks_are_filled() -> None:
    assert say(WORDS, "en", "pixels", n=7) == "7 px"


def test_every_app_and_every_kind_of_rung_has_a_name_in_korean() -> None:
    apps = [importlib.import_module(f"rung.apps.{name}.app").APP for name in ("drawings", "editor", "furniture")]

    assert [app_named(app.name, app.title, "en") for app in apps] == [app.title for app in apps]
    assert all(app_named(app.name, app.title, "ko") != app.title for app in apps)
    assert app_named("theirs", "Theirs", "ko") == "Theirs"
    assert all(f"kind_{kind}" in FRAME for kind in get_args(Kind))
