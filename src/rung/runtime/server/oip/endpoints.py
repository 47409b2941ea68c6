"""Owns `/v2/...`: bytes in, one call of one variant, bytes out; and what variants there are, and their tensors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

import rung
from rung.runtime.app import Limits
from rung.runtime.errors import Conflict, InvalidInput, NotFound, RungError, Unavailable, UnsupportedMedia
from rung.runtime.jobs.codec import provenance_values
from rung.runtime.runner import Runner
from rung.runtime.server.answers import json_response
from rung.runtime.server.auth import caller_of, first_headers
from rung.runtime.server.body import Intake
from rung.runtime.server.errors import HttpProblem, on_http_problem, on_rung_error
from rung.runtime.server.inputs import check_charset
from rung.runtime.server.leaving import Leaving
from rung.runtime.server.meter import Meter
from rung.runtime.server.metrics import Metrics
from rung.runtime.server.models import Admin, rows_of
from rung.runtime.server.oip.contract import Contract, contract
from rung.runtime.server.oip.reading import Readings
from rung.runtime.server.oip.terms import CallTerms
from rung.runtime.server.oip.values import Encoded, read_values, write_values
from rung.runtime.server.oip.wire import HEADER, Given, read_tensors, split, write_answer
from rung.runtime.server.options import unknown
from rung.runtime.server.pictures import read_picture
from rung.runtime.server.strictjson import read_json
from rung.runtime.spec import LARGEST_PIXELS, Answer, MiB, Plan, Policy, TaskPlan, Variant
from rung.runtime.tasks import TASKS

VERSION = "1"
"""Of every variant: another version of its weights is another variant."""
EXTENSIONS = ("binary_tensor_data", "model_repository")
LIMITS = Limits(bytes=4 * LARGEST_PIXELS + 2 * MiB, pixels=LARGEST_PIXELS)
"""The pixels and the mask of the largest picture fit."""
_SMALL = 64 * 1024
"""Of a body that is no inference."""
_STATES = {"ready": "READY", "loading": "LOADING", "unloading": "UNLOADING"}
_TYPES = ("", "application/json", "application/octet-stream")


class Tensors(Response):
    """An answer in pieces, each sent as it lies: a large tensor is not copied to stand behind its JSON.

    end: where the JSON ends; None: nothing is behind it.
    """

    def __init__(self, pieces: Sequence[bytes | memoryview], end: int | None) -> None:
        headers = {"Content-Length": str(sum(map(len, pieces)))}
        if end is not None:
            headers["Inference-Header-Content-Length"] = str(end)
        super().__init__(
            None, 200, headers, media_type="application/json" if end is None else "application/octet-stream"
        )
        self.pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for piece in self.pieces[:-1]:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": self.pieces[-1], "more_body": False})


@dataclass(frozen=True, slots=True)
class _Model:
    """A variant as the protocol sees it. placed: whether it can run here; why: it cannot."""

    name: str
    task: str
    variant: Variant | None
    why: str

    @property
    def placed(self) -> bool:
        """Whether it can run here."""
        return self.variant is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Oip:
    """The endpoints. ready: whether the server takes work, and why not."""

    runner: Runner
    plan: Callable[[], Plan]
    status: Callable[[], Mapping[str, Any]]
    ready: Callable[[], tuple[bool, str]]
    admin: Admin
    intake: Intake
    metrics: Metrics
    meter: Meter
    limits: Limits = LIMITS
    _readings: Readings = field(init=False)
    _contracts: dict[str, Contract] = field(default_factory=dict)
    _known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """With the limit of these endpoints."""
        object.__setattr__(self, "_readings", Readings(pixels=self.limits.pixels))

    # --- the server ------------------------------------------------------------------------------------------

    async def server(self, request: Request) -> Response:
        """What this is, and which extensions it speaks."""
        return json_response({"name": "rung", "version": rung.__version__, "extensions": list(EXTENSIONS)})

    async def live(self, request: Request) -> Response:
        """The process answers."""
        return json_response({"live": True})

    async def server_ready(self, request: Request) -> Response:
        """It takes work. Raises Unavailable."""
        able, why = (False, "the server is going down") if self.runner.draining else self.ready()
        if not able:
            raise Unavailable(f"not ready: {why}")
        return json_response({"ready": True})

    # --- models ----------------------------------------------------------------------------------------------

    async def metadata(self, request: Request) -> Response:
        """A variant's tensors."""
        model = self._model(request)
        made = self._contract(model)
        return json_response(
            {
                "name": model.name,
                "versions": [VERSION],
                "platform": f"rung_{model.variant.runtime}" if model.variant else "rung",
                "inputs": [tensor.metadata() for tensor in made.inputs],
                "outputs": [tensor.metadata() for tensor in made.outputs],
                "properties": {"task": model.task, "summary": made.task.summary}
                | {f"without_tensor.{name}": why for name, why in made.lacking.items()},
            }
        )

    async def model_ready(self, request: Request) -> Response:
        """It would be answered: loaded, or loaded by the first call. Raises Unavailable with the reason."""
        model = self._model(request)
        self._check_placed(model)
        trouble = rows_of(self.status()).get(model.name, {}).get("trouble")
        if trouble:
            raise Unavailable(f"{model.name} is {trouble.get('state', 'not well')}: {trouble.get('reason', '')}")
        return json_response({"name": model.name, "ready": True})

    async def index(self, request: Request) -> Response:
        """Every variant that may be called, and whether it is in memory. `{"ready": true}`: only those that are."""
        asked = await self._small(request)
        states = rows_of(self.status())
        rows = [self._row(model, states.get(model.name, {})) for model in self._models().values()]
        if asked.get("ready") is True:
            rows = [row for row in rows if row["state"] == "READY"]
        return json_response(rows)

    def _row(self, model: _Model, row: Mapping[str, Any]) -> dict[str, Any]:
        trouble = row.get("trouble") or {}
        resting = "not in memory: the first call loads it" if model.placed else model.why
        state = _STATES.get(str(row.get("state")), "UNAVAILABLE")
        reason = str(trouble.get("reason", "")) or ("" if state != "UNAVAILABLE" else resting)
        return {"name": model.name, "version": VERSION, "state": state, "reason": reason}

    async def load(self, request: Request) -> Response:
        """Into memory; done when it answers."""
        model = self._model(request)
        await self._without_parameters(request)
        self._check_here(model)
        await self.admin.load(model.name)
        return json_response({})

    async def unload(self, request: Request) -> Response:
        """Out of memory; done when it answers."""
        model = self._model(request)
        await self._without_parameters(request)
        self._check_here(model)
        await self.admin.unload(model.name)
        return json_response({})

    async def _without_parameters(self, request: Request) -> None:
        parameters = (await self._small(request)).get("parameters") or {}
        if not isinstance(parameters, dict) or set(parameters) - {"unload_dependents"}:
            raise InvalidInput("parameters: a variant is configured in rung.toml, not by whoever loads it")

    async def _small(self, request: Request) -> dict[str, Any]:
        _check_encoding(request)
        body = await self.intake.read(request, _SMALL)
        value = read_json(body) if body.strip() else {}
        if not isinstance(value, dict):
            raise InvalidInput("the body must be a JSON object")
        return value

    # --- inference -------------------------------------------------------------------------------------------

    async def infer(self, request: Request) -> Response:
        """One call; measured, and with its own errors already answered."""
        begun = time.perf_counter()
        name = ""
        try:
            model = self._model(request)
            name = model.name
            response = await self._infer(request, model)
        except RungError as error:
            response = await on_rung_error(request, error)
        except HttpProblem as error:
            response = await on_http_problem(request, error)
        if name:  # a name that is no variant's is the caller's text, and no label
            self.metrics.observe(f"v2.{name}", response.status_code, time.perf_counter() - begun)
        return response

    async def _infer(self, request: Request, model: _Model) -> Response:
        # 1. what can be refused without reading the body
        _check_encoding(request)
        self._check_placed(model)
        made, caller = self._contract(model), caller_of(request)
        with await self.meter.admit(caller):
            # 2. bytes -> the task's typed input
            body = await self.intake.read(request, self.limits.bytes)
            text, behind = split(body, first_headers(request.scope).get(HEADER))
            asked = self._readings.of(made, text)
            input = await self._input(made, read_tensors(asked.layout, behind))
            # 3. the call, by the seam that every call leaves by
            answer = await self._call(request, model, input, asked.terms, caller.key, len(body))
            self.meter.spent(caller.key, answer)
        # 4. its tensors
        pieces, end = write_answer(
            _head(model, asked.layout.id, answer), write_values(made, answer.output, asked.wanted)
        )
        return Tensors(pieces, end)

    async def _input(self, made: Contract, given: Sequence[Given]) -> Any:
        values = read_values(made, given)
        for name, value in values.items():
            if isinstance(value, Encoded):
                values[name] = await read_picture(value.data, name, self.limits)
            elif isinstance(value, tuple) and value and isinstance(value[0], Encoded):
                values[name] = tuple([await read_picture(one.data, name, self.limits) for one in value])
        input = made.task.input(**values)
        made.task.check(input)
        return input

    async def _call(
        self, request: Request, model: _Model, input: Any, terms: CallTerms, scope: str, held: int
    ) -> Answer:
        """A caller that hangs up takes the call along."""
        call = self.runner.direct.begin(
            model.task,
            input,
            policy=Policy(variant=model.name, seed=terms.seed),
            deadline_s=terms.deadline_s,
            scope=scope,
            held=held,
        )
        with Leaving(request, lambda: call.end(ClientDisconnect())):
            return await call.answer()

    # --- names -----------------------------------------------------------------------------------------------

    def _model(self, request: Request) -> _Model:
        """The variant that the path names. Raises NotFound."""
        name, version = request.path_params["model"], request.path_params.get("version", VERSION)
        models = self._models()
        if name not in models:
            raise NotFound(unknown("model", name, models))
        if version != VERSION:
            raise NotFound(f"{name} has no version {version[:40]!r}; every model here has the version {VERSION} alone")
        return models[name]

    def _models(self) -> dict[str, _Model]:
        """Every variant of every task that callers may ask for; worked out once for a plan."""
        plan = self.plan()
        if self._known.get("plan") is not plan:
            tasks = [one for one in plan.tasks.values() if one.task in TASKS and not TASKS[one.task].internal]
            self._known["plan"] = plan
            self._known["models"] = {model.name: model for task in tasks for model in _models_of(task)}
        models: dict[str, _Model] = self._known["models"]
        return models

    def _check_placed(self, model: _Model) -> None:
        if not model.placed:
            raise Unavailable(f"{model.name} cannot run here: {model.why}")

    def _check_here(self, model: _Model) -> None:
        self._check_placed(model)
        if model.variant is not None and model.variant.provider is not None:
            raise Conflict(f"others serve {model.name}: there is nothing to load or unload here")

    def _contract(self, model: _Model) -> Contract:
        if model.task not in self._contracts:
            self._contracts[model.task] = contract(TASKS[model.task])
        return self._contracts[model.task]


