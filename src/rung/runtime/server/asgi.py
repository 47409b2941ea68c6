"""The HTTP server's table of contents: every path, and the ring around them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

import rung
from rung.runtime.app import App, Limits
from rung.runtime.errors import NotReady, RungError, Unavailable
from rung.runtime.fetch import Fetcher
from rung.runtime.keys import Gate
from rung.runtime.runner import Runner
from rung.runtime.server.answers import json_response
from rung.runtime.server.auth import Door, caller_of
from rung.runtime.server.body import Intake
from rung.runtime.server.errors import HttpProblem, on_http_exception, on_http_problem, on_rung_error
from rung.runtime.server.exposition import MEDIA_TYPE as METRICS_TYPE
from rung.runtime.server.files import Files
from rung.runtime.server.front import Front
from rung.runtime.server.guard import Guard
from rung.runtime.server.inputs import Endpoint, endpoint
from rung.runtime.server.jobs import Jobs
from rung.runtime.server.meter import Meter
from rung.runtime.server.metrics import Metrics
from rung.runtime.server.models import Admin, Models
from rung.runtime.server.oip import Oip
from rung.runtime.server.oip import routes_of as oip_routes
from rung.runtime.server.openapi import document
from rung.runtime.server.operations import Operations, no_callbacks
from rung.runtime.server.streams import streams_of
from rung.runtime.settings import Settings
from rung.runtime.spec import Plan

Status = Callable[[], Mapping[str, Any]]
Ready = Callable[[], tuple[bool, str]]


def create_app(
    runner: Runner,
    apps: Iterable[App],
    *,
    plan: Callable[[], Plan],
    status: Status,
    settings: Settings,
    ready: Ready,
    admin: Admin,
    intake: Intake | None = None,
    meter: Meter | None = None,
    check_callback: Callable[[str], None] = no_callbacks,
    door: Door | None = None,
    fetcher: Fetcher | None = None,
) -> ASGIApp:
    """The ASGI application, behind its guard.

    runner: entered by the caller, who owns its life. ready: whether work is taken, and why not.
    meter: counts what each key has under way; the runner tells it of jobs that ended. check_callback: raises for a
    URL that is not called back. door: who is let in. fetcher: gets what a JSON body names by URL; None: nothing.
    status: figures for /metrics; `variants`, a list of rows with `variant` and `state`, shows in /v1/models too.
    """
    apps = tuple(apps)
    intake = intake or Intake(idle_s=settings.server.idle_s)
    metrics, meter = Metrics(), meter or Meter(Gate())
    endpoints = [endpoint(app, operation, settings) for app in apps for operation in app.operations]
    operations = Operations(
        runner=runner, plan=plan, settings=settings, intake=intake, metrics=metrics, meter=meter,
        check_callback=check_callback, fetcher=fetcher,
    )  # fmt: skip
    oip = Oip(
        runner=runner, plan=plan, status=status, ready=ready, admin=admin, intake=intake, metrics=metrics, meter=meter
    )
    files = Files(artifacts=runner.artifacts, limits=_of_one_file(endpoints), intake=intake)
    inference, *protocol = oip_routes(oip)
    router = Router(
        [
            inference,
            *(Route(at.path, operations.at(at), methods=["POST"]) for at in endpoints),
            *protocol,
            *_job_routes(Jobs(runner=runner, streams=streams_of(settings.server))),
            *_file_routes(files, meter),
            *_model_routes(Models(plan=plan, status=status, admin=admin, intake=intake, wait_s=settings.server.wait_s)),
            *_own_routes(runner, metrics, status, ready, document(apps, endpoints, rung.__version__)),
        ]
    )
    return Guard(Front(inference, ExceptionMiddleware(router, handlers=_handlers(endpoints))), door)


def _handlers(endpoints: Iterable[Endpoint]) -> dict[Any, Any]:
    """By exception, what answers it."""
    no_such = partial(on_http_exception, paths=[at.path for at in endpoints])
    return {RungError: on_rung_error, HttpProblem: on_http_problem, HTTPException: no_such}


def _of_one_file(endpoints: Iterable[Endpoint]) -> Limits:
    """A file sent ahead may be for any operation, so the smallest body that one takes holds: what is larger is a body
    of many files. The operation looks at its pixels again."""
    found = [at.limits for at in endpoints if at.one or at.many] or [Limits()]
    return Limits(bytes=min(one.bytes for one in found), pixels=max(one.pixels for one in found), files=1)


def _job_routes(jobs: Jobs) -> list[Route]:
    return [
        Route("/v1/jobs", jobs.all),
        Route("/v1/jobs/{job}", jobs.one),
        Route("/v1/jobs/{job}", jobs.delete, methods=["DELETE"]),
        Route("/v1/jobs/{job}/events", jobs.events),
        Route("/v1/jobs/{job}/cancel", jobs.cancel, methods=["POST"]),
        Route("/v1/jobs/{job}/retry", jobs.retry, methods=["POST"]),
    ]


def _file_routes(files: Files, meter: Meter) -> list[Route]:
    async def post(request: Request) -> Response:
        with await meter.admit(caller_of(request)):
            return await files.post(request)

    return [
        Route("/v1/files", post, methods=["POST"]),
        Route("/v1/files/{file}", files.get),
        Route("/v1/files/{file}", files.delete, methods=["DELETE"]),
    ]


def _model_routes(models: Models) -> list[Route]:
    return [
        Route("/v1/tasks", models.tasks),
        Route("/v1/models", models.models),
        Route("/v1/models/{variant}/{verb}", models.act, methods=["POST"]),
    ]


def _own_routes(
    runner: Runner, metrics: Metrics, status: Status, ready: Ready, openapi: Mapping[str, Any]
) -> list[Route]:
    described = json.dumps(openapi, ensure_ascii=False, allow_nan=False).encode("utf-8")

    async def healthz(request: Request) -> Response:
        return json_response({"status": "ok"})

    async def readyz(request: Request) -> Response:
        able, why = (False, "the server is going down") if runner.draining else ready()
        if able and (full := runner.amiss()):
            able, why = False, full
        if not able:
            raise (Unavailable if runner.draining else NotReady)(f"not ready: {why}")
        detail = {"detail": why} if caller_of(request).admin else {}
        return json_response({"status": "ready"} | detail)

    async def figures(request: Request) -> Response:
        text = metrics.text(await runner.jobs.count(), status())
        return Response(text, media_type=METRICS_TYPE)

    async def api(request: Request) -> Response:
        return Response(described, media_type="application/json")

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", figures),
        Route("/openapi.json", api),
    ]
