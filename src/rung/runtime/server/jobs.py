"""Owns `/v1/jobs`: what became of a job, as it happens, and taking it back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import cast, get_args

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rung.runtime.errors import InvalidInput
from rung.runtime.jobs import Event, Status
from rung.runtime.runner import Runner
from rung.runtime.server.answers import job_json, json_response, prefer

PING_S = 15.0
"""Silence after which a comment tells proxies and clients that the stream lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """The endpoints."""

    runner: Runner

    async def one(self, request: Request) -> Response:
        """The job as it stands; `Prefer: wait=N` waits that long for its end first."""
        job_id = request.path_params["job"]
        wait = prefer(",".join(request.headers.getlist("prefer")))
        record = await self.runner.wait(job_id, wait.seconds) if wait.seconds else await self.runner.jobs.get(job_id)
        return json_response(job_json(record))

    async def all(self, request: Request) -> Response:
        """The newest first; `?status=running&limit=20`."""
        status, limit = request.query_params.get("status"), request.query_params.get("limit", "100")
        if status is not None and status not in get_args(Status):
            raise InvalidInput(f"status: one of {', '.join(get_args(Status))}", field="status")
        if not (limit.isascii() and limit.isdigit() and len(limit) <= 4 and 1 <= int(limit) <= 1000):
            raise InvalidInput("limit: a number from 1 to 1000", field="limit")
        found = await self.runner.jobs.list(status=cast("Status | None", status), limit=int(limit))
        return json_response({"jobs": [job_json(record) for record in found]})

    async def cancel(self, request: Request) -> Response:
        """200 when the job has ended, 202 while it is still letting go."""
        record = await self.runner.cancel(request.path_params["job"])
        return json_response(job_json(record), 200 if record.ended else 202)

    async def events(self, request: Request) -> Response:
        """Server-sent events from the beginning, or after `Last-Event-ID`."""
        job_id, last = request.path_params["job"], request.headers.get("last-event-id", "0")
        if not (last.isascii() and last.isdigit() and len(last) <= 12):
            raise InvalidInput("Last-Event-ID must be the id of an event of this job", field="Last-Event-ID")
        await self.runner.jobs.get(job_id)
        stream = _frames(self.runner.jobs.events(job_id, after=int(last)))
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _frames(events: AsyncIterator[Event], ping_s: float = PING_S) -> AsyncIterator[str]:
    """SSE text; the next event is awaited across pings, never cancelled by one."""
    waiting: asyncio.Future[Event] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({waiting}, timeout=ping_s)
            if not done:
                yield ": ping\n\n"
                continue
            try:
                event = waiting.result()
            except StopAsyncIteration:
                return
            waiting = None
            yield f"id: {event.seq}\nevent: {event.kind}\ndata: {json.dumps(event.data, allow_nan=False)}\n\n"
    finally:
        if waiting is not None:
            waiting.cancel()