def _models_of(task: TaskPlan) -> Iterator[_Model]:
    placed = {rung.variant.name: rung.variant for rung in task.rungs}
    why = {one.variant: one.reason for one in task.rejected}
    for name in dict.fromkeys((*task.ladder, *placed, *why)):
        yield _Model(name, task.task, placed.get(name), why.get(name, "its task is off"))


def _check_encoding(request: Request) -> None:
    """Raises UnsupportedMedia for compressed bodies and for types that are none of the protocol's, Malformed."""
    headers = first_headers(request.scope)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("a compressed body is not read here; send it without Content-Encoding")
    content_type = headers.get("content-type", "")
    if content_type in _TYPES:  # as nearly all say it
        return
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise UnsupportedMedia(
            f"Content-Type {kind[:60]!r} is not read here; send application/json or application/octet-stream",
            accepted=[one for one in _TYPES if one],
        )
    check_charset(content_type)


def _head(model: _Model, id: str, answer: Answer) -> dict[str, Any]:
    """What stands before the outputs. The protocol's parameters are texts and numbers: ours are JSON in a text."""
    parameters = {"provenance": _ENCODER.encode(provenance_values(answer.provenance))}
    if answer.warnings:
        parameters["warnings"] = _ENCODER.encode(answer.warnings)
    head: dict[str, Any] = {"model_name": model.name, "model_version": VERSION, "parameters": parameters}
    return head | ({"id": id} if id else {})


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class _Inference:
    """ASGI. The endpoint that is asked most, without the wrapper that Starlette puts around functions."""

    oip: Oip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.oip.infer(Request(scope, receive))
        await response(scope, receive, send)


def routes_of(oip: Oip) -> list[Route]:
    """Every path of the protocol. Routes are tried in their order, so inference stands first."""
    ways = ("/v2/models/{model}", "/v2/models/{model}/versions/{version}")
    return [
        *(Route(f"{way}/infer", _Inference(oip), methods=["POST"]) for way in ways),
        *(Route(f"{way}/ready", oip.model_ready) for way in ways),
        *(Route(way, oip.metadata) for way in ways),
        Route("/v2", oip.server),
        Route("/v2/health/live", oip.live),
        Route("/v2/health/ready", oip.server_ready),
        Route("/v2/repository/index", oip.index, methods=["POST"]),
        Route("/v2/repository/models/{model}/load", oip.load, methods=["POST"]),
        Route("/v2/repository/models/{model}/unload", oip.unload, methods=["POST"]),
    ]
