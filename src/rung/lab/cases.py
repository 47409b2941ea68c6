"""Reads the cases that settings are tried on: a folder with `cases.json` and the files that it names.

docs/tuning.md says what the file holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rung.runtime.errors import InvalidInput

FILE = "cases.json"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """inputs: an operation's fields as `rung run` takes them; pictures are paths below the folder.

    truth: what is known to be right, files as their bytes; empty where nobody knows.
    """

    id: str
    inputs: Mapping[str, Any]
    truth: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()


def read_cases(folder: Path, operation: str, pictures: frozenset[str]) -> tuple[Case, ...]:
    """The cases of that operation (`editor.segment`), and those that name none.

    pictures: the operation's fields that take pictures. Raises InvalidInput that names the file and the case.
    """
    path = folder / FILE
    document = _document(path)
    found = []
    for number, entry in enumerate(document["cases"]):
        where = f"{path}: case {number + 1}"
        if not isinstance(entry, dict) or not isinstance(entry.get("inputs"), dict):
            raise InvalidInput(f"{where} wants an object with `inputs`")
        if unknown := entry.keys() - {"id", "operation", "inputs", "truth"}:
            raise InvalidInput(f"{where} has {sorted(unknown)[0]!r}; it may have id, operation, inputs, truth")
        if entry.get("operation", operation) != operation:
            continue
        inputs = {k: _placed(v, folder, where) if k in pictures else v for k, v in entry["inputs"].items()}
        truth = _loaded(entry.get("truth", {}), folder, where)
        found.append(Case(id=str(entry.get("id", number + 1)), inputs=inputs, truth=truth, folder=folder))
    if not found:
        raise InvalidInput(f"{path} has no case of {operation}")
    return tuple(found)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error.strerror}); docs/tuning.md says what it holds") from error
    except ValueError as error:
        raise InvalidInput(f"{path} is no JSON: {error}") from error
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise InvalidInput(f'{path} wants "version": {VERSION}')
    if not isinstance(document.get("cases"), list):
        raise InvalidInput(f'{path} wants "cases": [...]')
    return document


def _placed(value: Any, folder: Path, where: str) -> Any:
    """A picture's name, or a list of them, as paths of files that are there."""
    if isinstance(value, list):
        return [_placed(one, folder, where) for one in value]
    return _file(value, folder, where)


def _file(name: Any, folder: Path, where: str) -> Path:
    if not isinstance(name, str) or not name:
        raise InvalidInput(f"{where}: {name!r} is no file's name")
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InvalidInput(f"{where}: {name} lies outside the folder of the cases")
    if not path.is_file():
        raise InvalidInput(f"{where}: there is no file {name} in {folder}")
    return path


def _loaded(value: Any, folder: Path, where: str) -> Any:
    """The truth with the bytes of every `{"file": NAME}` in its place."""
    match value:
        case {"file": name, **rest} if not rest:
            return _file(name, folder, where).read_bytes()
        case dict():
            return {key: _loaded(one, folder, where) for key, one in value.items()}
        case list():
            return [_loaded(one, folder, where) for one in value]
        case _:
            return value
