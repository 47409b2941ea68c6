"""Owns `/v1/files`: pictures sent ahead of the operations that use them, and what operations answered with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from rung.runtime.app import Limits
from rung.runtime.errors import InvalidInput, UnsupportedMedia
from rung.runtime.jobs import Artifacts
from rung.runtime.server.answers import json_response
from rung.runtime.server.body import Intake
from rung.runtime.server.multipart import read_multipart
from rung.runtime.server.pictures import read_picture

_SAFE_INLINE = re.compile(r"image/(png|jpeg|webp)")
_EXTENSIONS = {"image/jpeg": "jpg", "application/json": "json", "text/plain": "txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The endpoints. limits: of one upload."""

    artifacts: Artifacts
    limits: Limits
    intake: Intake

    async def post(self, request: Request) -> Response:
        """One picture, as the raw body or as the only file of a form; what it is, its content says."""
        content_type = request.headers.get("content-type", "")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise UnsupportedMedia("a compressed body is not read here; send it without Content-Encoding")
        data = await self.intake.read(request, self.limits.bytes)
        if content_type.partition(";")[0].strip().lower() == "multipart/form-data":
            parts = read_multipart(data, content_type, files=1, parts=1)
            if len(parts) != 1:
                raise InvalidInput("file: a form with one file in it is expected", field="file")
            data = parts[0].data
        picture = await read_picture(data, "file", self.limits)
        ref = await self.artifacts.put(data, picture.media_type, picture.width, picture.height)
        return json_response(ref.as_json(), 201, {"Location": f"/v1/files/{ref.id}"})

    async def get(self, request: Request) -> Response:
        """The bytes. A file is named by its content, so it can be kept as long as anyone likes."""
        ref = self.artifacts.get(request.path_params["file"])
        headers = {"ETag": f'"{ref.id}"', "Cache-Control": "private, max-age=3600, immutable"}
        asked = request.headers.get("if-none-match", "")
        if asked.strip() == "*" or ref.id in re.findall(r'"([^"]*)"', asked):
            return Response(status_code=304, headers=headers)
        extension = _EXTENSIONS.get(ref.media_type, ref.media_type.rpartition("/")[2])
        shown = "inline" if _SAFE_INLINE.fullmatch(ref.media_type) else "attachment"
        headers["Content-Disposition"] = f'{shown}; filename="{ref.id[:16]}.{extension}"'
        return Response(await self.artifacts.read(ref.id), 200, headers, media_type=ref.media_type)
