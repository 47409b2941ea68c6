import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route
from toy_app import encoded

from rung.runtime.app import Limits
from rung.runtime.errors import RungError
from rung.runtime.jobs import Artifacts
from rung.runtime.server.body import Intake
from rung.runtime.server.errors import HttpProblem, on_http_problem, on_rung_error
from rung.runtime.server.files import Files
from rung.runtime.server.ranges import Unsatisfiable, byte_range

DATA = bytes(range(256)) * 4000
ID = hashlib.sha256(DATA).hexdigest()
ETAG = f'"{ID}"'
SIZE = len(DATA)


@dataclass
class Kept:
    http: httpx.AsyncClient
    artifacts: Artifacts
    folder: Path
    room: list[int]


@pytest_asyncio.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    """One file of a million bytes, and the endpoints."""
    room = [10**9]
    artifacts = Artifacts(tmp_path / "artifacts", min_free=10**6, free=lambda folder: room[0])
    await artifacts.put(DATA, "image/png")
    files = Files(artifacts=artifacts, limits=Limits(), intake=Intake())
    app = Starlette(
        routes=[
            Route("/v1/files", files.post, methods=["POST"]),
            Route("/v1/files/{file}", files.get),
            Route("/v1/files/{file}", files.delete, methods=["DELETE"]),
        ],
        exception_handlers={RungError: on_rung_error, HttpProblem: on_http_problem},
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=10) as http:
        yield Kept(http, artifacts, tmp_path / "artifacts", room)


async def get(kept: Kept, method: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await kept.http.request(method, f"/v1/files/{ID}", headers=named)


async def test_where_the_folder_cannot_be_used_it_is_a_503_that_says_what_helps_and_tells_no_path(kept: Kept) -> None:
    kept.folder.rename(kept.folder.with_name("away"))
    kept.folder.write_text("a file stands in the folder's place")

    for got in (
        await kept.http.post("/v1/files", content=encoded(4, 4), headers={"content-type": "image/png"}),
        await get(kept),
        await get(kept, "DELETE"),
    ):
        assert (got.status_code, got.json()["code"], got.json()["retryable"]) == (503, "store", True)
        assert "belong to who runs the server" in got.json()["detail"] and str(kept.folder) not in got.text


async def test_the_whole_file_says_that_ranges_are_answered(kept: Kept) -> None:
    got = await get(kept)

    assert (got.status_code, got.content) == (200, DATA)
    assert got.headers["accept-ranges"] == "bytes"
    assert got.headers["content-length"] == str(SIZE)
    assert (got.headers["etag"], got.headers["content-type"]) == (ETAG, "image/png")
    assert "content-range" not in got.headers


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, SIZE),
        ("bytes=100-299999", 100, 300_000),
        ("bytes=1023999-", SIZE - 1, SIZE),
        ("bytes=5-99999999999", 5, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        ("bytes=-99999999999", 0, SIZE),
        ("Bytes= 3-4 ", 3, 5),
    ],
)
async def test_one_range_is_answered_with_exactly_its_bytes(kept: Kept, asked: str, start: int, end: int) -> None:
    got = await get(kept, range=asked)

    assert (got.status_code, got.content) == (206, DATA[start:end])
    assert got.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert got.headers["content-length"] == str(end - start)
    assert got.headers["etag"] == ETAG


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0", "bytes=9999999999-"])
async def test_a_range_beyond_the_end_is_416_with_the_size(kept: Kept, asked: str) -> None:
    got = await get(kept, range=asked)

    assert got.status_code == 416
    assert got.headers["content-range"] == f"bytes */{SIZE}"
    assert got.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,3-4", "bytes=0-0," * 200 + "1-1", "bytes=5-4", "bytes=", "bytes=-", "bytes=a-b", "lines=0-1", "0-1",
     "bytes=0x0-1", "bytes=٣-٤", "bytes=--1", "bytes=1-2-3", "bytes=" + "9" * 5000 + "-"],
)  # fmt: skip
async def test_several_ranges_and_what_is_none_bring_the_whole_file_once(kept: Kept, asked: str) -> None:
    got = await kept.http.get(f"/v1/files/{ID}", headers=[(b"range", asked.encode())])

    assert (got.status_code, got.content) == (200, DATA)


