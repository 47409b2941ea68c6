"""Decides the form of an answer: JSON or the main file itself, what its headers say, how long to wait for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from rung.runtime.app import Operation
from rung.runtime.errors import Malformed
from rung.runtime.jobs import Artifacts, Attempt, JobRecord
from rung.runtime.jobs.codec import encode, provenance_values
from rung.runtime.jobs.outbox import LARGEST_OUTPUT
from rung.runtime.server.errors import HttpProblem, problem, problem_response

JSON = "application/json"
_HEADER_BYTES = 4096
_MAX_WAIT_S = 600.0
_PRIORITY = {-1: "low", 0: "normal", 1: "high"}
_FILE_KEYS = frozenset({"file", "url", "media_type", "bytes"})


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """NaN can not leave: the runner refuses it in outputs, and here it would raise."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8"), status, headers, media_type=JSON)


# --- what the caller accepts --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Range:
    pattern: str
    q: float

    def fits(self, media_type: str) -> int:
        """How closely: 0 not at all, 1 */*, 2 image/*, 3 itself."""
        if self.pattern == media_type:
            return 3
        if self.pattern == media_type.partition("/")[0] + "/*":
            return 2
        return int(self.pattern == "*/*")


def choose(accept: str, offered: Sequence[str]) -> str:
    """The offered media type that the Accept header likes best; the earlier on a tie. Raises HttpProblem 406."""
    ranges = [_range(item) for item in (accept or "*/*").split(",")[:64] if item.strip()]
    best, best_rank = "", (0.0, 0)
    for media_type in offered:
        fit, q = max(((r.fits(media_type), r.q) for r in ranges), default=(0, 0.0))
        rank = (q, fit if fit > 1 else 0)
        if fit and q > 0 and rank > best_rank:
            best, best_rank = media_type, rank
    if not best:
        raise HttpProblem(
            406, f"Accept asks for nothing that is answered here: {', '.join(offered)}", offered=list(offered)
        )
    return best


def _range(item: str) -> _Range:
    pattern, *parameters = (piece.strip() for piece in item.split(";"))
    q = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                q = float(value)
            except ValueError as error:
                raise Malformed("Accept: a q-value is not a number") from error
            if not 0 <= q <= 1:
                raise Malformed("Accept: a q-value is a number from 0 to 1")
    return _Range(pattern.lower(), q)


