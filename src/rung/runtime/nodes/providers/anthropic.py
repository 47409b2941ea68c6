"""The messages protocol of Anthropic. An answer by schema is the input of a tool that has to be used. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from rung.runtime.nodes.providers.talk import Post, Said, Talk, not_understood
from rung.runtime.tasks import Picture

VERSION: Final = "2023-06-01"
_TOOL: Final = "answer"


def post(talk: Talk, key: str) -> Post:
    """The request."""
    body: dict[str, Any] = {"model": talk.model, "messages": _messages(talk), "max_tokens": talk.asked.max_tokens}
    if talk.schema is not None:
        body["tools"] = [{"name": _TOOL, "description": "Give the answer.", "input_schema": talk.schema}]
        body["tool_choice"] = {"type": "tool", "name": _TOOL}
    return Post(path="/messages", headers={"x-api-key": key, "anthropic-version": VERSION}, body=body)


def said(values: Any, provider: str) -> Said:
    """Of a parsed answer. Raises ProviderFailed where it is none."""
    try:
        usage, texts = values["usage"], [_text(block) for block in values["content"]]
        return Said(
            text="".join(texts),
            prompt_tokens=int(usage["input_tokens"]),
            completion_tokens=int(usage["output_tokens"]),
            cut=values.get("stop_reason") == "max_tokens",
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise not_understood(provider, error) from error


def _text(block: Mapping[str, Any]) -> str:
    match block["type"]:
        case "text":
            return str(block["text"])
        case "tool_use":
            return json.dumps(block["input"], ensure_ascii=False)
        case _:
            return ""


def _messages(talk: Talk) -> list[Mapping[str, Any]]:
    content = [*map(_image, talk.asked.pictures), {"type": "text", "text": talk.asked.prompt}]
    found: list[Mapping[str, Any]] = [{"role": "user", "content": content}]
    for turn in talk.turns:
        found += [
            {"role": "assistant", "content": turn.answer or "(nothing)"},
            {"role": "user", "content": turn.complaint},
        ]
    return found


def _image(picture: Picture) -> Mapping[str, Any]:
    data = base64.b64encode(picture.data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": picture.media_type, "data": data}}
