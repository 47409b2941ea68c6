"""Rung's API from Python: async inside, with one thin door for programs that are not.

reply = Client().run("editor", "remove", image=Path("room.jpg"), points=[[410, 260, 1]])
Path("after.png").write_bytes(reply.files["image"])
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from rung.runtime.errors import DeadlineExceeded, RungError, Unavailable, by_code

T = TypeVar("T")

URL = "http://127.0.0.1:8000"
_ENDED = frozenset({"succeeded", "failed", "canceled", "expired"})
_STANDARD = frozenset({"type", "title", "status", "detail", "code", "retryable", "message", "self"})
_LOOK_S = 30
"""How long one question about a job stays open on the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An operation's answer. files: the bytes of each file, by its place in the output (`image`, `items.0.mask`)."""

    id: str
    output: Mapping[str, Any]
    provenance: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


class AsyncClient:
    """One server. Use it with `async with`. Errors arrive as the RungError that the server raised.

    key: sent as a bearer token. transport: another way to the server than TCP, for tests.
    """

    def __init__(
        self, base_url: str = URL, key: str | None = None, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._url = base_url
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers, timeout=httpx.Timeout(_LOOK_S + 30.0, connect=5.0), transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def run(
        self,
        app: str,
        operation: str,
        /,
        *,
        options: Mapping[str, Any] | None = None,
        wait_s: float = 600.0,
        **inputs: Any,
    ) -> Reply:
        """The answer of one operation, its files fetched. Raises a RungError; DeadlineExceeded after wait_s.

        inputs: pictures as Path, bytes or `{"file": id}` of an upload (or a list of one of them), text as str,
        everything else as JSON values.
        """
        begun = asyncio.get_running_loop().time()
        first = await self._post(app, operation, options, inputs, f"wait={_LOOK_S}")
        body = first.json()
        if first.status_code == 202:
            body = await self._ended(body["id"], begun + wait_s)
        return await self._reply(body)

    async def start(
        self, app: str, operation: str, /, *, options: Mapping[str, Any] | None = None, **inputs: Any
    ) -> dict[str, Any]:
        """The job of one operation as it was accepted; `job` tells how it goes on, and its output names the files."""
        return _object(await self._post(app, operation, options, inputs, "respond-async"))

    async def _post(
        self, app: str, operation: str, options: Mapping[str, Any] | None, inputs: Mapping[str, Any], prefer: str
    ) -> httpx.Response:
        files, fields = _form(inputs)
        if options:
            fields["options"] = json.dumps(dict(options), allow_nan=False)
        # An empty form would be sent without a type: there is always one part.
        sent = files or [("options", (None, fields.pop("options", "{}").encode(), "application/json"))]
        return await self._ask("POST", f"/v1/{app}/{operation}", files=sent, data=fields, headers={"Prefer": prefer})

    async def job(self, job_id: str, *, wait_s: int = 0) -> dict[str, Any]:
        """The job as it stands, at its end or after wait_s."""
        prefer = {"Prefer": f"wait={wait_s}"} if wait_s else {}
        return _object(await self._ask("GET", f"/v1/jobs/{job_id}", headers=prefer))

    async def cancel(self, job_id: str) -> dict[str, Any]:
        """Take the job back."""
        return _object(await self._ask("POST", f"/v1/jobs/{job_id}/cancel"))

    async def jobs(self, *, status: str = "", limit: int = 100) -> list[dict[str, Any]]:
        """The newest jobs, at most `limit` (1..1000); of one status where it is given."""
        query = {"limit": str(limit)} | ({"status": status} if status else {})
        return list(_object(await self._ask("GET", "/v1/jobs", params=query))["jobs"])

    async def upload(self, picture: Path | bytes) -> dict[str, Any]:
        """Keep a picture on the server; `{"file": id}` stands for it in inputs."""
        return _object(await self._ask("POST", "/v1/files", content=_bytes(picture)))

    async def file(self, file_id: str) -> bytes:
        """A file's bytes."""
        return (await self._ask("GET", f"/v1/files/{file_id}")).content

    async def tasks(self) -> dict[str, Any]:
        """Every ladder as planned on the server."""
        return _object(await self._ask("GET", "/v1/tasks"))

    async def models(self) -> dict[str, Any]:
        """Every variant and its state."""
        return _object(await self._ask("GET", "/v1/models"))

    async def keep(self, variant: str, ttl_s: float | None) -> dict[str, Any]:
        """Unload a variant, or one of its seats, after so many seconds without a call; None: it stays until others
        need the room."""
        return _object(await self._ask("POST", f"/v1/models/{variant}/keep", json={"ttl_s": ttl_s}))

    async def model(self, variant: str, verb: str, *, wait: bool = True) -> dict[str, Any]:
        """`load`, `unload`, `pin` or `unpin` a variant, or one of its seats (`VARIANT@DEVICE`).

        A load that takes longer raises NotReady, with `eta_s` where it is known, and goes on; not to wait for it at all
        raises nothing.
        """
        prefer = {"Prefer": f"wait={_LOOK_S}" if wait else "respond-async"} if verb == "load" else {}
        return _object(await self._ask("POST", f"/v1/models/{variant}/{verb}", headers=prefer))

    async def _ended(self, job_id: str, until: float) -> dict[str, Any]:
        while True:
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                raise DeadlineExceeded(f"job {job_id} still runs; ask for it with job({job_id!r})", job=job_id)
            body = await self.job(job_id, wait_s=max(1, min(_LOOK_S, int(left))))
            if body["status"] in _ENDED:
                if body["error"]:
                    raise _error(body["error"])
                return body

    async def _reply(self, body: Mapping[str, Any]) -> Reply:
        refs = _files(body["output"])
        return Reply(
            id=body["id"],
            output=body["output"],
            provenance=tuple(body["provenance"]),
            warnings=tuple(body["warnings"]),
            files={place: await self.file(file_id) for place, file_id in refs.items()},
        )

    async def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = await self._http.request(method, path, **request)
        except httpx.ConnectError as error:
            raise Unavailable(f"no Rung answers at {self._url}; start one with `rung serve`") from error
        except httpx.TimeoutException as error:
            raise DeadlineExceeded(f"{self._url} did not answer {method} {path} in time") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"the connection to {self._url} broke: {type(error).__name__}") from error
        if response.is_success:
            return response
        raise _refusal(response)


