"""Decides what a multipart/form-data body holds (RFC 7578), in time linear in its size whatever stands in it.

The body is already whole and bounded, so a part is found by two searches. By RFC 2046, 5.1.1, the delimiter may
occur nowhere in a part, not even as the beginning of a longer line: each occurrence is a delimiter or an error,
so no body makes the reader stumble byte by byte, and a part too many ends the reading at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from rung.runtime.errors import Malformed, TooLarge

_HEADER_BYTES = 8 * 1024
_DISPOSITION = 1024
_PARAMETER = re.compile(r';\s*([a-zA-Z*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";]*))')


@dataclass(frozen=True, slots=True)
class Part:
    """One part. filename is None where the part is a plain form field."""

    name: str
    data: bytes
    filename: str | None = None


def boundary_of(content_type: str) -> bytes:
    """The boundary parameter. Raises Malformed: RFC 2046 allows 1 to 70 characters."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not boundary.isascii() or not 1 <= len(boundary) <= 70:
        raise Malformed("multipart/form-data needs a boundary of 1 to 70 ASCII characters in Content-Type")
    return boundary.encode("ascii")


def read_multipart(body: bytes, content_type: str, *, files: int, parts: int) -> list[Part]:
    """The parts in order. Raises Malformed, and TooLarge over that many files or parts."""
    delimiter = b"--" + boundary_of(content_type)
    at = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    if at == 1:
        raise Malformed("the multipart body does not hold the boundary that Content-Type names")
    found: list[Part] = []
    while True:
        at += len(delimiter)
        if body.startswith(b"--", at):
            return found
        start = _line_end(body, at)
        end = body.find(b"\r\n" + delimiter, start - 2)
        if end < 0:
            raise Malformed("the multipart body ends before its last boundary")
        if len(found) == parts:
            raise TooLarge(f"more than {parts} parts", limit=parts)
        found.append(_part(body, start, end))
        if sum(part.filename is not None for part in found) > files:
            raise too_many_files(files)
        at = end + 2


def too_many_files(most: int) -> TooLarge:
    """The error for a request with more files than `most`."""
    return TooLarge("more than 1 file; send one a call" if most == 1 else f"more than {most} files", limit=most)


def _line_end(body: bytes, at: int) -> int:
    """After the delimiter: spaces or tabs, then the line's end."""
    end = body.find(b"\r\n", at, at + 64)
    if end < 0 or body[at:end].strip(b" \t"):
        raise Malformed("the multipart boundary stands inside a part, or is not followed by a line's end")
    return end + 2


def _part(body: bytes, start: int, end: int) -> Part:
    blank = start - 2 if body.startswith(b"\r\n", start) else body.find(b"\r\n\r\n", start, start + _HEADER_BYTES)
    if blank < 0 or blank > end:
        raise Malformed(f"a multipart part has no end of headers within {_HEADER_BYTES} bytes")
    disposition = _disposition(body[start : max(blank, start)])
    options = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(disposition)}
    if not disposition.lower().startswith("form-data") or "name" not in options:
        raise Malformed('a multipart part has no Content-Disposition: form-data; name="..."')
    return Part(_unquoted(options["name"]), body[blank + 4 : end], options.get("filename", options.get("filename*")))


def _disposition(headers: bytes) -> str:
    for line in headers.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"content-disposition":
            if len(value) > _DISPOSITION:
                raise Malformed(f"a Content-Disposition is longer than {_DISPOSITION} bytes")
            try:
                return value.decode("utf-8").strip()
            except UnicodeDecodeError as error:
                raise Malformed("a multipart header is not UTF-8") from error
    return ""


def _unquoted(name: str) -> str:
    """Browsers write a quote as %22, curl as a backslash and the quote."""
    return re.sub(r"\\(.)", r"\1", name).replace("%22", '"')
