"""Owns what server, template and worker may tell each other, and how it stands in a frame.

A frame is a prefix (length of the header, length of the body, number of descriptors), a JSON header
`[name, fields in their order]`, and a body of raw bytes. Descriptors travel beside the frame's first byte (SCM_RIGHTS).
Imports the standard library only: the worker's side uses it too.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

_PREFIX = struct.Struct("!IIH")
LARGEST_HEADER = 64 * 1024 * 1024
INLINE = 32 * 1024
"""Bodies up to here travel in the frame; larger ones in shared memory."""
READ = 64 * 1024
"""Bytes of one read. From 128 KiB on the C library maps fresh memory for each: 20 us instead of 4."""
MOST_DESCRIPTORS = 16
MOST_UNCLAIMED = 8
"""Groups of descriptors that may wait for their frame; more is no honest peer."""
_ROOM = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array("i").itemsize)
_CLOEXEC = int(getattr(socket, "MSG_CMSG_CLOEXEC", 0))
_TRUNCATED = int(socket.MSG_CTRUNC)


@dataclass(frozen=True, slots=True)
class Body:
    """Where a message's values are: their tree, and the bytes in the frame (segment None) or in a segment."""

    tree: Any
    segment: int | None = None
    capacity: int = 0


# --- server -> worker ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Load:
    """Load the model. The body is a Mapping, the fields of `model.Context` and of `loading.Order`."""

    body: Body


@dataclass(frozen=True, slots=True)
class Run:
    """Answer these calls as one batch. The body is a list of the fields of `calls.WorkerCall`, in their order.

    free: as `Free` says it, on the way, since a frame of its own wakes the worker once more.
    """

    ids: list[str]
    body: Body
    free: list[int]


@dataclass(frozen=True, slots=True)
class Cancel:
    """The call is not wanted any more."""

    id: str


@dataclass(frozen=True, slots=True)
class End:
    """Stop; what runs is cancelled."""


# --- both ways ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Free:
    """You may use these segments of yours again."""

    segments: list[int]


@dataclass(frozen=True, slots=True)
class Drop:
    """I let these segments of mine go; so may you."""

    segments: list[int]


# --- worker -> server --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready."""

    load_s: float
    resident_bytes: int | None
    counted_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The model could not be loaded."""

    code: str
    message: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A Progress (fraction, stage) or, where there is a body, a Part of a call that goes on."""

    id: str
    fraction: float = 0.0
    stage: str = ""
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A call's output. last: every call of its Run has its answer, and the Run's segment is not looked at any more."""

    id: str
    run_s: float
    peak_bytes: int | None
    cached: list[str]
    warnings: list[str]
    last: bool
    body: Body
    strategy: str = "resident"
    retire: str = ""
    pixels: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """A call's error. last: as in Answered."""

    id: str
    code: str
    message: str
    details: dict[str, Any]
    last: bool


# --- server -> template, template -> server ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spawn:
    """Fork a worker; with `argv`, exec that in it. Descriptors: its socket, its log pipe."""

    ticket: int
    name: str
    env: dict[str, str]
    argv: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ready:
    """The template has imported everything. More than one native thread makes a fork unsafe.

    folder: its workers' temporary folders lie in it; empty: there was no room for one.
    """

    threads: int
    folder: str


@dataclass(frozen=True, slots=True)
class Unready:
    """The template could not import a module and ends."""

    module: str
    cause: str


@dataclass(frozen=True, slots=True)
class Spawned:
    """The worker's process id. Descriptor: its pidfd, where the kernel has them."""

    ticket: int
    pid: int


@dataclass(frozen=True, slots=True)
class Unspawned:
    """The worker could not be started: an errno of the system."""

    ticket: int
    errno: int


@dataclass(frozen=True, slots=True)
class Died:
    """The worker ended, with that exit code (negative: the signal)."""

    pid: int
    code: int


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing of the worker's group is left."""

    pid: int


Message = (
    Load | Run | Cancel | End | Free | Drop | Loaded | Refused | Told | Answered | Failed
    | Spawn | Ready | Unready | Spawned | Unspawned | Died | Gone
)  # fmt: skip

