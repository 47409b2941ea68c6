"""A schema either binds or is refused: nothing passes unchecked."""

import json
from typing import Any

import pytest

from rung.runtime.errors import InvalidInput
from rung.runtime.nodes.providers.shape import is_strict, read_schema, violation
from rung.runtime.nodes.providers.talk import is_named

LIST = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 2}
SCHEMA = {
    "type": "object",
    "title": "words are let through",
    "properties": {"names": LIST, "kind": {"enum": ["a", "b"]}, "size": {"type": ["number", "null"]}},
    "required": ["names"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "value", [{"names": ["x"]}, {"names": ["x", "y"], "kind": "a", "size": 2.5}, {"names": ["x"], "size": None}]
)
def test_what_fits_fits(value: Any) -> None:
    assert violation(value, SCHEMA) == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "the answer is array, not object"),
        ({}, "has no 'names'"),
        ({"names": []}, "the answer.names has 0 entries, at least 1"),
        ({"names": ["x", "y", "z"]}, "at most 2"),
        ({"names": ["x", 3]}, "the answer.names[1] is integer, not string"),
        ({"names": [""]}, "has 0 letters, at least 1"),
        ({"names": ["x"], "kind": "c"}, "is 'c', none of ['a', 'b']"),
        ({"names": ["x"], "size": True}, "is boolean, not number or null"),
        ({"names": ["x"], "more": 1}, "'more', which nobody asked for"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(value: Any, said: str) -> None:
    assert said in violation(value, SCHEMA)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "schema is no JSON"),
        ('{"type": "array"}', "JSON Schema of an object"),
        ('{"type": "object", "oneOf": []}', "says oneOf, which is not checked here"),
        ('{"type": "object", "properties": {"a": {"type": "date"}}}', "type is 'date'"),
        ('{"type": "object", "properties": {"a": {"type": "array", "items": {"pattern": "x"}}}}', "says pattern"),
        ('{"type": "object", "properties": {"a": 3}}', "is no object"),
    ],
)
def test_what_cannot_be_checked_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_schema(text)


def test_no_schema_is_none_and_ours_is_read() -> None:
    assert read_schema("") is None and read_schema(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize(
    ("change", "strict"),
    [
        ({}, True),
        ({"required": []}, False),
        ({"additionalProperties": True}, False),
        ({"properties": {"names": {"type": "string", "minLength": 1}}}, False),
        ({"properties": {"names": {"type": "array", "items": {"type": "object"}}}}, False),
        ({"properties": {"names": {"type": "array", "items": {"type": "string"}, "maxItems": 3}}}, True),
    ],
)
def test_openai_can_be_held_to_objects_that_are_closed_and_whole(change: dict[str, Any], strict: bool) -> None:
    closed = {
        "type": "object", "properties": {"names": {"type": "string"}}, "required": ["names"],
        "additionalProperties": False,
    }  # fmt: skip
    assert is_strict({**closed, **change}) is strict


@pytest.mark.parametrize(
    ("asked", "told", "same"),
    [
        ("gpt-4o", "gpt-4o-2024-08-06", True),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929", True),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "/models/Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf", True),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2.5vl:7b", True),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2.5-coder-1.5b.gguf", False),
        ("gpt-4o", "gpt-3.5-turbo", False),
    ],
)
def test_a_server_may_call_a_model_by_its_release_file_or_tag(asked: str, told: str, same: bool) -> None:
    assert is_named(asked, told) is same