class Client:
    """The same for programs without an event loop; inside one, use AsyncClient. Close it, or use `with`."""

    def __init__(
        self, base_url: str = URL, key: str | None = None, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._loop = asyncio.Runner()
        self._client = AsyncClient(base_url, key, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._do(self._client.close())
        self._loop.close()

    def run(
        self,
        app: str,
        operation: str,
        /,
        *,
        options: Mapping[str, Any] | None = None,
        wait_s: float = 600.0,
        **inputs: Any,
    ) -> Reply:
        """As AsyncClient.run."""
        return self._do(self._client.run(app, operation, options=options, wait_s=wait_s, **inputs))

    def start(
        self, app: str, operation: str, /, *, options: Mapping[str, Any] | None = None, **inputs: Any
    ) -> dict[str, Any]:
        """As AsyncClient.start."""
        return self._do(self._client.start(app, operation, options=options, **inputs))

    def job(self, job_id: str, *, wait_s: int = 0) -> dict[str, Any]:
        """As AsyncClient.job."""
        return self._do(self._client.job(job_id, wait_s=wait_s))

    def cancel(self, job_id: str) -> dict[str, Any]:
        """As AsyncClient.cancel."""
        return self._do(self._client.cancel(job_id))

    def jobs(self, *, status: str = "", limit: int = 100) -> list[dict[str, Any]]:
        """As AsyncClient.jobs."""
        return self._do(self._client.jobs(status=status, limit=limit))

    def upload(self, picture: Path | bytes) -> dict[str, Any]:
        """As AsyncClient.upload."""
        return self._do(self._client.upload(picture))

    def file(self, file_id: str) -> bytes:
        """As AsyncClient.file."""
        return self._do(self._client.file(file_id))

    def tasks(self) -> dict[str, Any]:
        """As AsyncClient.tasks."""
        return self._do(self._client.tasks())

    def models(self) -> dict[str, Any]:
        """As AsyncClient.models."""
        return self._do(self._client.models())

    def model(self, variant: str, verb: str, *, wait: bool = True) -> dict[str, Any]:
        """As AsyncClient.model."""
        return self._do(self._client.model(variant, verb, wait=wait))

    def keep(self, variant: str, ttl_s: float | None) -> dict[str, Any]:
        """As AsyncClient.keep."""
        return self._do(self._client.keep(variant, ttl_s))

    def _do(self, work: Awaitable[T]) -> T:
        async def whole() -> T:
            return await work

        return self._loop.run(whole())


def _form(inputs: Mapping[str, Any]) -> tuple[list[tuple[str, Any]], dict[str, str]]:
    """Pictures as parts, the rest as form fields; None is left out."""
    files: list[tuple[str, Any]] = []
    fields: dict[str, str] = {}
    for name, value in inputs.items():
        match value:
            case None:
                continue
            case Path() | bytes():
                files.append((name, ("file", _bytes(value), "application/octet-stream")))
            case [Path() | bytes(), *_]:
                files += [(name, ("file", _bytes(one), "application/octet-stream")) for one in value]
            case [{"file": str()}, *_] if all(isinstance(one, Mapping) and one.keys() == {"file"} for one in value):
                files += [(name, (None, json.dumps(one).encode(), "application/json")) for one in value]
            case str():
                fields[name] = value
            case _:
                fields[name] = json.dumps(value, allow_nan=False)
    return files, fields


def _bytes(picture: Path | bytes) -> bytes:
    return picture.read_bytes() if isinstance(picture, Path) else picture


def _files(value: Any, place: str = "") -> dict[str, str]:
    """The ids of the files in an output, by their place in it."""
    match value:
        case {"file": str(file_id), "url": str(), "media_type": str()}:
            return {place: file_id}
        case dict():
            inner = list(value.items())
        case list():
            inner = [(str(at), item) for at, item in enumerate(value)]
        case _:
            return {}
    return {k: v for key, item in inner for k, v in _files(item, f"{place}.{key}" if place else key).items()}


def _object(response: httpx.Response) -> dict[str, Any]:
    return dict(response.json())


def _refusal(response: httpx.Response) -> RungError:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or "code" not in body:
        return Unavailable(f"the server answered {response.status_code} without a problem body: no Rung?")
    return _error(body)


def _error(body: Mapping[str, Any]) -> RungError:
    details = {key: value for key, value in body.items() if key not in _STANDARD}
    return by_code(str(body["code"]), str(body["detail"]), details)
