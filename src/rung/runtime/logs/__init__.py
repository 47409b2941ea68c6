"""What the processes write about themselves: lines of text or JSON, by named fields, without secrets."""

from rung.runtime.logs.events import FIELDS, Fields, Value, current_request, event, serving
from rung.runtime.logs.redact import Redactor
from rung.runtime.logs.setup import Format, JsonLines, Level, TextLines, configure

__all__ = [
    "FIELDS",
    "Fields",
    "Format",
    "JsonLines",
    "Level",
    "Redactor",
    "TextLines",
    "Value",
    "configure",
    "current_request",
    "event",
    "serving",
]