async def test_a_range_that_was_asked_for_another_file_brings_the_whole_one(kept: Kept) -> None:
    assert (await get(kept, range="bytes=0-1", if_range=ETAG)).status_code == 206
    for other in (f'"{"0" * 64}"', f"W/{ETAG}", "Wed, 21 Oct 2015 07:28:00 GMT", ID):
        assert (await get(kept, range="bytes=0-1", if_range=other)).status_code == 200


async def test_what_the_caller_has_already_is_not_sent_range_or_not(kept: Kept) -> None:
    for headers in (
        {"if_none_match": ETAG},
        {"if_none_match": f"W/{ETAG}", "range": "bytes=0-1"},
        {"if_none_match": "*"},
    ):
        got = await get(kept, **headers)
        assert (got.status_code, got.content, got.headers["etag"]) == (304, b"", ETAG)


async def test_head_says_what_get_would(kept: Kept) -> None:
    for headers in ({}, {"range": "bytes=10-19"}):
        head, whole = await get(kept, "HEAD", **headers), await get(kept, **headers)

        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers == whole.headers


async def test_a_deleted_file_is_gone_and_only_once(kept: Kept) -> None:
    assert (await get(kept, "DELETE")).status_code == 204

    assert (await get(kept)).status_code == 404
    assert (await get(kept, "DELETE")).status_code == 404
    assert list(kept.folder.iterdir()) == []


async def test_a_file_that_a_job_needs_is_not_deleted_under_it(kept: Kept) -> None:
    kept.artifacts.pin([ID])
    assert (await get(kept, "DELETE")).status_code == 409

    kept.artifacts.unpin([ID])
    assert (await get(kept, "DELETE")).status_code == 204


async def test_a_file_deleted_by_another_process_is_not_found(kept: Kept) -> None:
    for entry in kept.folder.iterdir():
        entry.unlink()

    assert (await get(kept)).status_code == 404
    assert (await get(kept, "DELETE")).status_code == 404


async def test_a_file_deleted_while_it_is_sent_is_sent_to_its_end(kept: Kept) -> None:
    files = Files(artifacts=kept.artifacts, limits=Limits(), intake=Intake())
    sent: list[bytes] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            assert await kept.artifacts.delete(ID)
        sent.append(message.get("body", b""))  # type: ignore[arg-type]

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    app = Starlette(routes=[Route("/{file}", files.get)])
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": "GET", "path": f"/{ID}",
        "raw_path": b"", "query_string": b"", "headers": [], "http_version": "1.1", "scheme": "http", "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)  # type: ignore[arg-type]

    assert b"".join(sent) == DATA
    assert max(map(len, sent)) <= 256 * 1024, "held whole"


async def test_an_upload_is_refused_before_it_is_kept_when_the_disk_is_low(kept: Kept) -> None:
    kept.room[0] = 10**6
    got = await kept.http.post("/v1/files", content=encoded())
    assert (got.status_code, got.json()["code"]) == (507, "disk-full")

    kept.room[0] = 10**9
    assert (await kept.http.post("/v1/files", content=encoded())).status_code == 201


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "%2e%2e", "a" * 64, f"{ID}%00", f"{ID}%0a", ID.upper()])
async def test_no_name_but_an_id_leads_anywhere(kept: Kept, name: str) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        assert (await kept.http.request(method, f"/v1/files/{name}")).status_code == 404
    assert len(list(kept.folder.iterdir())) == 1


@given(asked=st.one_of(st.text(max_size=30), st.from_regex(r"bytes=[0-9]{0,3}-[0-9]{0,3}")), size=st.integers(0, 500))
def test_no_header_whatever_asks_for_bytes_that_are_not_there(asked: str, size: int) -> None:
    try:
        found = byte_range(asked, "", '"e"', size)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found.start < found.stop <= size
