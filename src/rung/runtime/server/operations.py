"""Owns `POST /v1/{app}/{operation}`: bytes in, a job, and its answer or where to ask for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from rung.runtime.errors import Malformed, RungError, UrlRefused
from rung.runtime.fetch import Fetcher
from rung.runtime.jobs import JobRecord, failure_of
from rung.runtime.logs import current_request, event
from rung.runtime.runner import Runner, Terms
from rung.runtime.runner.terms import DEADLINE_S
from rung.runtime.server.answers import JSON, Wait, accept_of, accepted, answer, choose, offered, prefer
from rung.runtime.server.auth import caller_of
from rung.runtime.server.body import Intake
from rung.runtime.server.errors import HttpProblem, on_http_problem, problem_response
from rung.runtime.server.inputs import Endpoint, read_fields, validated
from rung.runtime.server.leaving import Leaving
from rung.runtime.server.meter import Meter
from rung.runtime.server.metrics import Metrics
from rung.runtime.server.options import Options, read_options
from rung.runtime.server.templates import callback_url
from rung.runtime.settings import Settings
from rung.runtime.spec import Plan

log = logging.getLogger(__name__)


def no_callbacks(url: str) -> None:
    """Where nobody is called back."""
    raise UrlRefused("options.callback: this server calls nobody back; [fetch] callbacks = true switches it on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Answers every operation of every app by the same few steps."""

    runner: Runner
    plan: Callable[[], Plan]
    settings: Settings
    intake: Intake
    metrics: Metrics
    meter: Meter
    fetcher: Fetcher | None
    check_callback: Callable[[str], None]
    """Raises a RungError for a URL that this server does not call back."""

    def at(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint's door; measured, and with its own errors already answered."""

        async def door(request: Request) -> Response:
            begun = time.perf_counter()
            try:
                response = await self._answer(request, endpoint)
            except RungError as error:
                response = problem_response(failure_of(error))
            except HttpProblem as error:
                response = await on_http_problem(request, error)
            seconds = time.perf_counter() - begun
            self.metrics.observe(f"{endpoint.app}.{endpoint.operation.name}", response.status_code, seconds)
            return response

        return door

    async def _answer(self, request: Request, at: Endpoint) -> Response:
        # 1. what can be refused without reading the body
        accept, wait = accept_of(request), prefer(",".join(request.headers.getlist("prefer")))
        media_type = choose(accept, offered(at.operation))
        # 2. bytes -> typed input
        fields = await read_fields(request, at, self.runner.artifacts, self.intake, self.fetcher)
        options = read_options(fields.options, self.plan())
        if "format" in fields.values:
            media_type = choose(accept, offered(at.operation, fields.values))
        elif "format" in at.names and media_type != JSON:
            fields.values["format"] = media_type.rpartition("/")[2]
        input = validated(at, fields.values)
        terms = self._terms(request, options, wait, input)
        record = await self._submit(request, at, input, terms)
        # 3. wait, as long as the caller does and was promised
        seconds = self.settings.server.wait_s if wait.seconds is None else wait.seconds
        if seconds > 0 and not record.ended:
            record = await self._wait(request, record, seconds, keep=terms.kept)
        # 4. the answer, or where to ask for it; from here on the job has to survive this server
        pending = not record.ended
        if pending:
            record = await self._keep(record)
        if not record.ended or (pending and wait.background):
            return accepted(record, wait, self.runner.desk.position(record.id))
        return await answer(record, at.operation, media_type, self.runner.artifacts, inline=options.inline_files)

    async def _submit(self, request: Request, at: Endpoint, input: BaseModel, terms: Terms) -> JobRecord:
        """The job, counted as its key's until it has ended."""
        ticket = await self.meter.admit(caller_of(request))
        try:
            record = await self.runner.submit(at.app, at.operation.name, input, terms)
        except BaseException:
            ticket.release()
            raise
        self.meter.hold(record, ticket, open=self.runner.desk.has(record.id))
        return record

    def _terms(self, request: Request, options: Options, wait: Wait, input: BaseModel) -> Terms:
        callback = callback_url(options.callback, input)
        if callback:
            self.check_callback(callback)
        return Terms(
            policy=options.policy(),
            deadline_s=DEADLINE_S if options.deadline_s is None else options.deadline_s,
            priority=options.rank,
            scope=caller_of(request).key,
            warnings=tuple(options.unheeded()),
            keep=wait.background,
            idempotency=idempotency_key(request),
            callback=callback,
            request=current_request(),
        )

    async def _keep(self, record: JobRecord) -> JobRecord:
        """On disk before the 202, unless it has ended meanwhile. A job that cannot be kept is taken back, for its
        caller is told that it failed."""
        try:
            await self.runner.keep(record.id)
        except RungError:
            await self.runner.cancel(record.id)
            raise
        return await self.runner.jobs.get(record.id)

    async def _wait(self, request: Request, record: JobRecord, seconds: float, *, keep: bool) -> JobRecord:
        """The job when it has ended or the seconds are over. A caller that hangs up takes its job with it."""
        ending: list[asyncio.Task[JobRecord]] = []

        def left() -> None:
            event(log, "the caller left, and the job with it", job=record.id)
            ending.append(asyncio.ensure_future(self.runner.cancel(record.id)))

        if keep:
            return await self.runner.wait(record.id, seconds)
        with Leaving(request, left):
            found = await self.runner.wait(record.id, seconds)
        return await ending[0] if ending else found


def idempotency_key(request: Request) -> str:
    """The Idempotency-Key, empty where there is none. Raises Malformed for one that names nothing.

    draft-ietf-httpapi-idempotency-key-header: the value is a quoted string; a bare one is taken as it is.
    """
    given = request.headers.getlist("idempotency-key")
    if not given:
        return ""
    key = given[0].strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if len(given) > 1 or not key or len(key) > 255 or not (key.isascii() and key.isprintable()):
        raise Malformed("Idempotency-Key: one header of 1 to 255 printable ASCII characters")
    return key
