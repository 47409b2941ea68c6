"""Reads a TOML file key by key and gathers everything that is wrong in it, each with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rung.runtime.config.checks import Check, Wrong, nearest
from rung.runtime.config.lines import KeyPath, key_lines
from rung.runtime.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong key or value. line 0: it stands in no line (the environment)."""

    where: str
    line: int
    key: str
    sentence: str

    def __str__(self) -> str:
        place = f"{self.where}, line {self.line}" if self.line else self.where
        return f"{place}: {self.sentence}"


@dataclass(slots=True)
class Report:
    """Everything that is wrong so far."""

    where: str = ""
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: KeyPath, sentence: str) -> None:
        """Note what is wrong with the key at that path of the file."""
        known = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self.lines), ())
        self.problems.append(Problem(self.where, self.lines.get(known, 1), dotted(path), sentence))

    def add_outside(self, where: str, key: str, sentence: str) -> None:
        """Note what is wrong outside the file, in the environment."""
        self.problems.append(Problem(where, 0, key, sentence))

    def raise_if_any(self) -> None:
        """Raise one ConfigError that holds them all, in the file's order."""
        if not self.problems:
            return
        found = sorted(self.problems, key=lambda p: (p.line == 0, p.line))
        head = "" if len(found) == 1 else f"{len(found)} things are wrong in the configuration:\n"
        details = [{"where": p.where, "line": p.line or None, "key": p.key, "message": p.sentence} for p in found]
        raise ConfigError(head + "\n".join(str(p) for p in found), errors=details)


class Table:
    """One table of the file. Read what you know, then `close` it: what is left is unknown."""

    def __init__(self, values: Mapping[str, Any], path: KeyPath, report: Report) -> None:
        self.values = values
        self.path = path
        self.report = report
        self._known: list[str] = []

    def has(self, key: str) -> bool:
        """Whether the key is there; counts as knowing it."""
        self._known.append(key)
        return key in self.values

    def take(self, key: str, check: Check[T], default: T) -> T:
        """The checked value, or the default where it is absent or wrong."""
        if not self.has(key):
            return default
        found = self._checked((key,), self.values[key], check)
        return default if found is None else found

    def need(self, key: str, check: Check[T], default: T) -> T:
        """As `take`, but absence is wrong."""
        if not self.has(key):
            self.report.add((*self.path, key), f"{self._name()} wants the key {key!r}")
        return self.take(key, check, default)

    def each(self, key: str, check: Check[T]) -> tuple[T, ...]:
        """The checked elements of a list; wrong ones are noted one by one."""
        if not self.has(key):
            return ()
        values = self.values[key]
        if not isinstance(values, list):
            self.report.add((*self.path, key), f"{dotted((*self.path, key))} = {_shown(values)} wants a list: [...]")
            return ()
        found = [self._checked((key, index), value, check) for index, value in enumerate(values)]
        return tuple(value for value in found if value is not None)

    def mapping(self, key: str, check: Check[T], keys: Check[str] | None = None) -> dict[str, T]:
        """The checked values of a table whose keys are free, or each checked by `keys`."""
        inner = self.table(key)
        found = {}
        for name in inner.values:
            if not inner._key_fits(name, keys):
                continue
            value = inner._checked((name,), inner.values[name], check)
            if value is not None:
                found[name] = value
        return found

    def table(self, key: str) -> Table:
        """The table below; an empty one where it is absent or no table."""
        values = self.values.get(key, {}) if self.has(key) else {}
        path = (*self.path, key)
        if not isinstance(values, dict):
            self.report.add(path, f"{dotted(path)} = {_shown(values)} wants a table: [{dotted(path)}]")
            values = {}
        return Table(values, path, self.report)

    def tables(self, key: str) -> list[Table]:
        """The tables of an array of tables."""
        if not self.has(key):
            return []
        values, path = self.values[key], (*self.path, key)
        if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
            self.report.add(path, f"{dotted(path)} wants an array of tables: [[{dotted(path)}]]")
            return []
        return [Table(value, (*path, index), self.report) for index, value in enumerate(values)]

    def wrong(self, key: str, sentence: str) -> None:
        """Note what is wrong with one key of this table."""
        self.report.add((*self.path, key), sentence)

    def close(self) -> None:
        """Note every key that was never asked for, with the nearest valid one."""
        for key in self.values:
            if key not in self._known:
                hint = nearest(key, self._known) or f"; valid are {', '.join(sorted(set(self._known)))}"
                self.report.add((*self.path, key), f"unknown key {key!r} in {self._name()}{hint}")

    def _checked(self, below: KeyPath, value: Any, check: Check[T]) -> T | None:
        path = (*self.path, *below)
        try:
            return check(value)
        except Wrong as wrong:
            self.report.add(path, f"{dotted(path)} = {_shown(value)} {wrong}")
            return None

    def _key_fits(self, key: str, check: Check[str] | None) -> bool:
        try:
            if check is not None:
                check(key)
            return True
        except Wrong as wrong:
            self.wrong(key, f"the key {key!r} in {self._name()} {wrong}")
            return False

    def _name(self) -> str:
        return f"[{dotted(self.path)}]" if self.path else "the file"


def read_toml(path: Path, named_by: str = "") -> tuple[Table, Report]:
    """The file's top table, and the report that its errors go to. Raises ConfigError if it is no TOML.

    named_by: what pointed to this file, for the sentence where it cannot be read.
    """
    origin = f" ({named_by} names it)" if named_by else ""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        values = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read{origin}: {error.strerror}.", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}).", file=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, str(error)) from error
    report = Report(where=str(path), lines=key_lines(text))
    return Table(values, (), report), report


def _not_toml(path: Path, text: str, message: str) -> ConfigError:
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line = int(found.group(1)) if found else len(text.splitlines())  # "at end of document"
    place = f"{path}, line {line}"
    problem = {"where": str(path), "line": line, "key": "", "message": message}
    return ConfigError(f"{place}: this is no TOML: {message}.", errors=[problem])


def dotted(path: KeyPath) -> str:
    """A key path as one would write it: `machine.vram_budget."cuda:0"`."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
            continue
        bare = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"'
        words += f".{bare}" if words else bare
    return words


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
