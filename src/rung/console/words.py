"""Owns the console's own words, in English and Korean, and decides which of them a visitor reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from starlette.requests import Request

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES: Mapping[Language, str] = {"en": "English", "ko": "한국어"}
COOKIE = "rung_language"
Words = Mapping[str, tuple[str, str]]
"""A word's key -> (English, Korean)."""

FRAME: Words = {
    "apps": ("Apps", "앱"),
    "overview": ("Overview", "개요"),
    "live": ("Live", "실시간"),
    "app_drawings": ("Drawings", "도면"),
    "app_editor": ("Editor", "편집기"),
    "app_furniture": ("Furniture", "가구"),
    "language": ("Language", "언어"),
    "lead": (
        "Every task has a ladder of models. Rung answers on the highest rung this machine can reach, and says which.",
        "작업마다 모델의 사다리가 있습니다. "
        "Rung은 이 컴퓨터가 닿을 수 있는 가장 높은 단에서 답하고, 어느 단인지 알려 줍니다.",
    ),
    "open_app": ("Open", "열기"),
    "tasks": ("Tasks", "작업"),
    "tasks_lead": ("Which rung answers here, and why.", "이 컴퓨터에서 어느 단이 답하는지와 그 이유입니다."),
    "models": ("Models", "모델"),
    "models_lead": ("What is in memory now.", "지금 메모리에 있는 것입니다."),
    "task": ("task", "작업"),
    "answers": ("answers", "답하는 모델"),
    "where": ("where", "장치"),
    "why": ("why", "이유"),
    "nobody": ("nobody", "없음"),
    "off": ("switched off", "꺼짐"),
    "passed": ("passed over: {n}", "제외된 모델: {n}"),
    "lower": ("below it: {names}", "아래 단: {names}"),
    "model": ("model", "모델"),
    "state": ("state", "상태"),
    "memory": ("memory", "메모리"),
    "unloaded": ("not loaded", "올라와 있지 않음"),
    "loading": ("loading", "올리는 중"),
    "ready": ("ready", "준비됨"),
    "unloading": ("unloading", "내리는 중"),
    "running": ("running {n}", "실행 중 {n}"),
    "queued": ("waiting {n}", "대기 {n}"),
    "pinned": ("pinned", "고정됨"),
    "not_here": ("cannot run here", "여기서는 실행 불가"),
    "when_ready": ("{size} when loaded", "올리면 {size}"),
    "budget": ("{device}: {used} of {total} used", "{device}: {total} 중 {used} 사용"),
    "step": ("step", "단계"),
    "variant": ("model", "모델"),
    "kind": ("kind", "종류"),
    "kind_real": ("real", "실제"),
    "kind_quantized": ("quantized", "양자화"),
    "kind_substitute": ("substitute", "대체"),
    "kind_mock": ("mock", "모의"),
    "device": ("device", "장치"),
    "queue_s": ("wait s", "대기 초"),
    "load_s": ("load s", "적재 초"),
    "run_s": ("run s", "실행 초"),
    "before": ("Before", "이전"),
    "after": ("After", "이후"),
    "compare": ("Drag to compare before and after", "끌어서 이전과 이후를 비교하세요"),
    "error": ("That did not work", "처리하지 못했습니다"),
    "warnings": ("Please note", "참고하세요"),
    "mock": ("MOCK", "MOCK · 모의 결과"),
    "mock_text": (
        "No model made this. A mock stands in its place, because configuration says so.",
        "모델이 만든 결과가 아닙니다. 설정에 따라 모의 응답이 대신했습니다.",
    ),
    "enter": ("Log in", "로그인"),
    "enter_lead": (
        "This server asks for a key. Whoever runs it makes one with `rung keys create`.",
        "이 서버에는 키가 필요합니다. 서버 관리자가 `rung keys create` 명령으로 만들 수 있습니다.",
    ),
    "key": ("Key", "키"),
    "leave": ("Log out", "로그아웃"),
    "wrong_key": (
        "That key is not known here, or it was revoked or has expired.",
        "등록되지 않았거나, 취소되었거나, 만료된 키입니다.",
    ),
    "too_many_keys": (
        "Too many wrong keys came from your address. Wait a moment and try again.",
        "잘못된 키가 너무 많이 입력되었습니다. 잠시 후 다시 시도하세요.",
    ),
    "no_answer": (
        "The keys cannot be looked up right now. Try again in a moment.",
        "지금은 키를 확인할 수 없습니다. 잠시 후 다시 시도하세요.",
    ),
    "fault": ("The page itself failed: {what}. Reload it.", "페이지 자체에 문제가 생겼습니다: {what}. 새로 고치세요."),
}


def say(words: Words, language: Language, key: str, **values: object) -> str:
    """The words of that key, with {placeholders} filled. A missing key is our own bug: KeyError."""
    text = words[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text


def app_named(name: str, title: str, language: Language) -> str:
    """An app's name; its own title where it is none of ours."""
    return say(FRAME, language, f"app_{name}") if f"app_{name}" in FRAME else title


def language_of(request: Request) -> Language:
    """What the visitor chose before (a cookie), else what the browser prefers, else English."""
    chosen = request.cookies.get(COOKIE, "")
    for language in LANGUAGES:
        if chosen == language:
            return language
    preferred = request.headers.get("accept-language", "").strip().lower()
    return "ko" if preferred.startswith("ko") else "en"