# --- how long the caller waits ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a caller stays.

    background: the job outlives its caller. seconds: until a 202; None: the server's own. applied: for the header.
    """

    background: bool = False
    seconds: float | None = None
    applied: str = ""


def prefer(header: str) -> Wait:
    """RFC 7240: `respond-async`, `wait=N`, or both. What is unknown there is ignored, as it demands."""
    background, seconds, applied = False, None, []
    for item in header.split(","):
        name, _, value = item.partition(";")[0].strip().lower().partition("=")
        if name == "respond-async":
            background = True
            applied.append("respond-async")
        elif name == "wait":
            if not (value.strip().isascii() and value.strip().isdigit()) or len(value) > 9:
                raise Malformed("Prefer: wait=N needs a whole number of seconds")
            seconds = min(float(value), _MAX_WAIT_S)
            applied.append(f"wait={seconds:g}")
    if background and seconds is None:
        seconds = 0.0
    return Wait(background, seconds, ", ".join(applied))


# --- jobs as JSON ----------------------------------------------------------------------------------------


def job_json(record: JobRecord, position: int | None = None) -> dict[str, Any]:
    """A job as the outside sees it; its error is the problem that a waiting caller would have got.

    position: how many wait before it; None when it does not wait on this server.
    """
    here = f"/v1/jobs/{record.id}"
    return {
        "id": record.id,
        "app": record.app,
        "operation": record.operation,
        "status": record.status,
        "queue_position": position,
        "progress": asdict(record.progress),
        "created": record.created,
        "started": record.started,
        "finished": record.finished,
        "deadline_s": record.deadline_s,
        "deadline_at": record.deadline_at,
        "priority": _PRIORITY[record.priority],
        "durable": record.durable,
        "key": record.scope,
        "attempts": [_attempt(one) for one in record.attempts],
        "output": record.output,
        "error": problem(record.error, job=record.id) if record.error else None,
        "provenance": [provenance_values(one) for one in record.provenance],
        "warnings": list(record.warnings),
        "cancel_requested": record.cancel,
        "urls": {"self": here, "events": f"{here}/events", "cancel": f"{here}/cancel"},
    }


def end_json(record: JobRecord, most: int = LARGEST_OUTPUT) -> dict[str, Any]:
    """An ended job as its last event carries it: what polling gives.

    Parts of more than `most` characters of JSON are None and named in `left_out`; they are asked for at `urls.self`.
    """
    whole = job_json(record)
    large = [part for part in ("output", "provenance") if len(encode(whole[part])) > most]
    return whole | dict.fromkeys(large) | {"left_out": large} if large else whole


def _attempt(attempt: Attempt) -> dict[str, Any]:
    """Which server it was is for the operator (`rung jobs show`)."""
    told = asdict(attempt)
    del told["server"]
    return told


def accepted(record: JobRecord, wait: Wait, position: int | None = None) -> Response:
    """202: the job goes on, here is where to ask for it."""
    headers = {"Location": f"/v1/jobs/{record.id}", "Rung-Job": record.id}
    if wait.applied:
        headers["Preference-Applied"] = wait.applied
    return json_response(job_json(record, position), 202, headers)


# --- the answer itself --------------------------------------------------------------------------------------


async def answer(
    record: JobRecord, operation: Operation, media_type: str, artifacts: Artifacts, *, inline: bool
) -> Response:
    """Of a job that has ended: its problem, its JSON, or its main file."""
    if record.error is not None:
        return problem_response(record.error, job=record.id, headers={"Rung-Job": record.id})
    output = dict(record.output or {})
    if media_type != JSON:
        return await _main_file(record, output.get(operation.main_file), media_type, artifacts)
    body = {
        "id": record.id,
        "output": await _inlined(output, artifacts) if inline else output,
        "provenance": [provenance_values(one) for one in record.provenance],
        "warnings": list(record.warnings),
    }
    return json_response(body, headers={"Rung-Job": record.id})


async def _main_file(record: JobRecord, ref: Any, media_type: str, artifacts: Artifacts) -> Response:
    if not isinstance(ref, dict) or ref.get("media_type") != media_type:
        given = ref.get("media_type") if isinstance(ref, dict) else "no file"
        raise HttpProblem(406, f"the answer is {given}, not {media_type}; ask for the job as JSON", job=record.id)
    headers = {
        "Rung-Job": record.id,
        "Rung-Provenance": provenance_header(record),
        "ETag": f'"{ref["file"]}"',
        "Cache-Control": "no-store",
    }
    if record.warnings:
        headers["Rung-Warnings"] = _fitting(record.warnings)
    return Response(await artifacts.read(ref["file"]), 200, headers, media_type=media_type)


def provenance_header(record: JobRecord) -> str:
    """ASCII JSON of at most 4 KB: every call, or a summary that says so."""
    whole = _ascii([provenance_values(one) for one in record.provenance])
    if len(whole) <= _HEADER_BYTES:
        return whole
    calls: dict[str, int] = {}
    for one in record.provenance:
        calls[f"{one.task}:{one.variant}:{one.kind}"] = calls.get(f"{one.task}:{one.variant}:{one.kind}", 0) + 1
    kept = dict(list(calls.items())[:20])
    summary = {"summary": True, "calls": len(record.provenance), "job": f"/v1/jobs/{record.id}"}
    return _ascii(summary | {"variants": {key[:150]: n for key, n in kept.items()}})


def _fitting(sentences: Iterable[str]) -> str:
    """As many sentences, in order, as 4 KB of ASCII JSON hold."""
    kept: list[str] = []
    for sentence in sentences:
        if len(_ascii([*kept, sentence])) > _HEADER_BYTES:
            break
        kept.append(sentence)
    return _ascii(kept)


def _ascii(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


async def _inlined(value: Any, artifacts: Artifacts) -> Any:
    """Every file of the output with its bytes beside it, as a data URL."""
    match value:
        case dict() if value.keys() >= _FILE_KEYS:
            data = base64.b64encode(await artifacts.read(value["file"])).decode("ascii")
            return value | {"data": f"data:{value['media_type']};base64,{data}"}
        case dict():
            return {key: await _inlined(item, artifacts) for key, item in value.items()}
        case list():
            return [await _inlined(item, artifacts) for item in value]
        case _:
            return value


def offered(operation: Operation, values: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """The media types an answer can have; once the input's own `format` is known, only that one beside JSON."""
    if not operation.main_file:
        return (JSON,)
    said = (values or {}).get("format")
    types = [t for t in operation.media_types if said is None or t.rpartition("/")[2] == said]
    return (JSON, *types)


def accept_of(request: Request) -> str:
    """Every Accept header of the request, as one."""
    return ",".join(request.headers.getlist("accept"))
