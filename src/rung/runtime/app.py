"""What an app declares: its operations, their typed inputs and outputs, their limits, its page.

An operation's input and output are pydantic models. A picture in an input is a `PictureIn` field, a
file that may be a document of several pages a `FileIn` field, a file in an output a `FileOut` field: the server turns
bytes into the first two and the last into a link.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, InstanceOf, WithJsonSchema

from rung.runtime.spec import LARGEST_PIXELS, MiB
from rung.runtime.tasks import Document, Picture

if TYPE_CHECKING:
    from rung.runtime.job import Job


class Request(BaseModel):
    """What an operation is asked: unknown fields are refused, with the nearest valid name."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that an operation answers with. width and height where it is a picture."""

    data: bytes
    media_type: str
    width: int | None = None
    height: int | None = None


def _object_with(key: str) -> dict[str, Any]:
    return {"type": "object", "properties": {key: {"type": "string"}}, "required": [key], "additionalProperties": False}


_FILE_IN = {
    "description": "multipart: the file itself; JSON: {'data': 'data:image/png;base64,...'} "
    "or {'file': '<id from POST /v1/files>'}, or {'url': 'https://...'} where the server has that switched on",
    "oneOf": [{"type": "string", "format": "binary"}, *map(_object_with, ("data", "file", "url"))],
}
_FILE_OUT = {
    "type": "object",
    "properties": {
        "file": {"type": "string"},
        "url": {"type": "string"},
        "media_type": {"type": "string"},
        "bytes": {"type": "integer"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
    },
    "required": ["file", "url", "media_type", "bytes"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Stands for a picture whose URL gave none: why, with the code of the error that it would have been."""

    code: str
    message: str


PictureIn = Annotated[InstanceOf[Picture], WithJsonSchema(_FILE_IN)]
PictureOrNoneIn = Annotated[InstanceOf[Picture] | InstanceOf[Unread], WithJsonSchema(_FILE_IN)]
"""For an operation that answers the other pictures all the same: whoever sends a URL cannot know what it gives."""
FileIn = Annotated[InstanceOf[Document], WithJsonSchema(_FILE_IN)]
"""A PDF, a DXF, a TIFF or a picture: for operations that open it themselves."""
FileOut = Annotated[InstanceOf[File], WithJsonSchema(_FILE_OUT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an operation takes, checked before anything is decoded. bytes: of the whole body."""

    bytes: int = 25 * MiB
    pixels: int = LARGEST_PIXELS
    files: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing a user can do: `POST /v1/{app}/{name}`."""

    name: str
    summary: str
    input: type[BaseModel]
    output: type[BaseModel]
    pipeline: Callable[[Job, Any], Awaitable[BaseModel]]
    tasks: tuple[str, ...]
    """The tasks it may ask for."""
    limits: Limits = Limits()
    main_file: str = ""
    """The output field that `Accept: image/png` answers with."""
    media_types: tuple[str, ...] = ()
    """What the main file can be asked as; the first is the default."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """An input in the JSON form, for the OpenAPI document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A part of an app that people know by a name of its own, for `rung plan`: does it use a GPU, and why.

    tasks: that it asks for; none: it runs in the server itself, and `why` says what that is."""

    name: str
    tasks: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A set of operations."""

    name: str
    title: str
    summary: str
    operations: tuple[Operation, ...]
    services: tuple[Service, ...] = ()
    page: str = ""
    """`module:function` of its console page, imported only when the console is served."""
    heaviest: str = ""
    """`module:function` that makes the hungriest input of its CPU work, called in a worker with the task `compute` and
    a number of pixels: what `rung profile` measures that work with."""

    def operation(self, name: str) -> Operation | None:
        """The operation of that name, or None."""
        return next((o for o in self.operations if o.name == name), None)
