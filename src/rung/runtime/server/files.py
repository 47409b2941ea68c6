"""Owns `/v1/files`: what is sent ahead of the operations that use it, and what operations answered with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from rung.runtime.app import Limits
from rung.runtime.errors import Conflict, InvalidInput, UnsupportedMedia
from rung.runtime.jobs import Artifacts
from rung.runtime.jobs.fileref import extension
from rung.runtime.server.answers import json_response
from rung.runtime.server.body import Intake
from rung.runtime.server.documents import read_document
from rung.runtime.server.errors import HttpProblem
from rung.runtime.server.multipart import read_multipart
from rung.runtime.server.ranges import Unsatisfiable, byte_range

_SAFE_INLINE = re.compile(r"image/(png|jpeg|webp)")
_NO_NAME = re.compile(r"""[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff<>:"/\\|?*%;]+""")
"""What no file's name has on some system or other, and what turns the reading of a name about."""
_LONGEST_NAME = 100
_PIECE = 256 * 1024
"""Bytes read and sent at a time: what an answer holds in memory, whatever the file's size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The endpoints. limits: of one upload."""

    artifacts: Artifacts
    limits: Limits
    intake: Intake

    async def post(self, request: Request) -> Response:
        """One picture or document, as the raw body or as the only file of a form; what it is, its content says."""
        content_type = request.headers.get("content-type", "")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise UnsupportedMedia("a compressed body is not read here; send it without Content-Encoding")
        data = await self.intake.read(request, self.limits.bytes)
        if content_type.partition(";")[0].strip().lower() == "multipart/form-data":
            parts = read_multipart(data, content_type, files=1, parts=1)
            if len(parts) != 1:
                raise InvalidInput("file: a form with one file in it is expected", field="file")
            data = parts[0].data
        found = await read_document(data, "file", self.limits)
        self.artifacts.admit(len(data))
        ref = await self.artifacts.put(data, found.media_type, found.width, found.height)
        return json_response(ref.as_json(), 201, {"Location": f"/v1/files/{ref.id}"})

    async def get(self, request: Request) -> Response:
        """The bytes, or a range of them. A file is named by its content, so it can be kept as long as anyone likes.

        `?name=`: what a browser shall call it when it is saved; its ending is the media type's whatever is asked for.
        """
        ref = self.artifacts.get(request.path_params["file"])
        etag = f'"{ref.id}"'
        headers = {"ETag": etag, "Cache-Control": "private, max-age=3600, immutable", "Accept-Ranges": "bytes"}
        asked = request.headers.get("if-none-match", "")
        if asked.strip() == "*" or ref.id in re.findall(r'"([^"]*)"', asked):
            return Response(status_code=304, headers=headers)
        part = _asked_range(request, etag, ref.bytes)
        wanted = range(ref.bytes) if part is None else part
        if part is not None:
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{ref.bytes}"
        shown = "inline" if _SAFE_INLINE.fullmatch(ref.media_type) else "attachment"
        named = _filename(request.query_params.get("name", ""), ref.id[:16], extension(ref.media_type))
        headers["Content-Disposition"] = f"{shown}; {named}"
        headers["Content-Length"] = str(len(wanted))
        status = 200 if part is None else 206
        if request.method == "HEAD":
            return Response(None, status, headers, media_type=ref.media_type)
        file = await self._open(ref.id)
        return _Streamed(file, wanted, status, headers, ref.media_type)

    async def delete(self, request: Request) -> Response:
        """Forget the file now, before its time."""
        file_id = request.path_params["file"]
        self.artifacts.get(file_id)
        if not await self.artifacts.delete(file_id) and self.artifacts.pinned(file_id):
            raise Conflict(f"file {file_id} is needed by a job that has not ended; cancel the job, or wait for it")
        return Response(status_code=204)

    async def _open(self, file_id: str) -> BinaryIO:
        """Before the answer begins: what is deleted meanwhile is given to the end all the same."""
        try:
            return await asyncio.to_thread(self.artifacts.path(file_id).open, "rb")
        except FileNotFoundError as error:
            raise self.artifacts.gone(file_id) from error
        except OSError as error:
            raise self.artifacts.refusal(error) from error


def _filename(asked: str, otherwise: str, ending: str) -> str:
    """The parameters of Content-Disposition: in ASCII for old readers, and by RFC 5987 where that is not all of it."""
    stem = _NO_NAME.sub(" ", asked)[:_LONGEST_NAME].strip(" .").removesuffix(f".{ending}") or otherwise
    plain = stem.encode("ascii", "ignore").decode().strip(" .") or otherwise
    if plain == stem:
        return f'filename="{plain}.{ending}"'
    return f"filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(f'{stem}.{ending}', safe='')}"


def _asked_range(request: Request, etag: str, size: int) -> range | None:
    try:
        return byte_range(request.headers.get("range", ""), request.headers.get("if-range", ""), etag, size)
    except Unsatisfiable as beyond:
        raise HttpProblem(
            416, f"the file has {size} bytes; the range lies beyond", {"Content-Range": f"bytes */{size}"}
        ) from beyond


class _Streamed(StreamingResponse):
    """Some bytes of an open file, a piece at a time; closes it however the answer ends."""

    def __init__(self, file: BinaryIO, wanted: range, status: int, headers: dict[str, str], media_type: str) -> None:
        super().__init__(_pieces(file, wanted), status, headers, media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)


async def _pieces(file: BinaryIO, wanted: range) -> AsyncIterator[bytes]:
    file.seek(wanted.start)
    left = len(wanted)
    while left > 0:
        piece = await asyncio.to_thread(file.read, min(left, _PIECE))
        if not piece:
            raise OSError("a kept file is shorter than it was")
        left -= len(piece)
        yield piece
