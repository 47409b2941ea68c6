"""Which line of a TOML text a key stands on: tomllib keeps no positions, and an error must name one.

Reads only texts that tomllib has accepted, so it need not judge them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]*")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Every key, table header and array element of the text -> its line, counted from 1.

    An array of tables counts its tables: `("device", 1, "name")`. A key of dotted parts is
    recorded for each of its parts, the first line on which it appears.
    """
    return _Scan(text).document()


class _Scan:
    """A walk over the text from left to right, recording where it meets a key."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.counts: dict[KeyPath, int] = {}

    def document(self) -> Mapping[KeyPath, int]:
        table: KeyPath = ()
        while self.skip() < len(self.text):
            table = self.header() if self.peek() == "[" else self.pair(table)
        return self.lines

    def skip(self) -> int:
        """Go over blanks, newlines and comments; the new position."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def mark(self, path: KeyPath, start: int) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, start) + 1)

    def header(self) -> KeyPath:
        """`[a.b]` or `[[a.b]]`: the table that the following pairs belong to."""
        start = self.at
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        table = self.inside_arrays(self.key())
        if array:
            index = self.counts.get(table, 0)
            self.counts[table] = index + 1
            self.mark(table, start)
            table = (*table, index)
        for depth in range(1, len(table) + 1):
            self.mark(table[:depth], start)
        self.skip()
        self.at += 2 if array else 1
        return table

    def inside_arrays(self, parts: KeyPath) -> KeyPath:
        """The header's path with the index of the last table wherever a prefix is an array of tables."""
        path: KeyPath = ()
        for depth, part in enumerate(parts, 1):
            path = (*path, part)
            if depth < len(parts) and path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def key(self) -> KeyPath:
        """A dotted key; its parts, unquoted."""
        parts: list[str] = []
        while True:
            self.skip()
            found = _STRINGS.match(self.text, self.at) or _BARE.match(self.text, self.at)
            if found is None:
                return tuple(parts)
            self.at = found.end()
            parts.append(_unquoted(found.group()))
            self.skip()
            if self.peek() != ".":
                return tuple(parts)
            self.at += 1

    def pair(self, table: KeyPath) -> KeyPath:
        """`key = value`; the table, for the next pair."""
        start = self.at
        parts = self.key()
        for depth in range(1, len(parts) + 1):
            self.mark((*table, *parts[:depth]), start)
        self.skip()
        self.at += 1  # the equals sign
        self.skip()
        self.value((*table, *parts))
        return table

    def value(self, path: KeyPath) -> None:
        match self.peek():
            case "[":
                self.array(path)
            case "{":
                self.inline_table(path)
            case _:
                found = _STRINGS.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
                self.at = found.end() if found else len(self.text)

    def array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while self.skip() < len(self.text) and self.peek() != "]":
            self.mark((*path, index), self.at)
            self.value((*path, index))
            index += 1
            self.comma()
        self.at += 1

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        while self.skip() < len(self.text) and self.peek() != "}":
            self.pair(path)
            self.comma()
        self.at += 1

    def comma(self) -> None:
        self.skip()
        if self.peek() == ",":
            self.at += 1


def _unquoted(key: str) -> str:
    if key[0] not in "\"'":
        return key
    return next(iter(tomllib.loads(f"{key} = 0")))
