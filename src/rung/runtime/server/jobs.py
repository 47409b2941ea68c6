"""Owns `/v1/jobs`: what became of a job, as it happens, and taking it back."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rung.runtime.errors import InvalidInput, NotFound
from rung.runtime.jobs import ENDED, Event, JobRecord, Status
from rung.runtime.keys import Caller
from rung.runtime.runner import Runner
from rung.runtime.server.answers import end_json, job_json, json_response, prefer
from rung.runtime.server.auth import caller_of
from rung.runtime.server.streams import Streams

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PING_S = 15.0
"""Silence after which a comment tells proxies and clients that the stream lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """The endpoints."""

    runner: Runner
    streams: Streams

    async def one(self, request: Request) -> Response:
        """The job as it stands; `Prefer: wait=N` waits that long for its end first."""
        wait = prefer(",".join(request.headers.getlist("prefer")))
        record = await self._asked_for(request)
        if wait.seconds and not record.ended:
            record = await self.runner.wait(record.id, wait.seconds)
        return json_response(job_json(record, self.runner.desk.position(record.id)))

    async def all(self, request: Request) -> Response:
        """The newest first; `?status=running&limit=20`."""
        status, limit = request.query_params.get("status"), request.query_params.get("limit", "100")
        if status is not None and status not in get_args(Status):
            raise InvalidInput(f"status: one of {', '.join(get_args(Status))}", field="status")
        if not (limit.isascii() and limit.isdigit() and len(limit) <= 4 and 1 <= int(limit) <= 1000):
            raise InvalidInput("limit: a number from 1 to 1000", field="limit")
        caller = caller_of(request)
        scope = None if caller.admin else caller.key
        found = await self.runner.jobs.list(status=cast("Status | None", status), limit=int(limit), scope=scope)
        return json_response({"jobs": [job_json(one, self.runner.desk.position(one.id)) for one in found]})

    async def cancel(self, request: Request) -> Response:
        """200 when the job has ended, 202 while it is still letting go."""
        record = await self._asked_for(request)
        record = await self.runner.cancel(record.id)
        return json_response(job_json(record), 200 if record.ended else 202)

    async def retry(self, request: Request) -> Response:
        """A new job from the input of one that has ended, as long as that input is kept."""
        record = await self.runner.retry((await self._asked_for(request)).id)
        headers = {"Location": f"/v1/jobs/{record.id}", "Rung-Job": record.id}
        return json_response(job_json(record, self.runner.desk.position(record.id)), 202, headers)

    async def delete(self, request: Request) -> Response:
        """An ended job with its input and its results."""
        await self.runner.delete((await self._asked_for(request)).id)
        return Response(status_code=204)

    async def events(self, request: Request) -> Response:
        """Server-sent events from the beginning, or after `Last-Event-ID`; the last one carries the ended job."""
        last = request.headers.get("last-event-id", "0")
        if not (last.isascii() and last.isdigit() and len(last) <= 12):
            raise InvalidInput("Last-Event-ID must be the id of an event of this job", field="Last-Event-ID")
        record = await self._asked_for(request)
        caller = caller_of(request)
        with self.streams.opened(caller):  # refused here, where there still is a status to say it with
            pass
        stream = _counted(self.streams, caller, _frames(self._told(record.id, int(last))))
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _told(self, job_id: str, after: int) -> AsyncIterator[Event]:
        """The events as they are kept; the job's end is read when it is sent, so that no output is kept twice."""
        async for event in self.runner.jobs.events(job_id, after=after):
            yield replace(event, data=await self._end(job_id, event)) if event.kind in ENDED else event

    async def _end(self, job_id: str, event: Event) -> Mapping[str, Any]:
        try:
            return end_json(await self.runner.jobs.get(job_id))
        except NotFound:  # deleted since
            return {**event.data, "id": job_id, "status": event.kind, "urls": {"self": f"/v1/jobs/{job_id}"}}

    async def _asked_for(self, request: Request) -> JobRecord:
        """The job of the path. Another key's job is not found: that it exists is not told."""
        job_id = request.path_params["job"]
        if not _ID.fullmatch(job_id):
            raise NotFound(f"no job {job_id[:64]!r} here: ids of jobs look like 0192f1c2-7e1d-7c3a-9f00-0123456789ab")
        record = await self.runner.jobs.get(job_id)
        caller = caller_of(request)
        if record.scope != caller.key and not caller.admin:
            raise NotFound(f"no job {record.id!r} here, or it came with another key")
        return record


async def _counted(streams: Streams, caller: Caller, frames: AsyncIterator[str]) -> AsyncIterator[str]:
    """The frames, counted as open from the first to the last: a response whose client left is never begun."""
    with streams.opened(caller):
        async for frame in frames:
            yield frame


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
