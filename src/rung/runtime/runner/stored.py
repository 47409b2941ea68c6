"""Decides how an operation's input lies on disk: JSON, its pictures and documents as files named by content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from rung.runtime.app import Unread
from rung.runtime.errors import Conflict
from rung.runtime.spec import Policy
from rung.runtime.tasks import Document, Picture

_PICTURE, _DOCUMENT, _UNREAD = "$picture", "$document", "$unread"
Read = Callable[[str], Awaitable[bytes]]


def files_in(input: BaseModel) -> list[Picture | Document]:
    """Every picture and document of the input, in the order of its fields."""
    values = (getattr(input, name) for name in type(input).model_fields)
    flat = (item for value in values for item in (value if isinstance(value, list | tuple) else [value]))
    return [item for item in flat if isinstance(item, Picture | Document)]


def encode(input: BaseModel) -> str:
    """The input as canonical JSON; a file is its content's sha256 and what its header said."""
    fields = type(input).model_fields
    filed = {name: value for name in fields if _has_file(value := getattr(input, name))}
    plain = input.model_dump(mode="json", exclude=set(filed))
    values = plain | {name: _without_data(value) for name, value in filed.items()}
    return json.dumps(values, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _has_file(value: Any) -> bool:
    items = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(item, Picture | Document | Unread) for item in items)


def _without_data(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_without_data(item) for item in value]
    if isinstance(value, Unread):
        return {_UNREAD: value.code, "message": value.message}
    if not isinstance(value, Picture | Document):
        return value
    tag = _PICTURE if isinstance(value, Picture) else _DOCUMENT
    return {tag: value.key, "width": value.width, "height": value.height, "media_type": value.media_type}


async def decode(text: str, shape: type[BaseModel], read: Read) -> BaseModel:
    """The input again. read: a file's bytes by id, raises NotFound.

    Raises Conflict where a newer version of the app does not take what an older one had accepted.
    """
    values = {name: await _with_data(value, read) for name, value in json.loads(text).items()}
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        what = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:3])
        raise Conflict(f"the job's input was accepted by another version and does not fit this one ({what})") from error


async def _with_data(value: Any, read: Read) -> Any:
    match value:
        case list():
            return [await _with_data(item, read) for item in value]
        case {"$picture": str(key), "width": int(width), "height": int(height), "media_type": str(media_type)}:
            return Picture(data=await read(key), key=key, width=width, height=height, media_type=media_type)
        case {"$document": str(key), "width": width, "height": height, "media_type": str(media_type)}:
            return Document(data=await read(key), key=key, width=width, height=height, media_type=media_type)
        case {"$unread": str(code), "message": str(message)}:
            return Unread(code=code, message=message)
        case _:
            return value


def fingerprint(app: str, operation: str, text: str, policy: Policy, extra: Mapping[str, Any]) -> str:
    """What must be equal for a repeated request to be the same one: sha256 over its meaning, not over its bytes."""
    whole = json.dumps([app, operation, text, repr(policy), dict(extra)], sort_keys=True, allow_nan=False)
    return hashlib.sha256(whole.encode()).hexdigest()
