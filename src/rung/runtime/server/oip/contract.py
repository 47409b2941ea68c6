"""Decides how a task's typed input and output look as named tensors. Pure: types in, a table out.

A field is one tensor, by its type:

- an encoded picture, bytes, a text: BYTES [1]; several of them: BYTES [-1]
- a number: INT64, FP32 or BOOL [1]; several: [-1]; a fixed tuple of numbers: [n]; several of those: [-1, n]
- an array with a dtype: its datatype, and the axes that its type names (`Pixels`: UINT8 [-1, -1, 3])
- a dataclass of numbers (`Point`): one row of FP32 or INT64, its fields in order; several: [-1, n]
- in an output, several dataclasses of such fields: one tensor for each, `detections.label`; an array among them, of
  another shape in each, is left out
- anything else that JSON can hold: BYTES [1], a JSON document; several: BYTES [-1]

`X | None` and fields with a default may be left out of a request, and None is left out of an answer. What has no
form says why: an input without it can still be asked for what does not need it, an output is answered without it.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import numpy as np
from pydantic import PydanticSchemaGenerationError, TypeAdapter

from rung.runtime.server.oip.datatypes import BYTES, name_of
from rung.runtime.tasks import Picture, Task

Form = Literal["picture", "bytes", "text", "json", "number", "row", "array"]

SHAPELESS = "several arrays, each of its own shape, do not fit in one tensor"
_NUMBERS: Mapping[type, str] = {bool: "BOOL", int: "INT64", float: "FP32"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """A named tensor, and the field that it stands for.

    shape: -1 where any length fits. many: an element or row for each item of the field. type: what one item is.
    axes: names of an array's free sides, its fixed ones as numbers; None: any. column: of the items' dataclass.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    field: str
    form: Form
    type: Any
    many: bool = False
    optional: bool = False
    axes: tuple[str | int, ...] | None = None
    column: str = ""

    def metadata(self) -> dict[str, Any]:
        """As the protocol tells it; `optional` is ours and only there where it is so."""
        said = {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}
        return said | ({"optional": True} if self.optional else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A task as tensors. lacking: field -> why it has no form; required: the input fields among them that must be."""

    task: Task
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    lacking: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    by_name: Mapping[str, Tensor] = field(init=False)
    """The inputs."""

    def __post_init__(self) -> None:
        """The inputs by name."""
        object.__setattr__(self, "by_name", {tensor.name: tensor for tensor in self.inputs})


class NoForm(Exception):
    """A sentence: why a type has no form as tensors."""


def contract(task: Task) -> Contract:
    """The task's tensors, worked out from its types."""
    lacking: dict[str, str] = {}
    inputs = tuple(_side(task.input, lacking, output=False))
    required = tuple(name for name in lacking if not _optional(task.input, name))
    outputs = tuple(_side(task.output, lacking, output=True))
    return Contract(task=task, inputs=inputs, outputs=outputs, lacking=lacking, required=required)


def _side(kind: type, lacking: dict[str, str], *, output: bool) -> Iterator[Tensor]:
    hints = typing.get_type_hints(kind, include_extras=True)
    for one in dataclasses.fields(kind):
        inner, nullable = without_none(hints[one.name])
        try:
            made = _columns(one.name, inner, lacking) if output else ()
            for tensor in made or (_tensor(one.name, inner),):
                yield dataclasses.replace(tensor, optional=nullable or _optional(kind, one.name))
        except NoForm as why:
            lacking[one.name] = str(why)


def _optional(kind: type, name: str) -> bool:
    one = next(f for f in dataclasses.fields(kind) if f.name == name)
    has_default = one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING
    return has_default or without_none(typing.get_type_hints(kind)[name])[1]


def without_none(annotation: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether it was there."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    nullable = len(kinds) < len(get_args(annotation))
    return (kinds[0] if len(kinds) == 1 else Union[tuple(kinds)]), nullable  # noqa: UP007 - made of a list


def _tensor(name: str, annotation: Any) -> Tensor:
    """One field as one tensor. Raises NoForm."""
    item, many = _item(annotation)
    free = (-1,) if many else ()
    if (array := _array(item)) is not None:
        if many:
            raise NoForm(SHAPELESS)
        datatype, axes = array
        shape = (-1,) if axes is None else tuple(side if isinstance(side, int) else -1 for side in axes)
        return Tensor(name=name, datatype=datatype, shape=shape, field=name, form="array", type=item, axes=axes)
    if (row := _row(item)) is not None:
        datatype, length = row
        return Tensor(name=name, datatype=datatype, shape=(*free, length), field=name, form="row", type=item, many=many)
    form, datatype = _single(item)
    return Tensor(name=name, datatype=datatype, shape=free or (1,), field=name, form=form, type=item, many=many)


def _columns(name: str, annotation: Any, lacking: dict[str, str]) -> tuple[Tensor, ...]:
    """Several dataclasses of plain fields: a tensor for each of these. Empty where it is something else.

    lacking: gains the arrays among them, which no tensor holds.
    """
    item, many = _item(annotation)
    if not (many and dataclasses.is_dataclass(item) and isinstance(item, type)) or item is Picture or _row(item):
        return ()
    found, arrays = [], []
    for column, kind in typing.get_type_hints(item, include_extras=True).items():
        if holds(kind, np.ndarray):
            arrays.append(f"{name}.{column}")
            continue
        tensor = None if _item(kind)[1] or without_none(kind)[1] else _tensor(f"{name}.{column}", kind)
        if tensor is None or tensor.form == "json":
            return ()
        rows = (-1, *tensor.shape) if tensor.form == "row" else (-1,)
        found.append(dataclasses.replace(tensor, field=name, column=column, many=True, shape=rows))
    lacking.update(dict.fromkeys(arrays, SHAPELESS) if found else {})
    return tuple(found)


def _item(annotation: Any) -> tuple[Any, bool]:
    """What a field holds several of, and whether it does: `tuple[X, ...]`, `list[X]`, `Sequence[X]`."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is tuple and len(inside) == 2 and inside[1] is Ellipsis:
        return inside[0], True
    if isinstance(origin, type) and issubclass(origin, Sequence) and origin is not tuple and len(inside) == 1:
        return inside[0], True
    return annotation, False


def _array(annotation: Any) -> tuple[str, tuple[str | int, ...] | None] | None:
    """(datatype, axes) of an array type; None where it is no array. Raises NoForm for one without a dtype."""
    axes: tuple[str | int, ...] | None = None
    if get_origin(annotation) is Annotated:
        annotation, *said = get_args(annotation)
        axes = next((one for one in said if isinstance(one, tuple)), None)
    if get_origin(annotation) is not np.ndarray:
        return None
    scalar = next(iter(get_args(get_args(annotation)[1])), Any)
    datatype = name_of(scalar) if isinstance(scalar, type) and not _abstract(scalar) else ""
    if not datatype:
        raise NoForm("the type of its array names no datatype of the protocol")
    return datatype, axes


def _abstract(scalar: type) -> bool:
    return scalar in (np.generic, np.number, np.floating, np.integer, np.inexact, np.signedinteger, np.unsignedinteger)


def _row(annotation: Any) -> tuple[str, int] | None:
    """(datatype, length) of a fixed tuple of numbers or a dataclass of numbers; None where it is neither."""
    if get_origin(annotation) is tuple:
        kinds = get_args(annotation)
    elif dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        kinds = tuple(typing.get_type_hints(annotation, include_extras=True).values())
    else:
        return None
    found = {_number(kind) for kind in kinds}
    if not kinds or "" in found or "BOOL" in found:
        return None
    return ("INT64" if found == {"INT64"} else "FP32"), len(kinds)


def _number(annotation: Any) -> str:
    """The datatype of a plain number; empty where it is none. `Literal[0, 1]` is a whole number."""
    kind = _bare(annotation)
    if get_origin(kind) is Literal:
        kinds = {type(value) for value in get_args(kind)}
        return _NUMBERS.get(kinds.pop(), "") if len(kinds) == 1 else ""
    return _NUMBERS.get(kind, "") if isinstance(kind, type) else ""


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _single(annotation: Any) -> tuple[Form, str]:
    """(form, datatype) of one value. Raises NoForm."""
    kind = _bare(annotation)
    if kind is Picture:
        return "picture", BYTES
    if kind is bytes:
        return "bytes", BYTES
    texts = get_origin(kind) is Literal and all(isinstance(value, str) for value in get_args(kind))
    if kind is str or texts:
        return "text", BYTES
    if number := _number(annotation):
        return "number", number
    _check_json(annotation)
    return "json", BYTES


def _check_json(annotation: Any) -> None:
    """A picture's header has to be read here and not believed, and arrays are no JSON."""
    if holds(annotation, Picture):
        raise NoForm("a picture inside another value has no form as a tensor")
    if holds(annotation, np.ndarray):
        raise NoForm("an array inside another value has no form as a tensor")
    try:
        TypeAdapter(annotation)
    except PydanticSchemaGenerationError as error:
        raise NoForm("its type is none that JSON can hold") from error


def holds(annotation: Any, wanted: type, seen: frozenset[Any] = frozenset()) -> bool:
    """Whether a value of that type may have one of the wanted type inside, by its declaration."""
    if annotation is wanted or get_origin(annotation) is wanted:
        return True
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type) and annotation not in seen:
        inside: Sequence[Any] = list(typing.get_type_hints(annotation, include_extras=True).values())
        seen = seen | {annotation}
    else:
        inside = get_args(annotation)
    return any(holds(kind, wanted, seen) for kind in inside)
