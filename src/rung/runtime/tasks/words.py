"""Conversations: chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rung.runtime.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one side of a conversation said."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatInput:
    """The next message of a conversation; its text comes in pieces too (`Part`, a string each).

    max_tokens: the answer is cut there. temperature: 0 takes the likeliest token each time. stop: texts that end the
    answer and are not part of it. What makes the draw repeatable is the call's seed.
    """

    messages: tuple[Message, ...]
    max_tokens: int = 512
    temperature: float = 0.7
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOutput:
    """finish_reason: `stop` at its own end or a stop text, `length` where it was cut. Tokens as the model counts."""

    text: str
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


MOST_TOKENS = 1_000_000
HOTTEST = 5.0


def check_chat(input: ChatInput) -> None:
    """InvalidInput unless somebody is to be answered, within bounds that mean something."""
    if not input.messages or input.messages[-1].role != "user":
        raise InvalidInput("messages ends with what the user said: that is answered", field="messages")
    if not 1 <= input.max_tokens <= MOST_TOKENS:
        raise InvalidInput(f"max_tokens is {input.max_tokens}; it is 1 to {MOST_TOKENS}", field="max_tokens")
    if not 0 <= input.temperature <= HOTTEST:
        raise InvalidInput(f"temperature is {input.temperature:g}; it is 0 to {HOTTEST:g}", field="temperature")
    if not all(input.stop):
        raise InvalidInput("an empty stop text would end every answer before it begins", field="stop")
