"""Owns the way of an operation's output into the artifacts: files become links, numbers have to be finite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from rung.runtime.app import File
from rung.runtime.errors import NotFinite
from rung.runtime.jobs import Artifacts


async def keep_output(output: BaseModel, artifacts: Artifacts, *, durable: bool) -> dict[str, Any]:
    """The output in its JSON form, its files kept and replaced by links. Raises NotFinite, DiskFull.

    durable: the files are on the disk itself before this returns, as the row that will name them.
    """
    return _finite(await _kept(output, artifacts, durable))


async def _kept(output: BaseModel, artifacts: Artifacts, durable: bool) -> dict[str, Any]:
    """A field that is a word of Python's (`class`) goes out by its alias, as the operation's schema says."""
    fields = {name: one.serialization_alias or name for name, one in type(output).model_fields.items()}
    files = {name: value for name in fields if _has_file(value := getattr(output, name))}
    # `mode="json"` would write NaN in an untyped field as null: as constants they stay, and `_finite` sees them.
    plain = to_jsonable_python(output.model_dump(exclude=set(files), by_alias=True), inf_nan_mode="constants")
    return {
        said: await _linked(files[name], artifacts, durable) if name in files else plain[said]
        for name, said in fields.items()
    }


async def _linked(value: Any, artifacts: Artifacts, durable: bool) -> Any:
    match value:
        case File():
            ref = await artifacts.put(value.data, value.media_type, value.width, value.height, durable=durable)
            return ref.as_json()
        case BaseModel():
            return await _kept(value, artifacts, durable)
        case Mapping():
            return {str(key): await _linked(item, artifacts, durable) for key, item in value.items()}
        case list() | tuple():
            return [await _linked(item, artifacts, durable) for item in value]
        case _:
            return to_jsonable_python(value)


def _has_file(value: Any) -> bool:
    match value:
        case File():
            return True
        case BaseModel():
            return any(_has_file(getattr(value, name)) for name in type(value).model_fields)
        case Mapping():
            return any(_has_file(item) for item in value.values())
        case list() | tuple():
            return any(_has_file(item) for item in value)
        case _:
            return False


def files_of(output: Any) -> list[str]:
    """The ids of the files that an output in its JSON form names."""
    match output:
        case {"file": str(file_id), "url": str(), "media_type": str()}:
            return [file_id]
        case Mapping():
            return [file_id for item in output.values() for file_id in files_of(item)]
        case list() | tuple():
            return [file_id for item in output for file_id in files_of(item)]
        case _:
            return []


def _finite(output: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no NaN: a model that produced one has failed, and the caller is told so."""
    try:
        json.dumps(output, allow_nan=False)
    except ValueError as error:
        raise NotFinite("the answer holds a number that is not finite (NaN or infinity)") from error
    return output
