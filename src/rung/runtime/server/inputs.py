"""Decides how a request's fields become an operation's typed input: by declared type, files by content."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from rung.runtime.app import App, Limits, Operation, Unread
from rung.runtime.errors import (
    FetchFailed,
    InvalidInput,
    Malformed,
    NotFound,
    RungError,
    UnsupportedMedia,
    UrlRefused,
)
from rung.runtime.fetch import Fetcher
from rung.runtime.jobs import Artifacts
from rung.runtime.server.body import Intake
from rung.runtime.server.documents import read_document
from rung.runtime.server.multipart import Part, read_multipart, too_many_files
from rung.runtime.server.options import refused, unknown
from rung.runtime.server.pictures import read_picture
from rung.runtime.server.strictjson import not_finite, read_json
from rung.runtime.server.urlfiles import UrlFiles
from rung.runtime.settings import Settings
from rung.runtime.tasks import Document, Picture

_RESERVED = frozenset({"jobs", "files", "tasks", "models", "nodes", "calls"})
_DATA_URL = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An operation as the server sees it; worked out once, when the server is made.

    one, many: fields that take a file, or a list of them. documents: those of them that take more than pictures.
    lenient: those of them that take `Unread` where a URL gave
    no picture. text: fields that keep their text as it is.
    """

    app: str
    operation: Operation
    limits: Limits
    one: frozenset[str]
    many: frozenset[str]
    documents: frozenset[str]
    lenient: frozenset[str]
    text: frozenset[str]
    names: tuple[str, ...]

    @property
    def path(self) -> str:
        """Where it is posted to."""
        return f"/v1/{self.app}/{self.operation.name}"


def endpoint(app: App, operation: Operation, settings: Settings) -> Endpoint:
    """Raises ValueError for names that the server needs itself: a field `options`, an app `jobs`."""
    fields = operation.input.model_fields
    if app.name in _RESERVED:
        raise ValueError(f"an app may not be named {app.name!r}: /v1/{app.name} is the server's own")
    if "options" in fields:
        raise ValueError(f"{app.name}.{operation.name}: an input may not have a field named 'options'")
    schema = operation.input.model_json_schema(by_alias=False)
    properties, definitions = schema.get("properties", {}), schema.get("$defs", {})
    kinds = {name: _file_kind(found.annotation) for name, found in fields.items()}
    return Endpoint(
        app=app.name,
        operation=operation,
        limits=replace(operation.limits, **settings.limits.get(f"{app.name}.{operation.name}", {})),
        one=frozenset(name for name, kind in kinds.items() if kind == "one"),
        many=frozenset(name for name, kind in kinds.items() if kind == "many"),
        documents=frozenset(name for name, found in fields.items() if _takes(Document, found.annotation)),
        lenient=frozenset(name for name, found in fields.items() if _takes(Unread, found.annotation)),
        text=frozenset(name for name in fields if _is_text(properties[name], definitions)),
        names=tuple(fields),
    )


def _file_kind(annotation: Any) -> str:
    """`one`, `many`, or nothing."""
    if annotation in (Picture, Document):
        return "one"
    kinds = {_file_kind(inner) for inner in get_args(annotation)} - {""}
    if not kinds:
        return ""
    origin = get_origin(annotation)
    listed = isinstance(origin, type) and issubclass(origin, Sequence)
    return "many" if listed or "many" in kinds else "one"


def _takes(kind: type, annotation: Any) -> bool:
    return annotation is kind or any(_takes(kind, inner) for inner in get_args(annotation))


async def read_file(data: bytes, name: str, at: Endpoint, key: str = "") -> Picture | Document:
    """The file for the field of that name, still encoded. key: its sha256 where it is known. Raises InvalidInput."""
    read = read_document if name in at.documents else read_picture
    return await read(data, name, at.limits, key)


