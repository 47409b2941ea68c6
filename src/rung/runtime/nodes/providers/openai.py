"""The chat protocol of OpenAI, as it and many local servers speak it. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from rung.runtime.errors import ProviderFailed
from rung.runtime.nodes.providers.shape import is_strict
from rung.runtime.nodes.providers.talk import Post, Said, Talk, not_understood
from rung.runtime.tasks import Picture


def post(talk: Talk, key: str, *, completion: bool) -> Post:
    """completion: the limit is called max_completion_tokens, as OpenAI's own newer models want it; other servers know
    max_tokens."""
    limit = "max_completion_tokens" if completion else "max_tokens"
    body: dict[str, Any] = {"model": talk.model, "messages": _messages(talk), limit: talk.asked.max_tokens}
    if talk.schema is not None:
        told = {"name": "answer", "strict": is_strict(talk.schema), "schema": talk.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": told}
    if talk.seed is not None:
        body["seed"] = talk.seed
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Post(path="/chat/completions", headers=headers, body=body)


def said(values: Any, provider: str) -> Said:
    """Of a parsed answer. Raises ProviderFailed where it is none, or a refusal."""
    try:
        choice, usage = values["choices"][0], values.get("usage") or {}
        message = choice["message"]
        if message.get("refusal"):
            raise ProviderFailed(f"{provider} refused to answer: {str(message['refusal'])[:200]}")
        if choice.get("finish_reason") == "content_filter":
            raise ProviderFailed(f"{provider} held its answer back by its content filter.")
        return Said(
            text=str(message.get("content") or ""),
            prompt_tokens=int(usage.get("prompt_tokens", 0)),
            completion_tokens=int(usage.get("completion_tokens", 0)),
            cut=choice.get("finish_reason") == "length",
            model=str(values.get("model") or ""),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise not_understood(provider, error) from error


def _messages(talk: Talk) -> list[Mapping[str, Any]]:
    pictures = [{"type": "image_url", "image_url": {"url": _data(one)}} for one in talk.asked.pictures]
    found: list[Mapping[str, Any]] = [
        {"role": "user", "content": [*pictures, {"type": "text", "text": talk.asked.prompt}]}
    ]
    for turn in talk.turns:
        found += [{"role": "assistant", "content": turn.answer}, {"role": "user", "content": turn.complaint}]
    return found


def _data(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"
