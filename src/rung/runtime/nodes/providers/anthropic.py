"""The messages protocol of Anthropic. An answer by schema is the input of a tool that has to be used. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rung.runtime.errors import ProviderFailed
from rung.runtime.nodes.providers.talk import Post, Said, Talk, not_understood
from rung.runtime.tasks import Picture

VERSION: Final = "2023-06-01"
LARGEST: Final = 5 * 1024 * 1024
"""Letters of a picture in base64: more is answered by 400 ("image exceeds 5 MB maximum")."""
_TOOL: Final = "answer"


def post(talk: Talk, key: str) -> Post:
    """The request. Raises ProviderFailed for a picture that it is known not to take."""
    body: dict[str, Any] = {"model": talk.model, "messages": _messages(talk), "max_tokens": talk.asked.max_tokens}
    if talk.schema is not None:
        body["tools"] = [{"name": _TOOL, "description": "Give the answer.", "input_schema": talk.schema}]
        body["tool_choice"] = {"type": "tool", "name": _TOOL}
    return Post(path="/messages", headers={"x-api-key": key, "anthropic-version": VERSION}, body=body)


def said(values: Any, provider: str) -> Said:
    """Of a parsed answer. Raises ProviderFailed where it is none, or a refusal."""
    try:
        if values.get("stop_reason") == "refusal":
            raise ProviderFailed(f"{provider} refused to answer.")
        return Said(
            text=_words(values["content"]),
            prompt_tokens=_prompt_tokens(values["usage"]),
            completion_tokens=int(values["usage"]["output_tokens"]),
            cut=values.get("stop_reason") in ("max_tokens", "model_context_window_exceeded"),
            model=str(values.get("model") or ""),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise not_understood(provider, error) from error


def _words(content: Sequence[Mapping[str, Any]]) -> str:
    """What was put into the tool, as JSON; what was said, where none was used. Words may stand before the use."""
    used = [block["input"] for block in content if block["type"] == "tool_use"]
    if used:
        return json.dumps(used[0], ensure_ascii=False)
    return "".join(str(block["text"]) for block in content if block["type"] == "text")


def _prompt_tokens(usage: Mapping[str, Any]) -> int:
    """`input_tokens` are those alone that it had not kept from an earlier prompt."""
    kept = ("cache_read_input_tokens", "cache_creation_input_tokens")
    return int(usage["input_tokens"]) + sum(int(usage.get(name) or 0) for name in kept)


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
    if len(data) > LARGEST:
        raise ProviderFailed(
            f"anthropic takes pictures of at most {LARGEST} bytes in base64; one of {picture.width} x {picture.height}"
            f" pixels has {len(data)}: send a JPEG, or a smaller one."
        )
    return {"type": "image", "source": {"type": "base64", "media_type": picture.media_type, "data": data}}
