"""Typed input and answer of the operation `describe`, and the schema that models answer by."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rung.apps.drawings import schema


class DescribeRequest(schema.SheetRequest):
    """A drawing that is to be put into words."""

    read: bool = Field(
        default=True, description="read it first: rules can only say what was read; models that see do not need it"
    )
    wish: str = Field(default="", max_length=2000, description="what else is wanted of a model that sees")
    max_tokens: Annotated[int, Field(ge=64, le=16_384)] = 3000


class FieldOut(BaseModel):
    """A field of the title block."""

    model_config = ConfigDict(extra="forbid")

    field: str
    value: str


class ProcessOut(BaseModel):
    """A step by which the part would be made. because: what in the drawing calls for it."""

    model_config = ConfigDict(extra="forbid")

    process: str
    because: str


class Description(BaseModel):
    """What is said of the drawing."""

    model_config = ConfigDict(extra="forbid")

    information_block: list[FieldOut]
    dimensions: list[str]
    manufacturing_process: list[ProcessOut]
    qc_checklist: list[str]


class DescribeReply(Description):
    """A description. described_by: the variant; kind: `substitute` where rules made it of what was read.

    pages: that were looked at. Tokens as the provider counts them; what they cost stands in the provenance.
    """

    model_config = ConfigDict(extra="ignore")

    described_by: str
    kind: Literal["real", "quantized", "substitute", "mock"]
    pages: list[int]
    prompt_tokens: int
    completion_tokens: int


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema with its references put in place, since providers want none, and without words."""
    whole = model.model_json_schema()
    told: dict[str, Any] = _plain(whole, whole.get("$defs", {}))
    return told


def _plain(part: Any, known: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_plain(one, known) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _plain(known[part["$ref"].rpartition("/")[2]], known)
    names = part.get("properties", {})
    kept = {key: value for key, value in part.items() if key not in ("$defs", "title", "description", "properties")}
    inner = {"properties": {name: _plain(one, known) for name, one in names.items()}} if names else {}
    return {**{key: _plain(value, known) for key, value in kept.items()}, **inner}