_KINDS: Mapping[str, type] = {kind.__name__: kind for kind in Message.__args__}
_FIELDS: Mapping[type, tuple[str, ...]] = {kind: tuple(f.name for f in fields(kind)) for kind in _KINDS.values()}
_BODY_AT: Mapping[type, int] = {kind: names.index("body") for kind, names in _FIELDS.items() if "body" in names}


def _plain(value: object) -> Any:
    if isinstance(value, Body):
        return [value.tree, value.segment, value.capacity]
    raise TypeError(f"{type(value).__name__} has no place in a header")


_JSON = json.JSONEncoder(default=_plain, separators=(",", ":"))


def pack(message: Message, body: bytes = b"", descriptors: int = 0) -> bytes:
    """The bytes of one frame."""
    kind = type(message)
    header = _JSON.encode([kind.__name__, *[getattr(message, name) for name in _FIELDS[kind]]]).encode()
    return b"".join((_PREFIX.pack(len(header), len(body), descriptors), header, body))


@dataclass(frozen=True, slots=True)
class Frame:
    """What one frame said. Whoever takes a descriptor takes it out of the list; the reader closes the rest.

    There are fewer than were sent where this process has too many open files.
    """

    message: Message
    body: bytearray
    descriptors: list[int]


@dataclass(slots=True, eq=False)
class Frames:
    """Cuts what a socket gave into frames. Raises ConnectionError for bytes that are no frame.

    The kernel never mixes the descriptors of two frames in one read, so each group of them is one frame's.
    """

    _bytes: bytearray = field(default_factory=bytearray)
    _groups: deque[list[int]] = field(default_factory=deque)

    def feed(self, data: bytes, descriptors: list[int] | None) -> Iterator[Frame]:
        """Every frame that is complete now. descriptors: None where none came with the data."""
        self._bytes += data
        if descriptors is not None:
            self._groups.append(descriptors)
        while len(self._bytes) >= _PREFIX.size:
            head, body, count = _PREFIX.unpack_from(self._bytes)
            if head > LARGEST_HEADER or body > INLINE:
                raise ConnectionError(
                    f"a header of {head} bytes and a body of {body}; the largest are {LARGEST_HEADER} and {INLINE}"
                )
            start, end = _PREFIX.size + head, _PREFIX.size + head + body
            if len(self._bytes) < end:
                break
            message = _message(self._bytes[_PREFIX.size : start])
            group = self._groups.popleft() if count and self._groups else []
            frame = Frame(message, self._bytes[start:end], group)
            del self._bytes[:end]
            yield frame
        if len(self._groups) > MOST_UNCLAIMED:
            raise ConnectionError("descriptors that no frame names")

    def close(self) -> None:
        """Close descriptors that no frame claimed."""
        while self._groups:
            for fd in self._groups.popleft():
                os.close(fd)


def _message(header: bytearray) -> Message:
    name, *values = json.loads(header.decode())
    kind = _KINDS.get(name)
    if kind is None:
        raise ConnectionError(f"{name!r} is no message of this protocol: the two processes run different versions")
    at = _BODY_AT.get(kind)
    if at is not None and values[at] is not None:
        values[at] = Body(*values[at])
    message: Message = kind(*values)
    return message


def receive(sock: socket.socket, flags: int = 0) -> tuple[bytes, list[int] | None]:
    """What is there, with its descriptors, which no exec inherits. Empty bytes: the other side is gone.

    None: no descriptors were sent. Fewer than were sent arrive when this process has too many open files.
    """
    data, ancillary, found_flags, _ = sock.recvmsg(READ, _ROOM, flags | _CLOEXEC)
    if not ancillary:
        return data, [] if found_flags & _TRUNCATED else None
    found = array.array("i")
    for level, kind, raw in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(raw[: len(raw) - len(raw) % found.itemsize])
    for fd in found:
        os.set_inheritable(fd, False)
    return data, list(found)


def send_some(sock: socket.socket, data: bytes | memoryview, descriptors: Sequence[int]) -> int:
    """One sendmsg; the number of bytes taken. The descriptors go with the first byte."""
    if not descriptors:
        return sock.send(data)
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    return sock.sendmsg([data], [rights])


def send_all(sock: socket.socket, data: bytes, descriptors: Sequence[int] = ()) -> None:
    """Send a whole frame on a blocking socket."""
    sent = send_some(sock, data, descriptors)
    if sent < len(data):
        sock.sendall(memoryview(data)[sent:])
