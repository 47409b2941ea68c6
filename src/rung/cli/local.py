"""Runs one operation in this process, without a server: reads the fields, submits the job, saves its files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from rung.cli.compose import House
from rung.runtime.app import App
from rung.runtime.errors import InvalidInput, NotFound, by_code
from rung.runtime.jobs import JobRecord
from rung.runtime.jobs.fileref import extension
from rung.runtime.runner import Terms
from rung.runtime.server.inputs import Endpoint, endpoint, read_file, validated
from rung.runtime.settings import Settings
from rung.runtime.spec import Policy


async def run_operation(
    house: House, app: str, name: str, fields: Mapping[str, Any], policy: Policy | None = None
) -> JobRecord:
    """The finished job. `fields` hold plain values, and paths or bytes for files. Raises what it failed with."""
    input = await read_input(house, app, name, fields)
    return await run_input(house, app, name, input, Terms(policy=policy or Policy()))


async def read_input(house: House, app: str, name: str, fields: Mapping[str, Any]) -> BaseModel:
    """The operation's typed input. Raises InvalidInput, NotFound."""
    at = endpoint_of(house.apps, app, name, house.settings)
    return validated(at, {key: await _value(at, key, value) for key, value in fields.items()})


async def run_input(house: House, app: str, name: str, input: BaseModel, terms: Terms) -> JobRecord:
    """The finished job. Raises what it failed with."""
    record = await house.runner.submit(app, name, input, terms)
    record = await house.runner.wait(record.id)
    if record.error is not None:
        raise by_code(record.error.code, record.error.message, dict(record.error.details))
    return record


def endpoint_of(apps: Sequence[App], app: str, name: str, settings: Settings) -> Endpoint:
    """The operation as the server sees it. Raises NotFound that lists what there is."""
    found = next((one for one in apps if one.name == app), None)
    if found is None:
        raise NotFound(f"no app {app!r}; there is {', '.join(one.name for one in apps)}")
    operation = found.operation(name)
    if operation is None:
        raise NotFound(f"{app} has no operation {name!r}; it has {', '.join(one.name for one in found.operations)}")
    return endpoint(found, operation, settings)


async def _value(at: Endpoint, key: str, value: Any) -> Any:
    if key in at.many:
        return [await _file(at, key, one) for one in (value if isinstance(value, list) else [value])]
    return await _file(at, key, value) if key in at.one else value


async def _file(at: Endpoint, key: str, value: Any) -> Any:
    """What is neither bytes nor a path goes on to validation."""
    if not isinstance(value, str | Path | bytes):
        return value
    data = value if isinstance(value, bytes) else _read(key, Path(value))
    return await read_file(data, key, at)


def _read(key: str, path: Path) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except OSError as error:
        raise InvalidInput(f"{key}: cannot read {path} ({error.strerror})", field=key) from error


async def save_files(house: House, record: JobRecord, folder: Path) -> dict[str, Path]:
    """Write every file of the output as `FIELD.EXT` into the folder, those further in as `FIELD.0.FIELD.EXT`."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = {}
    for name, value in _files(record.output or {}):
        path = folder / f"{name}.{extension(value['media_type'])}"
        path.write_bytes(await house.artifacts.read(value["file"]))
        saved[name] = path
    return saved


def _files(value: Any, name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The links to files in an output, each with the way to it."""
    match value:
        case {"file": str(), "media_type": str()}:
            yield name, value
        case Mapping():
            for key, inner in value.items():
                yield from _files(inner, f"{name}.{key}" if name else str(key))
        case list():
            for number, inner in enumerate(value):
                yield from _files(inner, f"{name}.{number}")


def parse_fields(pairs: list[str]) -> dict[str, Any]:
    """`key=value` words: a value that reads as JSON is that value, any other is text. A key given again is a list."""
    fields: dict[str, Any] = {}
    several: dict[str, list[Any]] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise InvalidInput(f"{pair!r}: write KEY=VALUE, such as points=[[410,260]]")
        try:
            read = json.loads(value)
        except json.JSONDecodeError:
            read = value
        several.setdefault(key, []).append(read)
        fields[key] = read if len(several[key]) == 1 else several[key]
    return fields
