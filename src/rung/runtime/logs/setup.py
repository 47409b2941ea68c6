"""Owns the form of a line, and the one place where the standard library's logging is set up."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
from collections.abc import Iterable
from typing import Literal, TextIO

from rung.runtime.logs.events import Value, fields_of
from rung.runtime.logs.redact import Redactor

Format = Literal["text", "json"]
Level = Literal["debug", "info", "warning", "error"]

_QUIET = {
    logging.WARNING: (
        "httpx",
        "httpcore",
        "uvicorn.error",
        "multipart",
        "psycopg",
        "urllib3",
        "websockets",
        "filelock",
    ),
    logging.INFO: ("asyncio", "PIL", "nicegui", "engineio", "socketio", "huggingface_hub"),
}
"""Loggers of others that tell what callers sent, or headers whole: never below these."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""All but the line's end."""
_LONGEST = 8_000
_LONGEST_TRACE = 40_000
_PLAIN = re.compile(r"[\w./:+-]+", re.ASCII)


def configure(
    *, format: Format = "text", level: Level = "info", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Set logging up for this process, once: one handler, on stderr unless `stream` says otherwise.

    secrets: values that no line may hold whatever they look like. Errors that nothing caught are written the same way.
    """
    redact = Redactor(secrets)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(redact) if format == "json" else TextLines(redact))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for least, names in _QUIET.items():
        for name in names:
            logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(True)
    # no line of ours shows these, and finding them out for each took as long as writing it
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.raiseExceptions = False  # a line that cannot be written is lost; its traceback would show its contents
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: object) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("rung").critical("an error that nothing caught", exc_info=error)


class _Lines(logging.Formatter):
    """What both forms share."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact
        self._second = (-1, "")

    def _time(self, record: logging.LogRecord) -> str:
        """RFC 3339, UTC, milliseconds. The lines of one second share all but these."""
        second, said = self._second
        if second != int(record.created):
            second, said = int(record.created), time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            self._second = (second, said)
        return f"{said}.{int(record.msecs):03d}Z"

    def _said(self, record: logging.LogRecord) -> str:
        try:
            said = record.getMessage()
        except Exception:  # a foreign logger's arguments do not fit its message: the message alone is still worth it
            said = str(record.msg)
        return self._redact(said[:_LONGEST])

    def _fields(self, record: logging.LogRecord) -> dict[str, Value]:
        fields = fields_of(record)
        if self._redact.clean([value for value in fields.values() if isinstance(value, str)]):
            return fields
        return {name: self._redact(value) if isinstance(value, str) else value for name, value in fields.items()}

    def _trace(self, record: logging.LogRecord) -> str:
        if not record.exc_info or record.exc_info[1] is None:
            return ""
        trace = self.formatException(record.exc_info)
        if len(trace) > _LONGEST_TRACE:  # its end says what went wrong; cut between lines, so that no secret is halved
            trace = "...\n" + trace[-_LONGEST_TRACE:].partition("\n")[2]
        return self._redact(trace)


class TextLines(_Lines):
    """`2026-01-31T12:00:00.123Z INFO rung.server: job ended (status=succeeded seconds=1.25)`, then a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One line: what a message holds of control characters is escaped, so that none can begin another line."""
        fields = " ".join(f"{name}={_shown(value)}" for name, value in self._fields(record).items())
        said = _escaped(self._said(record)).replace("\n", "\\n")
        trace = _escaped(self._trace(record)).replace("\n", "\n    ")
        line = f"{self._time(record)} {record.levelname} {record.name}: {said}"
        return "".join((line, f" ({fields})" if fields else "", f"\n    {trace}" if trace else ""))


class JsonLines(_Lines):
    """One object a line: time, level, logger, message, the fields, `trace` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """ASCII JSON: nothing in it can end the line."""
        line: dict[str, Value] = {
            "time": self._time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._said(record),
            **self._fields(record),
        }
        if trace := self._trace(record):
            line["trace"] = trace
        return json.dumps({name: _finite(value) for name, value in line.items()}, allow_nan=False)


def _shown(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if not isinstance(value, str) or _PLAIN.fullmatch(value):
        return str(value)
    return json.dumps(value)


def _finite(value: Value) -> Value:
    return repr(value) if isinstance(value, float) and value - value != 0 else value


def _escaped(text: str) -> str:
    return text if text.isprintable() else _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
