"""An API of jobs, workers and budgets that a test sets; run as a script it serves the console before it.

`POST /fake/set` takes `jobs`, `models`, `budgets` and `broken`; `GET /fake/asked` says how often each path was asked.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import Any

from fake_serving import serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rung.apps.editor.app import APP


class Fake:
    """What it answers, and what it was asked."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {"jobs": [], "models": [], "budgets": {}, "broken": ""}
        self.asked: Counter[str] = Counter()

    async def set(self, request: Request) -> Response:
        self.shown |= await request.json()
        return JSONResponse({})

    async def counts(self, request: Request) -> Response:
        return JSONResponse(self.asked)

    async def jobs(self, request: Request) -> Response:
        self.asked["jobs"] += 1
        if self.shown["broken"]:
            return JSONResponse({"code": "unavailable", "detail": self.shown["broken"]}, 503)
        status, limit = request.query_params.get("status"), int(request.query_params["limit"])
        found = [job for job in self.shown["jobs"] if status in (None, job["status"])]
        return JSONResponse({"jobs": found[:limit]})

    async def cancel(self, request: Request) -> Response:
        job_id = request.path_params["job"]
        self.asked[f"cancel {job_id}"] += 1
        job = next(job for job in self.shown["jobs"] if job["id"] == job_id)
        job["status"] = "canceled"
        return JSONResponse(job)

    async def models(self, request: Request) -> Response:
        self.asked["models"] += 1
        return JSONResponse({"models": self.shown["models"]})

    async def tasks(self, request: Request) -> Response:
        self.asked["tasks"] += 1
        return JSONResponse({"tasks": [], "budgets": self.shown["budgets"]})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/jobs", self.jobs),
                Route("/v1/jobs/{job}/cancel", self.cancel, methods=["POST"]),
                Route("/v1/models", self.models),
                Route("/v1/tasks", self.tasks),
                Route("/healthz", lambda request: JSONResponse({"status": "ok"})),
                Route("/fake/set", self.set, methods=["POST"]),
                Route("/fake/asked", self.counts),
            ]
        )


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(Fake().app(), APP)))
