"""Runs one operation in this process, without a server: reads the fields, submits the job, saves its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rung.cli.compose import House
from rung.runtime.app import App
from rung.runtime.errors import InvalidInput, NotFound, by_code
from rung.runtime.jobs import JobRecord
from rung.runtime.runner import Terms
from rung.runtime.server.inputs import Endpoint, endpoint, validated
from rung.runtime.server.pictures import read_picture
from rung.runtime.spec import Policy


async def run_operation(
    house: House, app: str, name: str, fields: Mapping[str, Any], policy: Policy | None = None
) -> JobRecord:
    """The finished job. `fields` hold plain values, and paths or bytes for pictures. Raises what it failed with."""
    at = endpoint(_app(house, app), house.runner.operation(app, name), house.settings)
    values = {key: await _value(at, key, value) for key, value in fields.items()}
    input = validated(at, values)
    record = await house.runner.submit(app, name, input, Terms(policy=policy or Policy()))
    record = await house.runner.wait(record.id)
    if record.error is not None:
        raise by_code(record.error.code, record.error.message, dict(record.error.details))
    return record


def _app(house: House, name: str) -> App:
    found = next((app for app in house.apps if app.name == name), None)
    if found is None:
        raise NotFound(f"no app {name!r}; there is {', '.join(app.name for app in house.apps)}")
    return found


async def _value(at: Endpoint, key: str, value: Any) -> Any:
    if key not in at.one or not isinstance(value, str | Path | bytes):
        return value
    data = value if isinstance(value, bytes) else _read(key, Path(value))
    return await read_picture(data, key, at.limits)


def _read(key: str, path: Path) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except OSError as error:
        raise InvalidInput(f"{key}: cannot read {path} ({error.strerror})", field=key) from error


async def save_files(house: House, record: JobRecord, folder: Path) -> dict[str, Path]:
    """Write every file of the output as `FIELD.EXT` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = {}
    for name, value in (record.output or {}).items():
        if isinstance(value, Mapping) and "file" in value:
            path = folder / f"{name}.{value['media_type'].partition('/')[2]}"
            path.write_bytes(await house.artifacts.read(value["file"]))
            saved[name] = path
    return saved


def parse_fields(pairs: list[str]) -> dict[str, Any]:
    """`key=value` words: a value that reads as JSON is that value, any other is text."""
    fields: dict[str, Any] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise InvalidInput(f"{pair!r}: write KEY=VALUE, such as points=[[410,260]]")
        try:
            fields[key] = json.loads(value)
        except json.JSONDecodeError:
            fields[key] = value
    return fields
