"""Owns `POST /v1/{app}/{operation}`: bytes in, a job, and its answer or where to ask for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from rung.runtime.errors import RungError
from rung.runtime.jobs import JobRecord, failure_of
from rung.runtime.runner import Runner
from rung.runtime.server.answers import JSON, accept_of, accepted, answer, choose, offered, prefer
from rung.runtime.server.body import Intake
from rung.runtime.server.errors import HttpProblem, on_http_problem, problem_response
from rung.runtime.server.inputs import Endpoint, read_fields, validated
from rung.runtime.server.metrics import Metrics
from rung.runtime.server.options import Options, read_options
from rung.runtime.spec import Plan, Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Answers every operation of every app by the same few steps."""

    runner: Runner
    plan: Callable[[], Plan]
    settings: Settings
    intake: Intake
    metrics: Metrics

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
        fields = await read_fields(request, at, self.runner.artifacts, self.intake)
        options = read_options(fields.options, self.plan())
        if "format" in fields.values:
            media_type = choose(accept, offered(at.operation, fields.values))
        elif "format" in at.names and media_type != JSON:
            fields.values["format"] = media_type.rpartition("/")[2]
        record = await self.runner.submit(
            at.app,
            at.operation.name,
            validated(at, fields.values),
            policy=options.policy(),
            deadline_s=options.deadline_s,
            warnings=tuple(_unheeded(request, options)),
        )
        # 3. wait, as long as the caller does and was promised
        seconds = self.settings.server.wait_s if wait.seconds is None else wait.seconds
        if seconds > 0:
            record = await self._wait(request, record, seconds, keep=wait.background)
        # 4. the answer, or where to ask for it
        if not record.ended:
            return accepted(record, wait)
        return await answer(record, at.operation, media_type, self.runner.artifacts, inline=options.inline_files)

    async def _wait(self, request: Request, record: JobRecord, seconds: float, *, keep: bool) -> JobRecord:
        """The job when it has ended or the seconds are over. A caller that hangs up takes its job with it."""
        waiting = asyncio.ensure_future(self.runner.wait(record.id, seconds))
        leaving = asyncio.ensure_future(_left(request))
        try:
            await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done() and not keep:
                log.info("job %s: its caller left", record.id)
                await self.runner.cancel(record.id)
            return await waiting
        finally:
            leaving.cancel()
            waiting.cancel()


async def _left(request: Request) -> None:
    """Returns when the client has gone. The body is read, so a disconnect is all that can still come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _unheeded(request: Request, options: Options) -> list[str]:
    said = options.unheeded()
    if "idempotency-key" in request.headers:
        said.append("Idempotency-Key changes nothing in this version: a repeated request is a new job")
    return said
