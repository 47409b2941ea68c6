"""Decides how an error looks over HTTP: its status, and an RFC 9457 body that names nothing internal."""

from __future__ import annotations

import difflib
import json
import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rung.runtime.errors import RungError
from rung.runtime.jobs import Failure, failure_of, new_id
from rung.runtime.logs import Redactor

log = logging.getLogger(__name__)

STATUS: Mapping[str, int] = {
    "invalid-input": 422,
    "malformed": 400,
    "too-large": 413,
    "unsupported-media": 415,
    "nothing-found": 422,
    "url-not-allowed": 422,
    "idempotency-mismatch": 422,
    "unauthorized": 401,
    "forbidden": 403,
    "conflict": 409,
    "not-found": 404,
    "bad-config": 500,
    "outside-range": 422,
    "unavailable": 503,
    "no-rung": 503,
    "task-off": 503,
    "not-ready": 503,
    "queue-full": 429,
    "rate-limited": 429,
    "budget-exceeded": 402,
    "deadline-unreachable": 503,
    "quarantined": 503,
    "store": 503,
    "disk-full": 507,
    "fetch-failed": 502,
    "provider": 502,
    "draining": 503,
    "weights": 503,
    "weights-missing": 503,
    "weights-corrupt": 503,
    "offline": 503,
    "out-of-memory": 507,
    "deadline": 504,
    "cancelled": 499,
    "worker-failed": 500,
    "load-failed": 500,
    "model-failed": 500,
    "nan-output": 500,
    "timeout": 504,
    "lost": 500,
    "worker-crashed": 503,
    "internal": 500,
}
"""Every code of the tree in runtime/errors.py (a test holds that)."""

HTTP_CODES: Mapping[int, str] = {
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "request-timeout",
    403: "forbidden",
    416: "range-not-satisfiable",
    421: "wrong-host",
}
"""Codes of what goes wrong before any operation is reached."""

_WAITS = ("retry_after_s", "eta_s", "until_s")
"""Details that say when to come back, the first one first."""
_RESERVED = frozenset({"type", "title", "status", "detail", "code", "job", "retryable"})


_REDACT = Redactor()
"""Errors repeat what the caller sent, and that may be a key in the wrong place."""


class HttpProblem(Exception):
    """A refusal that only HTTP knows (a method, a media type, a host): no RungError says it."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None, **details: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.details = details


def problem(failure: Failure, *, status: int | None = None, job: str = "") -> dict[str, Any]:
    """The RFC 9457 object. Details stand beside the standard members and never replace one."""
    number = status or STATUS.get(failure.code, 500)
    body: dict[str, Any] = {
        "type": f"urn:rung:problem:{failure.code}",
        "title": failure.code.replace("-", " ").capitalize(),
        "status": number,
        "detail": failure.message,
        "code": failure.code,
        "retryable": failure.retryable,
    }
    if job:
        body["job"] = job
    whole = body | {key: value for key, value in failure.details.items() if key not in _RESERVED}
    return dict(_REDACT.inside(whole))


def problem_response(
    failure: Failure,
    *,
    status: int | None = None,
    job: str = "",
    headers: Mapping[str, str] | None = None,
    path: str = "",
) -> Response:
    """The answer. Retry-After is there when the time left is known; a refused body closes the connection.

    path: that was asked for. Below /v2 the body is the Open Inference Protocol's, `{"error": "..."}`, and the code a
    header.
    """
    body = problem(failure, status=status, job=job)
    extra = dict(headers or {})
    wait = next((failure.details[key] for key in _WAITS if key in failure.details), None)
    if isinstance(wait, int | float) and math.isfinite(wait):
        extra["Retry-After"] = str(max(math.ceil(wait), 1))
    if body["status"] in (408, 413):
        extra["Connection"] = "close"
    if path == "/v2" or path.startswith("/v2/"):
        extra["Rung-Code"] = failure.code
        told = json.dumps({"error": body["detail"]}, ensure_ascii=True)
        return Response(told, body["status"], extra, media_type="application/json")
    text = json.dumps(body, ensure_ascii=True, allow_nan=False, default=lambda value: type(value).__name__)
    return Response(text, body["status"], extra, media_type="application/problem+json")


async def on_rung_error(request: Request, error: Exception) -> Response:
    """Starlette's door for ours."""
    assert isinstance(error, RungError)
    return problem_response(failure_of(error), path=request.url.path)


async def on_http_problem(request: Request, error: Exception) -> Response:
    """Starlette's door for HttpProblem."""
    assert isinstance(error, HttpProblem)
    code = HTTP_CODES.get(error.status, "malformed")
    failure = Failure(code=code, message=error.detail, details=error.details)
    return problem_response(failure, status=error.status, headers=error.headers, path=request.url.path)


async def on_http_exception(request: Request, error: Exception, paths: Sequence[str] = ()) -> Response:
    """What Starlette itself raises: no such route, no such method. paths: of the operations, to name the nearest."""
    assert isinstance(error, HTTPException)
    path = request.url.path[:200]
    near = difflib.get_close_matches(path, paths, n=1, cutoff=0.7)
    hint = f"; the nearest operation is POST {near[0]}" if near else ""
    said = {404: f"nothing is at {path!r}{hint}", 405: f"{request.method} is not answered at {path!r}"}
    failure = Failure(
        code=HTTP_CODES.get(error.status_code, "malformed"),
        message=said.get(error.status_code, str(error.detail)),
    )
    return problem_response(failure, status=error.status_code, headers=error.headers, path=request.url.path)


def unexpected(error: Exception, path: str = "") -> Response:
    """A fault of ours: logged whole under an id, told by the id alone."""
    fault = new_id()
    log.error("unexpected error %s", fault, exc_info=error)
    failure = Failure(code="internal", message=f"an internal error; the server's log names it {fault}")
    return problem_response(failure, path=path)
