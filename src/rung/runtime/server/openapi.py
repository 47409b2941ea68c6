"""Owns `/openapi.json`: an OpenAPI 3.1 document made from the operations' own types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from rung.runtime.app import App
from rung.runtime.server.errors import STATUS
from rung.runtime.server.inputs import Endpoint
from rung.runtime.server.models import VERBS
from rung.runtime.server.options import Options
from rung.runtime.spec import Provenance

_REF = "#/components/schemas/{model}"
_BINARY = {"type": "string", "format": "binary"}
_ANY = {"type": "object"}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; members beside these are details of the code.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": sorted(STATUS)},
        "retryable": {"type": "boolean"},
        "job": {"type": "string"},
        "field": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "code"],
}
JOB: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "app": {"type": "string"},
        "operation": {"type": "string"},
        "status": {"enum": ["queued", "running", "succeeded", "failed", "canceled", "expired"]},
        "progress": {
            "type": "object",
            "properties": {"stage": {"type": "string"}, "frac": {"type": "number", "minimum": 0, "maximum": 1}},
        },
        "created": {"type": "number", "description": "Unix seconds"},
        "started": {"type": ["number", "null"]},
        "finished": {"type": ["number", "null"]},
        "deadline_s": {"type": "number"},
        "output": {"type": ["object", "null"]},
        "error": {"anyOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "null"}]},
        "provenance": {"type": "array", "items": {"$ref": "#/components/schemas/Provenance"}},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "cancel_requested": {"type": "boolean"},
        "urls": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["id", "app", "operation", "status", "output", "error", "provenance", "warnings", "urls"],
}


def document(apps: Iterable[App], endpoints: Iterable[Endpoint], version: str) -> dict[str, Any]:
    """The whole document. Names of models that occur twice are told apart by pydantic."""
    found = list(endpoints)
    schemas, refs = _schemas(found)
    paths: dict[str, Any] = {at.path: {"post": _operation(at, schemas, refs)} for at in found}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rung",
            "version": version,
            "summary": "Tasks on the best model that this hardware can reach",
        },
        "tags": [{"name": app.name, "description": f"{app.title}: {app.summary}"} for app in apps],
        "paths": paths | _fixed_paths(),
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _schemas(endpoints: list[Endpoint]) -> tuple[dict[str, Any], Mapping[tuple[Any, str], str]]:
    """The components, and where each model's stands."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Options, "validation")]
    for at in endpoints:
        wanted += [(at.operation.input, "validation"), (at.operation.output, "serialization")]
    where, definitions = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_REF)
    provenance = TypeAdapter(Provenance).json_schema(mode="serialization", ref_template=_REF)
    schemas = dict(definitions.get("$defs", {}))
    schemas |= provenance.pop("$defs", {})
    schemas |= {"Provenance": provenance, "Problem": PROBLEM, "Job": JOB}
    return schemas, {key: value["$ref"] for key, value in where.items()}


def _operation(at: Endpoint, schemas: Mapping[str, Any], refs: Mapping[tuple[Any, str], str]) -> dict[str, Any]:
    operation = at.operation
    schema = schemas[refs[operation.input, "validation"].rpartition("/")[2]]
    options = {"$ref": refs[Options, "validation"]}
    json_body = schema | {"properties": schema.get("properties", {}) | {"options": options}}
    plain = {k: v for k, v in operation.example.items() if k not in at.one | at.many}
    encoded = [n for n in (*at.names, "options") if n not in at.one | at.many | at.text]
    form = {
        "schema": json_body | {"properties": {n: _form_field(n, s, at) for n, s in json_body["properties"].items()}},
        "encoding": {name: {"contentType": "application/json"} for name in encoded},
    }
    limits = at.limits
    return {
        "operationId": f"{at.app}_{operation.name}",
        "tags": [at.app],
        "summary": operation.summary,
        "description": f"At most {limits.bytes} bytes, {limits.files} files, {limits.pixels} pixels a picture.",
        "parameters": [
            _header("Prefer", "`respond-async`, `wait=N`: how long to wait before a 202"),
            _header("Accept", "application/json, or a type of the main file"),
        ],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": form | ({"example": plain} if plain else {}),
                "application/json": {"schema": json_body}
                | ({"example": dict(operation.example)} if operation.example else {}),
            },
        },
        "responses": _responses(at, refs),
    }


def _form_field(name: str, schema: Mapping[str, Any], at: Endpoint) -> dict[str, Any]:
    said = {"description": schema["description"]} if "description" in schema else {}
    if name in at.one:
        return _BINARY | said
    if name in at.many:
        return {"type": "array", "items": _BINARY} | said
    return dict(schema)


def _responses(at: Endpoint, refs: Mapping[tuple[Any, str], str]) -> dict[str, Any]:
    answer = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "output": {"$ref": refs[at.operation.output, "serialization"]},
            "provenance": {"type": "array", "items": {"$ref": "#/components/schemas/Provenance"}},
            "warnings": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["id", "output", "provenance", "warnings"],
    }
    content: dict[str, Any] = {"application/json": {"schema": answer}}
    if at.operation.main_file:
        content |= {media_type: {"schema": _BINARY} for media_type in at.operation.media_types}
    headers = {
        "Rung-Job": {"schema": {"type": "string"}},
        "Rung-Provenance": {"description": "ASCII JSON, with a file as the answer", "schema": {"type": "string"}},
        "Rung-Warnings": {"description": "ASCII JSON, with a file as the answer", "schema": {"type": "string"}},
    }
    return {
        "200": {"description": "The answer", "headers": headers, "content": content},
        "202": _answer("Not done yet: `Location` is the job", _ref("Job")),
        "default": _problem(),
    }


