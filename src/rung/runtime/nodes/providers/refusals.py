"""What a provider's refusal means, in our words, and when it may be asked again. Pure but for the clock."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from rung.runtime.errors import ProviderFailed
from rung.runtime.spec import Provider

REST_S: Final = 5.0
"""After a failure that says nothing of it: so long nobody is sent there again where another rung can answer."""
_OF_THE_PROVIDER: Final = (401, 402, 403, 404, 408, 429)
"""Statuses that the next request would meet too, beside those from 500 on; 400 and 413 are that request's own."""
_NO_PICTURES: Final = ("image input is not supported", "not a multimodal model", "does not support image", "no vision")
"""What llama.cpp, vLLM and others say of a picture where their model takes none."""
_SPENT: Final = ("insufficient_quota", "billing_error", "credit balance")
"""What OpenAI (429) and Anthropic (402, 400) say where money is missing."""
_LONG_S: Final = 300.0
"""Where only a person can mend it: nobody is sent there meanwhile."""


def refused(provider: Provider, status: int, headers: Mapping[str, str], body: bytes) -> ProviderFailed:
    """The error. Its own words are told only as far as they are short and of its JSON, and not where some repeat part
    of the key."""
    words = own_words(body)
    meant, wait = _meaning(provider, status, body.decode(errors="replace").lower())
    told = _retry_after(headers)
    wait = wait if told is None else told
    details = {"status": status} | ({} if wait is None else {"retry_after_s": wait})
    own = f" ({words})" if words and status not in (401, 403) else ""
    return ProviderFailed(f"{provider.name} answered {status}: {meant}{own}.", **details)


def rest_s(error: ProviderFailed) -> float:
    """Seconds in which nobody else need ask: none after a failure of this one request."""
    status = int(error.details.get("status", 0))
    lasting = status in _OF_THE_PROVIDER or status >= 500
    return float(error.details.get("retry_after_s", REST_S if lasting else 0.0))


def _meaning(provider: Provider, status: int, body: str) -> tuple[str, float | None]:
    """In words, and how long nobody need ask again where the provider does not say; the cases in order: 1 a model
    without eyes, 2 no money left, 3 by the status; a refused key is that alone."""
    body = "" if status in (401, 403) else body
    if any(sign in body for sign in _NO_PICTURES):
        return "the model that it serves takes no pictures, and one that does is wanted there", _LONG_S
    if status == 402 or any(sign in body for sign in _SPENT):
        return "the account has no money left", _LONG_S
    meant = {
        401: f"the key in {provider.key or 'no variable'} is not accepted",
        403: "the key may not do that",
        404: "there is no such model or path",
        413: "the pictures are too large for it",
        429: "too many requests",
        529: "it is overloaded",
    }
    return meant.get(status, "it failed" if status >= 500 else "it does not take the request"), None


def own_words(body: bytes) -> str:
    """What it says went wrong, at most 200 letters; empty where that is not told as any of these servers tell it."""
    try:
        values: Any = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(values, dict):
        return ""
    error = values.get("error", values)  # OpenAI, Anthropic, llama.cpp; vLLM's older ones and FastAPI without it
    told = error if isinstance(error, str) else None  # Ollama
    if isinstance(error, dict):
        told = next((error[name] for name in ("message", "detail") if isinstance(error.get(name), str)), None)
    return (told or "")[:200].rstrip(". ")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, by OpenAI's own header in milliseconds, by seconds, or by a date as gateways send it."""
    milliseconds, told = _number(headers.get("retry-after-ms", "")), headers.get("retry-after", "")
    if milliseconds is not None:
        return milliseconds / 1000
    seconds = _number(told)
    if seconds is not None or not told:
        return seconds
    try:
        return max(parsedate_to_datetime(told).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return max(found, 0.0) if found < float("inf") else None
