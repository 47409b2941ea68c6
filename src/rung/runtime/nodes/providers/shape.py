"""Whether a JSON value has the shape that a schema asks for: the part of JSON Schema that answers are asked by. Pure.

Known: type, properties, required, additionalProperties, items, enum, minItems, maxItems, minLength. A schema that says
anything else that could bind is refused before it is asked, so that nothing passes unchecked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from rung.runtime.errors import InvalidInput

_KNOWN: Final = frozenset(
    ("type", "properties", "required", "additionalProperties", "items", "enum", "minItems", "maxItems", "minLength")
)
_WORDS: Final = frozenset(("title", "description", "$schema", "examples", "default"))
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def read_schema(text: str) -> Mapping[str, Any] | None:
    """The schema; None where there is none. Raises InvalidInput for what cannot be checked here."""
    if not text:
        return None
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"schema is no JSON: {error}", field="schema") from error
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise InvalidInput('schema is a JSON Schema of an object: {"type": "object", ...}', field="schema")
    _check(schema, "schema")
    return schema


def is_strict(schema: Mapping[str, Any]) -> bool:
    """Whether OpenAI can be held to it: it answers 400 to a strict schema with an object that may have other fields, or
    fields that may be missing, and to a length of strings. Others are checked when they have come."""
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    if "minLength" in schema or not all(map(is_strict, inner)):
        return False
    if "object" not in _kinds(schema):
        return True
    required = set(schema.get("required", ()))
    return schema.get("additionalProperties") is False and required == set(schema.get("properties", {}))


def violation(value: Any, schema: Mapping[str, Any], where: str = "the answer") -> str:
    """The first thing that is wrong with it, in words; empty: it fits."""
    kinds = _kinds(schema)
    if kinds and not any(_is(value, kind) for kind in kinds):
        return f"{where} is {_named(value)}, not {' or '.join(kinds)}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{where} is {value!r}, none of {schema['enum']}"
    match value:
        case dict():
            return _of_object(value, schema, where)
        case list():
            return _of_array(value, schema, where)
        case str() if len(value) < schema.get("minLength", 0):
            return f"{where} has {len(value)} letters, at least {schema['minLength']} are wanted"
        case _:
            return ""


def _of_object(value: Mapping[str, Any], schema: Mapping[str, Any], where: str) -> str:
    known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name in schema.get("required", ()):
        if name not in value:
            return f"{where} has no {name!r}"
    for name, inner in value.items():
        rule = known.get(name, more)
        if rule is False:
            return f"{where} has {name!r}, which nobody asked for"
        wrong = violation(inner, rule, f"{where}.{name}") if isinstance(rule, dict) else ""
        if wrong:
            return wrong
    return ""


def _of_array(value: list[Any], schema: Mapping[str, Any], where: str) -> str:
    if len(value) < schema.get("minItems", 0):
        return f"{where} has {len(value)} entries, at least {schema['minItems']} are wanted"
    if len(value) > schema.get("maxItems", len(value)):
        return f"{where} has {len(value)} entries, at most {schema['maxItems']} are wanted"
    rule = schema.get("items", {})
    return next((wrong for place, one in enumerate(value) if (wrong := violation(one, rule, f"{where}[{place}]"))), "")


def _kinds(schema: Mapping[str, Any]) -> tuple[str, ...]:
    told = schema.get("type", ())
    return (told,) if isinstance(told, str) else tuple(told)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _named(value: Any) -> str:
    kinds = [kind for kind in _TYPES if _is(value, kind)]
    return kinds[-1] if kinds else type(value).__name__


def _check(schema: Any, where: str) -> None:
    if not isinstance(schema, dict):
        raise InvalidInput(f"{where} is no object", field="schema")
    unknown = schema.keys() - _KNOWN - _WORDS
    if unknown:
        raise InvalidInput(f"{where} says {', '.join(sorted(unknown))}, which is not checked here", field="schema")
    wrong = [kind for kind in _kinds(schema) if kind not in _TYPES]
    if wrong:
        raise InvalidInput(f"{where}.type is {wrong[0]!r}; there are {', '.join(_TYPES)}", field="schema")
    for name, inner in schema.get("properties", {}).items():
        _check(inner, f"{where}.properties.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            _check(schema[name], f"{where}.{name}")
