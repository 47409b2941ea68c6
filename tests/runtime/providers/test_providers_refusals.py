"""What a provider's refusal means and how long it rests; bodies as each kind of server words them."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from rung.runtime.errors import ProviderFailed
from rung.runtime.nodes.providers.refusals import REST_S, own_words, refused, rest_s
from rung.runtime.spec import Provider

PROVIDER = Provider(name="openai", protocol="openai", key="OPENAI_API_KEY")


def failed(status: int, body: Any = b"", **headers: str) -> ProviderFailed:
    told = body if isinstance(body, bytes) else json.dumps(body).encode()
    return refused(PROVIDER, status, {name.replace("_", "-"): value for name, value in headers.items()}, told)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "Rate limit reached.", "type": "requests"}}, "Rate limit reached"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "Overloaded"),
        ({"error": "model 'x' not found"}, "model 'x' not found"),  # Ollama's own
        ({"object": "error", "message": "no model", "code": 404}, "no model"),  # vLLM before 0.9
        ({"detail": "Not Found"}, "Not Found"),  # FastAPI
        ({"error": {"message": "x" * 900}}, "x" * 200),
        ({"error": {"message": {"odd": 1}}}, ""),
        ([1], ""),
        (b"<html>", ""),
    ],
)
def test_its_own_words_are_found_wherever_such_servers_put_them(body: Any, said: str) -> None:
    assert own_words(body if isinstance(body, bytes) else json.dumps(body).encode()) == said


@pytest.mark.parametrize(
    ("status", "body", "said", "rest"),
    [
        (529, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, "529: it is overloaded", REST_S),
        (429, {"error": {"message": "You exceeded", "code": "insufficient_quota"}}, "has no money left", 300),
        (400, {"error": {"message": "Your credit balance is too low"}}, "has no money left", 300),
        (402, {"error": {"type": "billing_error", "message": "pay"}}, "has no money left", 300),
        (400, {"error": {"message": "x is not a multimodal model"}}, "takes no pictures", 300),
        (413, {"error": {"type": "request_too_large", "message": "no"}}, "413: the pictures are too large", 0),
        (400, {"error": {"message": "image exceeds 5 MB maximum"}}, "400: it does not take the request (image", 0),
        (404, {"error": "model 'x' not found"}, "404: there is no such model or path (model 'x'", REST_S),
        (503, b"", "503: it failed.", REST_S),
    ],
)
def test_a_refusal_says_what_it_means_and_rests_as_long_as_the_next_request_would_meet_it(
    status: int, body: Any, said: str, rest: float
) -> None:
    error = failed(status, body)

    assert said in error.message and rest_s(error) == rest


def test_part_of_a_key_is_never_repeated() -> None:
    error = failed(401, {"error": {"message": "Incorrect API key provided: sk-a***z. insufficient_quota"}})

    assert "sk-" not in error.message and "the key in OPENAI_API_KEY is not accepted" in error.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7), ({"retry_after_ms": "1500", "retry_after": "2"}, 1.5), ({"retry_after": "-3"}, 0),
        ({"retry_after": "nan"}, REST_S), ({"retry_after": "inf"}, REST_S), ({"retry_after": "soon"}, REST_S),
        ({}, REST_S),
    ],
)  # fmt: skip
def test_a_wait_is_read_in_seconds_and_in_milliseconds(headers: dict[str, str], seconds: float) -> None:
    assert rest_s(failed(429, **headers)) == seconds


def test_a_wait_until_a_date_is_the_time_that_is_left() -> None:
    assert 50 < rest_s(failed(503, retry_after=formatdate(time.time() + 60, usegmt=True))) <= 60
    assert rest_s(failed(503, retry_after="Thu, 01 Jan 1970 00:00:00 GMT")) == 0
