"""Whatever reads what a caller wrote, given whatever a caller could write: its value, or an error of ours; never
another error, and never much time."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable
from typing import Any

import pytest
from fuzz_budget import Budget
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from starlette.requests import Request
from test_openapi import FILES, WHOLE
from toy_app import PLAN

from rung.runtime.app import Limits
from rung.runtime.config import load_settings
from rung.runtime.errors import RungError
from rung.runtime.logs import Redactor
from rung.runtime.server.answers import choose, prefer
from rung.runtime.server.errors import HttpProblem
from rung.runtime.server.inputs import check_charset
from rung.runtime.server.multipart import Part, read_multipart
from rung.runtime.server.operations import idempotency_key
from rung.runtime.server.options import Options, read_options
from rung.runtime.server.pictures import Header, read_header, read_picture
from rung.runtime.server.strictjson import DEPTH, read_json

pytestmark = pytest.mark.fuzz

FEWEST = 150
"""Readings of each kind, however small the budget: they cost a millisecond each."""

ASCII = st.text(st.characters(max_codepoint=255))
ODD = st.sampled_from([
    "NaN", "inf", "-1", "1e999", "0", "\0", "\r\n", '"', "'", ";", ",", "=", "*", "/", "..", "%00", "\ud800", "é", "　",
    "", "a" * 300, "9" * 400, "q=", "wait=", "respond-async", "boundary=", "charset=", "application/json", "image/*",
    "bytes=0-",
])  # fmt: skip
PIECES = st.lists(ODD | ASCII, max_size=12).map("".join)
HEADERS = PIECES.map(lambda text: text.encode("utf-8", "replace").decode("latin-1"))
"""What a header can hold once ASGI has brought it here."""

RANGES = st.lists(
    st.sampled_from(
        ["application/json", "image/*", "*/*", "a/b", ";q=", ";q=0.5", ";", ",", "nan", "x", "1", "-1", "1e999"]
    ),
    max_size=12,
).map("".join)

JSON_PIECES = st.lists(
    st.sampled_from([*'[]{}",:\\-+.eE0123456789 \t\n', "null", "true", "false", "NaN", "Infinity", "\\u", "\\ud800",
                     "1e999", '"a":', "é", "\ufeff", "\0", "[" * 40, "]" * 40, "9" * 400]),
    max_size=40,
).map("".join)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=30,
)

DISPOSITION = b'Content-Disposition: form-data; name="a"'
PART_PIECES = st.lists(
    st.sampled_from([b"--b", b"\r\n", b"--", b"--b--", b"\r\n\r\n", DISPOSITION, b'; filename="x"',
                     b"; filename*=utf-8''x", b"--b\r\n" + DISPOSITION[:-2] + b"\xff\"\r\n\r\n\r\n",
                     b"Content-Type: text/plain", b"\xff", b"\0", b"x" * 100,
                     b"--b\r\n" + DISPOSITION + b"\r\n\r\n"])
    | st.binary(max_size=8),
    max_size=30,
).map(b"".join)  # fmt: skip

OPTION_VALUES = st.dictionaries(
    st.sampled_from([*Options.model_fields, "sead", "", "options"]),
    VALUES | st.sampled_from(["echo-1", "real", "any", "low", "own", 2**63, -1, 0, 1e400, "https://x", True]),
    max_size=6,
)
TOML_LINES = """[server]
[task.fill]
[log]
[jobs]
[fetch]
[limits."a.b"]
[[server]]
mode = "mock"
port = 1
port = "x"
port = 1e99
wait_s = nan
wait_s = inf
format = "json"
host = "\\u0000"
= 1
x = [1,
bytes = -1
a.b.c = 1
level = 5
hosts = [1]
keep = 99999999999999999999
'''
"""
TOML_PIECES = st.lists(st.sampled_from(TOML_LINES.splitlines(keepends=True)) | st.text(max_size=10), max_size=12).map(
    "".join
)


def _json(text: str) -> None:
    value = read_json(text)
    depth, level = 0, [value]
    while level:
        depth += any(isinstance(one, dict | list) for one in level)
        assert not any(isinstance(one, float) and not math.isfinite(one) for one in level)
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
        ]
    assert depth <= DEPTH
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")


def _multipart(body: bytes) -> None:
    assert all(
        isinstance(part, Part) for part in read_multipart(body, "multipart/form-data; boundary=b", files=2, parts=3)
    )


def _boundary(content_type: str) -> None:
    read_multipart(b"--b\r\n" + DISPOSITION + b"\r\n\r\n1\r\n--b--", content_type, files=1, parts=1)


def _picture(data: bytes) -> None:
    header = read_header(data)
    assert isinstance(header, Header) and header.width > 0 and 1 <= header.orientation <= 8
    asyncio.run(read_picture(data, "image", Limits()))


def _options(value: Any) -> None:
    options = read_options(value, PLAN)
    assert options.deadline_s is None or 0 < options.deadline_s <= 86_400
    options.policy(), options.unheeded()


def _prefer(header: str) -> None:
    wait = prefer(header)
    assert wait.seconds is None or 0 <= wait.seconds <= 600
    wait.applied.encode("ascii")


def _accept(header: str) -> None:
    assert choose(header, ["application/json", "image/png"]) in ("application/json", "image/png")


def _key(header: str) -> None:
    scope = {"type": "http", "headers": [(b"idempotency-key", header.encode("latin-1"))]}
    assert idempotency_key(Request(scope)).isprintable()


def _redact(text: str) -> None:
    assert len(Redactor(("secret-word",))(text)) < len(text) + 400
    assert "secret-word" not in Redactor(("secret-word",))(text + "secret-word" + text)


READERS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], None]]] = {
    "json": (JSON_PIECES | VALUES.map(json.dumps) | st.text(), _json),
    "multipart": (PART_PIECES, _multipart),
    "boundary": (HEADERS.map(lambda text: f"multipart/form-data; {text}") | HEADERS, _boundary),
    "picture": (FILES | st.sampled_from(WHOLE), _picture),
    "options": (OPTION_VALUES | VALUES, _options),
    "Prefer": (HEADERS, _prefer),
    "Accept": (HEADERS | RANGES, _accept),
    "charset": (HEADERS, check_charset),
    "Idempotency-Key": (HEADERS, _key),
    "redaction": (PIECES, _redact),
}


def _read(budget: Budget, name: str, made: st.SearchStrategy[Any], read: Callable[[Any], None]) -> None:
    @seed(budget.seed)
    @settings(
        max_examples=max(budget.share(0.3 / 11), FEWEST),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(made)
    def reading(given_: Any) -> None:
        budget.spent[f"readings of {name}"] += 1
        assert any(_seconds(read, given_) < 0.5 for _ in range(3)), "dear each time, so it was no pause of the machine"

    reading()


def _seconds(read: Callable[[Any], None], given_: Any) -> float:
    """Of CPU, to read it or to refuse it with a sentence."""
    begun = time.process_time()
    try:
        read(given_)
    except (RungError, HttpProblem) as error:
        assert str(error).strip()
        str(error).encode("utf-8")
    return time.process_time() - begun


@pytest.mark.parametrize("name", READERS)
def test_a_reader_gives_its_value_or_an_error_of_ours(name: str, budget: Budget) -> None:
    _read(budget, name, *READERS[name])


def test_any_rung_toml_is_settings_or_an_error_that_names_its_lines(
    budget: Budget, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "rung.toml"

    def read(text: str) -> None:
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        load_settings(path, env={})

    _read(budget, "rung.toml", TOML_PIECES, read)
