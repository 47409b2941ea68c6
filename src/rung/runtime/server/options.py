"""Decides what a caller may ask for beside the input: the policy fields, the same in every operation."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rung.runtime.errors import InvalidInput
from rung.runtime.spec import Plan, Policy, Privacy


class Options(BaseModel):
    """`options` of a request."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    quality_floor: str = Field(default="", description="a variant's name, or `real`; empty: anything but a mock")
    variant: str = Field(default="", description="force this variant for its task")
    allow_mock: bool | None = Field(
        default=None,
        description="false: never a mock; null: a labelled mock where this server's configuration switched one on",
    )
    deadline_s: Annotated[float, Field(gt=0, le=86_400)] | None = Field(
        default=None, description="seconds after which nobody wants the answer any more"
    )
    max_cost: Annotated[float, Field(ge=0)] | None = Field(default=None, description="in US dollars")
    priority: Literal["low", "normal", "high"] = Field(
        default="normal", description="among the jobs of the same key; a low one is passed by eight times at most"
    )
    privacy: Privacy = Field(default="own", description="this machine, machines of ours, or any provider")
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    callback: Annotated[str, Field(max_length=2048)] = Field(
        default="",
        description="a URL that is told of the end, signed, where this server calls back at all; {name} in its path"
        " stands for the input's field of that name",
    )
    inline_files: bool = Field(default=False, description="files of the answer as data URLs too")

    def policy(self) -> Policy:
        """The part that the calls are routed by."""
        return Policy(
            quality_floor=self.quality_floor,
            variant=self.variant,
            allow_mock=self.allow_mock,
            privacy=self.privacy,
            seed=self.seed,
        )

    @property
    def rank(self) -> int:
        """The priority as a number."""
        return {"low": -1, "normal": 0, "high": 1}[self.priority]

    def unheeded(self) -> list[str]:
        """Sentences about what was asked for and changes nothing yet: said, not swallowed."""
        said = []
        if self.max_cost is not None:
            said.append("options.max_cost changes nothing in this version: only this machine answers, at no price")
        return said


def read_options(value: Any, plan: Plan) -> Options:
    """The options of a request. Raises InvalidInput that names the field and the nearest valid one."""
    if not isinstance(value, dict):
        raise InvalidInput("options: must be a JSON object", field="options")
    for name in value:
        if name not in Options.model_fields:
            raise InvalidInput(unknown("option", name, Options.model_fields), field=f"options.{name}"[:80])
    try:
        options = Options.model_validate(value)
    except ValidationError as error:
        raise refused(error, "options.") from error
    variants = [name for task in plan.tasks.values() for name in task.ladder]
    for field in ("variant", "quality_floor"):
        name = getattr(options, field)
        if name and name not in variants and not (field == "quality_floor" and name == "real"):
            raise InvalidInput(unknown("variant", name, variants), field=f"options.{field}")
    return options


CLOSE = 0.7
"""As for paths: at difflib's own 0.6 `pages` is offered for `image`."""


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a name that is none of the known ones."""
    names = list(known)
    near = difflib.get_close_matches(name[:80], names, n=1, cutoff=CLOSE)
    hint = f"; the nearest is {near[0]!r}" if near else f"; known: {', '.join(names[:40])}"
    return f"no {what} {name[:80]!r}{hint}"


def refused(error: ValidationError, prefix: str = "", model: type[BaseModel] | None = None) -> InvalidInput:
    """A validation error as ours: every field's sentence, without the values that were sent. model: what was to be
    made, so that a name that it does not know is answered with the nearest."""
    faults = [
        {"field": prefix + _where(one["loc"]), "message": _sentence(one, model)}
        for one in error.errors(include_url=False)
    ]
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    where = f"{first['field']}: " if first["field"] else ""
    return InvalidInput(f"{where}{first['message']}{more}", field=first["field"], errors=faults[:32])


def _where(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc)[:120]


def _sentence(fault: Any, model: type[BaseModel] | None) -> str:
    match fault["type"]:
        case "extra_forbidden" if model is not None and (names := _names_at(model, fault["loc"])):
            return unknown("field", str(fault["loc"][-1]), names)
        case "is_instance_of":
            return "must be a file: a part of a multipart form, {'data': a data: URL in base64}, or {'file': '<id>'}"
        case "missing":
            return "is required"
        case "value_error" | "assertion_error":
            return str(fault["ctx"]["error"])
        case _:
            return str(fault["msg"])


def _names_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The fields that a place inside this model may have; those of a list's or a union's models."""
    here = [model]
    for part in loc[:-1]:
        inside = [
            one.model_fields[part].annotation for one in here if isinstance(part, str) and part in one.model_fields
        ]
        here = [found for annotation in inside for found in _models_in(annotation)] or here
    return [field.alias or name for one in here for name, field in one.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