def _fixed_paths() -> dict[str, Any]:
    job, file = _ref("Job"), {"type": "object", "properties": {"file": {"type": "string"}, "url": {"type": "string"}}}
    jobs = {"type": "object", "properties": {"jobs": {"type": "array", "items": job}}}
    upload = {
        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _BINARY}, "required": ["file"]}},
        "application/octet-stream": {"schema": _BINARY},
    }
    paths = {
        "/v1/jobs": _get("jobs", "The newest jobs", jobs),
        "/v1/jobs/{job}": _get("job", "A job as it stands", job, "job"),
        "/v1/jobs/{job}/events": _get(
            "job_events", "Its events; the last is the ended job", {"type": "string"}, "job", "text/event-stream"
        ),
        "/v1/jobs/{job}/cancel": _post("cancel_job", "Take a job back", job, "job"),
        "/v1/files": {
            "post": _verb("post_file", "Keep a picture", file, (), "201") | {"requestBody": {"content": upload}}
        },
        "/v1/files/{file}": _get("file", "A file's bytes", _BINARY, "file", "*/*"),
        "/v1/tasks": _get("tasks", "Every ladder as planned here, with reasons", _ANY),
        "/v1/models": _get("models", "Every variant and its state", _ANY),
        "/healthz": _get("healthz", "The process answers", _ANY),
        "/readyz": _get("readyz", "It takes work", _ANY),
        "/metrics": _get("metrics", "Prometheus text", {"type": "string"}, "", "text/plain"),
    }
    called = "what a browser shall call it when it is saved; its ending is its own"
    paths["/v1/files/{file}"]["get"]["parameters"].append(
        {"name": "name", "in": "query", "required": False, "description": called, "schema": {"type": "string"}}
    )
    for verb in VERBS:
        paths[f"/v1/models/{{variant}}/{verb}"] = _post(
            f"{verb}_model", f"{verb.capitalize()} a variant", _ANY, "variant"
        )
    life = {"type": "object", "properties": {"ttl_s": {"type": ["number", "null"], "minimum": 1}}}
    paths["/v1/models/{variant}/keep"]["post"]["requestBody"] = {"content": {"application/json": {"schema": life}}}
    load = paths["/v1/models/{variant}/load"]["post"]
    load["parameters"].append(_header("Prefer", "`respond-async`, `wait=N`: how long to wait before a 503"))
    load["responses"]["202"] = _answer("It goes on; `eta_s` where it was measured", _ANY)
    return paths | _oip_paths()


def _oip_paths() -> dict[str, Any]:
    """The Open Inference Protocol describes itself; here are its paths, and its errors."""
    tensor = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "datatype": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "data": {"type": "array"},
        },
        "required": ["name", "datatype", "shape"],
    }
    asked = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "inputs": {"type": "array", "items": tensor}},
        "required": ["inputs"],
    }
    body = {"required": True, "content": {"application/json": {"schema": asked}}}
    paths = {
        "/v2": _get("oip_server", "What this server is", _ANY),
        "/v2/health/live": _get("oip_live", "The process answers", _ANY),
        "/v2/health/ready": _get("oip_ready", "It takes work", _ANY),
        "/v2/models/{model}": _get("oip_model", "A variant's tensors", _ANY, "model"),
        "/v2/models/{model}/ready": _get("oip_model_ready", "It would be answered", _ANY, "model"),
        "/v2/models/{model}/infer": _post("oip_infer", "One call of one variant", _ANY, "model"),
        "/v2/repository/index": _post("oip_index", "Every variant and its state", {"type": "array"}, ""),
        "/v2/repository/models/{model}/load": _post("oip_load", "Load a variant", _ANY, "model"),
        "/v2/repository/models/{model}/unload": _post("oip_unload", "Unload a variant", _ANY, "model"),
    }
    paths["/v2/models/{model}/infer"]["post"]["requestBody"] = body
    error = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    for verbs in paths.values():
        for verb in verbs.values():
            verb["responses"]["default"] = _answer("What went wrong", error)
    return paths


def _get(
    name: str, summary: str, schema: Any, parameter: str = "", media_type: str = "application/json"
) -> dict[str, Any]:
    return {"get": _verb(name, summary, schema, (parameter,) if parameter else (), "200", media_type)}


def _post(name: str, summary: str, schema: Any, parameter: str) -> dict[str, Any]:
    return {"post": _verb(name, summary, schema, (parameter,) if parameter else (), "200")}


def _verb(
    name: str, summary: str, schema: Any, parameters: Iterable[str], status: str, media_type: str = "application/json"
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [{"name": p, "in": "path", "required": True, "schema": {"type": "string"}} for p in parameters],
        "responses": {status: _answer(summary, schema, media_type), "default": _problem()},
    }


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": {"type": "string"}}


def _answer(description: str, schema: Any, media_type: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _problem() -> dict[str, Any]:
    return _answer("What went wrong", _ref("Problem"), "application/problem+json")


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
