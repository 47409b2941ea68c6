"""What a call to a provider is made of, and what is understood of its answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rung.runtime.errors import ProviderFailed
from rung.runtime.tasks import DescribeInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An earlier answer that would not do, and what was said to it."""

    answer: str
    complaint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What is asked of a model. schema: parsed, None: plain words. turns: what was tried before."""

    asked: DescribeInput
    model: str
    schema: Mapping[str, Any] | None
    turns: Sequence[Turn] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The request: the path below the url, headers, and the body as JSON values."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came back. cut: the answer ended at max_tokens. Tokens as the provider counts them, those of the prompt
    that it had kept from before too. model: that it says answered; empty: it does not say."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    cut: bool = False
    model: str = ""


def not_understood(provider: str, error: Exception) -> ProviderFailed:
    """For an answer that is not as the protocol has it."""
    return ProviderFailed(f"{provider} answered, and not as its protocol says: {type(error).__name__} at {error}.")


def is_named(asked: str, told: str) -> bool:
    """Whether what a server calls its model may be what was asked for: a dated release of it (`gpt-4o-2024-08-06`), a
    file (`/models/Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf`) or a tag (`qwen2.5-vl:7b`)."""
    wanted = [part for part in re.split(r"[^a-z0-9.]+", asked.rpartition("/")[2].lower()) if part != "instruct"]
    name = re.sub(r"[^a-z0-9.]+", "", told.lower())
    return all(part in name for part in wanted)
