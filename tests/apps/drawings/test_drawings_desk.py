"""One visitor's dealings with the API, without a browser: what is asked in which order, and what is taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest_asyncio

from rung.apps.drawings.page_desk import Desk
from rung.runtime.client import AsyncClient

REFS = {
    name: {"file": name, "url": f"/v1/files/{name}", "media_type": "application/pdf", "width": None, "height": None}
    for name in ("a", "b", "c")
}


class Server:
    """Answers in the API's shape. A job runs until `ends` says so, as one does that is taken back: `taken_back` has its
    name from then on. While `named` is not set, jobs get none."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.taken_back: list[str] = []
        self.named = asyncio.Event()
        self.named.set()
        self.turned = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/v1/drawings/analyze":
            return await self._analyze((await request.aread()).decode())
        if path == "/v1/drawings/review":
            return await self._review((await request.aread()).decode())
        job = self.jobs[path.split("/")[3]]
        if path.endswith("/cancel"):
            self.taken_back.append(job["id"])
        elif job["status"] == "running":
            await self.turned.wait()
        return httpx.Response(200, json=dict(job))

    async def _analyze(self, form: str) -> httpx.Response:
        file = json.loads(form.split('name="file"')[1].split("\r\n\r\n")[1].split("\r\n")[0])["file"]
        self.asked.append(file)
        await self.named.wait()
        empty = {"error": None, "warnings": [], "provenance": [], "progress": None}
        self.jobs[file] = {"id": file, "status": "running", "output": None, **empty}
        return httpx.Response(202, json=dict(self.jobs[file]))

    async def _review(self, form: str) -> httpx.Response:
        """Knows the dimension that stands at the left edge; any other place is new to it."""
        (change,) = json.loads(form.split('name="changes"')[1].split("\r\n\r\n")[1].split("\r\n")[0])
        id = "1.d1" if change["polygon"][0] == [0, 0] else "1.r1"
        said = {"id": id, "text": change["text"], "status": change["status"], "polygon": change["polygon"]}
        output = {"drawing": "a", "dimensions": [said], "corrections": [], "cases": None}
        return httpx.Response(200, json={"id": "job", "output": output, "warnings": [], "provenance": []})

    def ends(self, file: str, status: str = "succeeded", pages: Sequence[Any] = ()) -> None:
        self.jobs[file] |= {"status": status, "output": {"drawing": file, "pages": [*pages]}}
        self.turned.set()
        self.turned = asyncio.Event()


@pytest_asyncio.fixture
async def server() -> Server:
    return Server()


@pytest_asyncio.fixture
async def desk(server: Server) -> AsyncIterator[Desk]:
    desk = Desk(AsyncClient("http://rung", transport=httpx.MockTransport(server)), lambda: None)
    yield desk
    await desk.close()


async def until(so: Any) -> None:
    async with asyncio.timeout(5):
        while not so():
            await asyncio.sleep(0)


async def test_a_drawing_that_is_opened_while_another_is_read_is_read_too(desk: Desk, server: Server) -> None:
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(desk.open(REFS["a"], "a.pdf"))
        await until(lambda: "a" in server.jobs)
        group.create_task(desk.open(REFS["b"], "b.pdf"))
        await until(lambda: server.taken_back == ["a"])
        assert desk.work.name() == "b.pdf" and server.asked == ["a"]
        server.ends("a", "canceled")
        await until(lambda: "b" in server.jobs)
        server.ends("b")

    assert desk.work.name() == "b.pdf" and desk.work.answer == {"drawing": "b", "pages": []}
    assert not desk.busy and not desk.trouble


async def test_only_the_last_of_several_that_are_opened_is_read(desk: Desk, server: Server) -> None:
    server.named.clear()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(desk.open(REFS["a"], "a.pdf"))
        await until(lambda: server.asked == ["a"])
        group.create_task(desk.open(REFS["b"], "b.pdf"))
        group.create_task(desk.open(REFS["c"], "c.pdf"))
        await until(lambda: desk.work.name() == "c.pdf")
        server.named.set()
        await until(lambda: server.taken_back == ["a"])
        server.ends("a", "canceled")
        await until(lambda: "c" in server.jobs)
        server.ends("c")

    assert server.asked == ["a", "c"] and server.taken_back == ["a"]


async def test_what_is_taken_back_before_it_has_a_name_is_taken_back_with_it(desk: Desk, server: Server) -> None:
    server.named.clear()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(desk.open(REFS["a"], "a.pdf"))
        await until(lambda: server.asked == ["a"])
        await desk.cancel()
        server.named.set()
        await until(lambda: server.taken_back == ["a"])
        server.ends("a", "canceled")

    assert not desk.trouble and not desk.busy and desk.work.answer is None


async def test_what_is_written_where_an_earlier_visitor_wrote_changes_that_dimension(
    desk: Desk, server: Server
) -> None:
    place = {"polygon": [[0, 0], [9, 0], [9, 4], [0, 4]], "text": "?"}
    sheet = {"page": 1, "dpi": 100.0, "dimensions": [{"id": "1.d1", "text": "5", "polygon": place["polygon"]}]}
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(desk.open(REFS["a"], "a.pdf"))
        await until(lambda: "a" in server.jobs)
        server.ends("a", pages=[sheet])

    await desk.write(place, "7")
    await desk.write(place | {"polygon": [[50, 0], [59, 0], [59, 4], [50, 4]]}, "8")

    found = [(one["id"], one["text"]) for one in desk.work.answer["pages"][0]["dimensions"]]
    assert found == [("1.d1", "7"), ("1.a1", "8")]
