"""Decides how a chosen setting stands in rung.toml: what was there stays as it was, word for word.

The file is changed as a text, line by line, and the outcome is read again: where it does not say exactly what it
should, nothing is written and the user is told the lines. So no library that edits TOML is wanted.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from rung.cli.tune_places import Answering, Fixed, InputField, Place
from rung.lab.grid import Setting, Value
from rung.runtime.errors import ConfigError
from rung.runtime.spec import Variant


@dataclass(frozen=True, slots=True)
class Line:
    """`key = value` in the table of that path."""

    table: tuple[str, ...]
    key: str
    value: Value | list[str]


def lines_of(
    setting: Setting, places: Mapping[str, Place], answered: Sequence[str], variants: Mapping[str, Variant]
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """What goes into rung.toml, and a sentence for what has no place there.

    answered: the variants that answered at this setting. A field of a request belongs to who asks; only where the one
    variant that answered has an option of that name is it written as that option.
    """
    lines, left = [], []
    for name, place in places.items():
        value = setting[name]
        match place:
            case Answering():
                task = variants[str(value)].task
                lines.append(Line(("task", task), "ladder", [str(value)]))
            case Fixed(variant=variant, group=group, key=key) if value is not None:
                lines.append(
                    Line(("variant", variant) if group == "plain" else ("variant", variant, group), key, value)
                )
            case Fixed():
                left.append(f"{name}: null is the catalogue's own; take the line out of rung.toml if there is one.")
            case InputField(name=key):
                having = [one for one in answered if one in variants and key in variants[one].options]
                if len(having) == 1 and value is not None:
                    lines.append(Line(("variant", having[0], "options"), key, value))
                else:
                    left.append(f"{key} is a field of the request: send {key}={json.dumps(value)}; it was not written.")
    return tuple(lines), tuple(left)


def written(text: str, lines: Sequence[Line]) -> str:
    """The file's text with those lines in it. Raises ConfigError, with the lines, where it cannot be done safely."""
    wanted = _parsed(text)
    for line in lines:
        text = _with(text, line)
        _set(wanted, line)
    try:
        safe = tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        safe = False
    if not safe:
        by_hand = "\n".join(f"[{_dotted(line.table)}]\n{_key(line.key)} = {_value(line.value)}" for line in lines)
        raise ConfigError(f"the file says it in a way that is not changed by a program; write yourself:\n{by_hand}")
    return text


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the file is no TOML: {error}") from error


def _set(document: dict[str, Any], line: Line) -> None:
    for part in line.table:
        document = document.setdefault(part, {})
    document[line.key] = deepcopy(line.value)


def _with(text: str, line: Line) -> str:
    """The text with the line in its table: in place of an older one, below the header, or in a new table at the end."""
    rows, said = text.splitlines(), f"{_key(line.key)} = {_value(line.value)}"
    headers = [at for at, row in enumerate(rows) if row.lstrip().startswith("[")]
    header = next((at for at in headers if _names(rows[at], line.table)), None)
    if header is None:
        gap = [""] if rows and rows[-1].strip() else []
        return "\n".join([*rows, *gap, f"[{_dotted(line.table)}]", said]) + "\n"
    end = next((at for at in headers if at > header), len(rows))
    old = re.compile(rf"""\s*["']?{re.escape(line.key)}["']?\s*=""")
    at = next((at for at in range(header + 1, end) if old.match(rows[at])), None)
    if at is None:
        rows.insert(header + 1, said)
    else:
        comment = re.search(r"\s+#[^\"']*$", rows[at])
        rows[at] = said + (comment.group() if comment else "")
    return "\n".join(rows) + "\n"


def _names(row: str, table: tuple[str, ...]) -> bool:
    """Whether a header line is that table's, however its name is quoted."""
    found = re.fullmatch(r"\s*\[(?!\[)(.*)\]\s*(#.*)?", row)
    if found is None:
        return False
    try:
        inside: Any = tomllib.loads(f"[{found.group(1)}]")
    except tomllib.TOMLDecodeError:
        return False
    path = []
    while inside:
        ((name, inside),) = inside.items()
        path.append(name)
    return tuple(path) == table


def _dotted(table: tuple[str, ...]) -> str:
    return ".".join(map(_key, table))


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def _value(value: Value | list[str]) -> str:
    """As TOML: JSON's numbers, texts, booleans and lists of texts are the same there."""
    return json.dumps(value, ensure_ascii=False)