def _is_text(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    if "$ref" in schema:
        return _is_text(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    ways = [way for key in ("anyOf", "oneOf", "allOf") for way in schema.get(key, ())]
    if ways:
        return any(_is_text(way, definitions) for way in ways)
    return schema.get("type") == "string" and schema.get("format") != "binary"


@dataclass(slots=True)
class Fields:
    """What a request holds before it is validated."""

    values: dict[str, Any] = field(default_factory=dict)
    options: Any = field(default_factory=dict)


async def read_fields(
    request: Request, at: Endpoint, artifacts: Artifacts, intake: Intake, fetcher: Fetcher | None = None
) -> Fields:
    """Body to values, files by their headers only. Raises InvalidInput and its kin, FetchFailed, HttpProblem.

    fetcher: gets what a JSON body names by URL; None: nothing is fetched.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("a compressed body is not read here; send it without Content-Encoding")
    match kind:
        case "multipart/form-data":
            body = await intake.read(request, at.limits.bytes)
            parts = read_multipart(body, content_type, files=at.limits.files, parts=at.limits.files + len(at.names) + 1)
            return await _from_parts(parts, at, artifacts)
        case "application/json":
            check_charset(content_type)
            value = read_json(await intake.read(request, at.limits.bytes))
            return await _from_json(value, at, artifacts, UrlFiles(fetcher, at.limits.bytes))
        case _:
            raise UnsupportedMedia(
                f"Content-Type {kind[:60]!r} is not read here; send multipart/form-data or application/json",
                accepted=["multipart/form-data", "application/json"],
            )


def check_charset(content_type: str) -> None:
    """JSON is UTF-8. Raises Malformed where Content-Type claims something else."""
    claimed = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", content_type, re.IGNORECASE)
    if claimed and claimed[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Malformed(f"charset {claimed[1][:40]!r}: JSON is read as UTF-8 only")


def validated(at: Endpoint, values: Mapping[str, Any]) -> BaseModel:
    """The operation's typed input. Raises InvalidInput that names every wrong field."""
    try:
        made = at.operation.input.model_validate(dict(values))
    except ValidationError as error:
        raise refused(error, model=at.operation.input) from error
    if where := not_finite(made):
        raise InvalidInput(f"{where}: must be a finite number", field=where)
    return made


def _known(name: str, at: Endpoint) -> None:
    if name not in at.names:
        raise InvalidInput(unknown("field", name, (*at.names, "options")), field=name[:80])


# --- multipart -------------------------------------------------------------------------------------


async def _from_parts(parts: list[Part], at: Endpoint, artifacts: Artifacts) -> Fields:
    named: dict[str, list[Part]] = {}
    for part in parts:
        if part.name != "options":
            _known(part.name, at)
        if part.filename != "" or part.data:  # a browser's empty file input says filename=""
            named.setdefault(part.name, []).append(part)
    fields = Fields()
    for name, given in named.items():
        if name in at.many:
            fields.values[name] = [await _file_part(part, at, artifacts) for part in given]
        elif len(given) > 1:
            raise InvalidInput(f"{name}: given {len(given)} times, takes one", field=name)
        elif name in at.one:
            fields.values[name] = await _file_part(given[0], at, artifacts)
        elif name == "options":
            fields.options = _form_json(given[0])
        else:
            fields.values[name] = _form_text(given[0]) if name in at.text else _form_json(given[0])
    return fields


async def _file_part(part: Part, at: Endpoint, artifacts: Artifacts) -> Any:
    """The file itself; without a file name also a reference `{"file": id}`, or text where the field takes text."""
    if part.filename is None and part.data[:1] == b"{":
        return await _file_value(part.name, _form_json(part), at, artifacts, None)
    if part.filename is None and part.name in at.text:
        return _form_text(part)
    return await read_file(part.data, part.name, at)


JSON_PART = 'such a part is JSON: 200, true or false, ["a", "b"], {"name": "a"}'
"""What curl's `-F exports=xlsx` wants to be told. What was sent is not repeated: it may be anybody's."""


def _form_text(part: Part) -> str:
    try:
        return part.data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{part.name}: the text is not UTF-8 (byte {error.start})", field=part.name) from error


def _form_json(part: Part) -> Any:
    text = _form_text(part)
    try:
        return read_json(text, part.name)
    except Malformed as error:
        raise InvalidInput(f"{error.message}; {JSON_PART}", field=part.name) from error


# --- JSON ------------------------------------------------------------------------------------------


async def _from_json(body: Any, at: Endpoint, artifacts: Artifacts, urls: UrlFiles) -> Fields:
    if not isinstance(body, dict):
        raise InvalidInput("the body must be a JSON object with the operation's fields")
    fields = Fields(options=body.pop("options", {}))
    for name in body:
        _known(name, at)
    listed = sum(len(body[name]) for name in at.many if isinstance(body.get(name), list))
    if listed + len(at.one & body.keys()) > max(at.limits.files, len(at.one)):
        raise too_many_files(at.limits.files)
    for name, value in body.items():
        if name in at.many and isinstance(value, list):
            fields.values[name] = [await _file_value(name, item, at, artifacts, urls) for item in value]
        elif name in at.one:
            fields.values[name] = await _file_value(name, value, at, artifacts, urls)
        else:
            fields.values[name] = value
    return fields


async def _file_value(name: str, value: Any, at: Endpoint, artifacts: Artifacts, urls: UrlFiles | None) -> Any:
    """The file that the value stands for; what is no reference goes on to validation. urls: None in forms."""
    match value:
        case {"data": str(url), **rest} if not rest:
            return await read_file(_from_data_url(name, url), name, at)
        case {"file": str(file_id), **rest} if not rest:
            try:
                return await read_file(await artifacts.read(file_id), name, at, key=file_id)
            except NotFound as gone:
                raise _about(name, gone) from gone
        case {"url": str(url), **rest} if not rest:
            if urls is None:
                raise UrlRefused(f"{name}: a URL is taken in a JSON body only; in a form, send the file", field=name)
            try:
                return await read_file(await urls.read(name, url), name, at)
            except UrlRefused:
                raise
            except (FetchFailed, InvalidInput) as error:
                if name not in at.lenient:
                    raise
                return Unread(code=error.code, message=error.message)
        case _:
            return value


def _about(name: str, error: RungError) -> InvalidInput:
    return InvalidInput(f"{name}: {error.message}", field=name)


def _from_data_url(name: str, url: str) -> bytes:
    prefix = _DATA_URL.match(url)
    if prefix is None:
        raise InvalidInput(f"{name}: 'data' must be a data URL (data:image/png;base64,...)", field=name)
    try:
        return base64.b64decode(url[prefix.end() :].encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvalidInput(f"{name}: the data URL's base64 cannot be read", field=name) from error
