"""A client, of the toy unless a drill says otherwise, that writes down what it did and what it was told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from drills.checker import ENDS
from drills.history import History, Op, Request, now

_AT_REST = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An operation that clients ask for. sent: a request and its options as httpx has them. told: an answer's body as
    it is written down, its `output` with a `digest` of all that must be right."""

    path: str
    sent: Callable[[Request, Mapping[str, Any]], Mapping[str, Any]]
    told: Callable[[Any], Any]


def _hashed(request: Request, options: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"json": request.body() | ({"options": dict(options)} if options else {})}


TOY = Asked(path="/v1/toy/hash", sent=_hashed, told=lambda body: body)


@dataclass(slots=True)
class Client:
    """One connection, used by one thread. Every call adds two lines to the history."""

    url: str
    history: History
    number: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    patience_s: float = 120.0
    asked: Asked = TOY
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=self.patience_s, headers=self.headers)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def warm(self) -> None:
        """One call of each kind, after which the server has open what it opens but once."""
        self.ask(Request(text="warm"))
        op = self.submit(Request(text="warm, kept", key="warm"))
        if op.job:
            self.ended(op.job)

    def ask(self, request: Request, **options: Any) -> Op:
        """POST and wait for the answer."""
        return self._post("ask", request, {}, options)

    def submit(self, request: Request, **options: Any) -> Op:
        """POST and be content with a 202. A job is in the answer's `job`."""
        return self._post("submit", request, {"Prefer": "respond-async"}, options)

    def _post(
        self, call: Literal["ask", "submit"], request: Request, headers: dict[str, str], options: dict[str, Any]
    ) -> Op:
        if request.key:
            headers = headers | {"Idempotency-Key": request.key}
        self.history.add(Op(client=self.number, call=call, kind="invoke", at=now(), request=request))
        try:
            answer = self.http.post(self.asked.path, headers=headers, **self.asked.sent(request, options))
        except httpx.TransportError as error:
            return self._told(call, "info", request=request, answer=repr(error))
        kind: Literal["ok", "fail"] = "ok" if answer.status_code in (200, 202) else "fail"
        # An answer that came later than the server waits is a 202 to an `ask`: a job like that of a `submit`.
        call = "submit" if answer.status_code == 202 else call
        job = answer.headers.get("rung-job", "")
        body = self.asked.told(answer.json())
        return self._told(call, kind, request=request, job=job, status=answer.status_code, answer=body)

    def read(self, job: str) -> Op:
        """The job as it stands."""
        self.history.add(Op(client=self.number, call="read", kind="invoke", at=now(), job=job))
        try:
            answer = self.http.get(f"/v1/jobs/{job}")
        except httpx.TransportError as error:
            return self._told("read", "info", job=job, answer=repr(error))
        kind: Literal["ok", "fail"] = "ok" if answer.status_code == 200 else "fail"
        body = self.asked.told(answer.json())
        return self._told("read", kind, job=job, status=answer.status_code, answer=body)

    def ended(self, job: str, patience_s: float = 60.0) -> Op:
        """Read it until it has ended, or the patience has."""
        end = time.monotonic() + patience_s
        while True:
            op = self.read(job)
            if op.kind == "fail" or (op.kind == "ok" and op.answer["status"] in ENDS) or time.monotonic() > end:
                return op
            time.sleep(0.02)

    def events(self, job: str, after: int = 0) -> Op:
        """The stream of its events, to its end or to the end of the connection."""
        self.history.add(Op(client=self.number, call="events", kind="invoke", at=now(), job=job))
        found: list[list[Any]] = []
        headers = {"Last-Event-ID": str(after)} if after else {}
        try:
            with self.http.stream("GET", f"/v1/jobs/{job}/events", headers=headers, timeout=_AT_REST) as answer:
                found.extend(_events(answer.iter_lines()))
        except httpx.TransportError:
            pass  # what came before the end counts; the next call goes on after it
        return self._told("events", "ok", job=job, answer=found)

    def _told(self, call: Any, kind: Any, **more: Any) -> Op:
        return self.history.add(Op(client=self.number, call=call, kind=kind, at=now(), **more))


def _events(lines: Iterable[str]) -> Iterable[list[Any]]:
    number, kind = 0, ""
    for line in lines:
        name, _, value = line.partition(": ")
        match name:
            case "id":
                number = int(value)
            case "event":
                kind = value
            case "" if number and kind and not line:
                yield [number, kind]
                number, kind = 0, ""


def together(
    url: str, history: History, requests: Sequence[Request], act: Callable[[Client, Request], Op], clients: int = 4
) -> list[Op]:
    """All requests, by that many clients at once; one outcome for each, in order."""

    def lane(number: int) -> list[tuple[int, Op]]:
        with Client(url, history, number) as client:
            return [(i, act(client, requests[i])) for i in range(number, len(requests), clients)]

    with ThreadPoolExecutor(clients) as pool:
        done = [pair for pairs in pool.map(lane, range(clients)) for pair in pairs]
    return [op for _, op in sorted(done, key=lambda pair: pair[0])]


def read_all(url: str, history: History, patience_s: float = 60.0, events: bool = True, asked: Asked = TOY) -> None:
    """The last word on every job that was accepted: its end, and its events from the first to the last."""
    end = time.monotonic() + patience_s
    with Client(url, history, asked=asked) as client:
        for job in history.accepted():
            op = client.ended(job, max(0.0, end - time.monotonic()))
            if events and op.kind == "ok" and op.answer["status"] in ENDS:
                client.events(job, after=_seen(history, job))


def _seen(history: History, job: str) -> int:
    """The last event that some stream of the job has given so far."""
    return max(
        (seq for op in history.ops if op.call == "events" and op.job == job for seq, _ in op.answer or ()), default=0
    )


def problem_code(op: Op) -> str:
    """The stable code of a refusal, or of a job's error."""
    body = op.answer if isinstance(op.answer, dict) else {}
    error = body.get("error") if isinstance(body.get("error"), dict) else body
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def parsed(text: str) -> Any:
    """JSON as the standard has it: NaN and Infinity are refused."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)
