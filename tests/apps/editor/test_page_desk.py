import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from rung.apps.editor.page_desk import Desk
from rung.apps.editor.page_state import Shown, Work
from rung.runtime.client import AsyncClient

ROW = {"task": "segment", "variant": "tiny", "kind": "real"}


class Server:
    """Answers in the API's shape; a segment request waits until `free` is set. points: of each request, in order."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.points: list[str] = []
        self.refusal = ""

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/v1/models":
                unloaded = {"variant": "tiny", "task": "segment", "feasible": True, "state": {"state": "unloaded"}}
                return httpx.Response(200, json={"models": [unloaded]})
            case "/v1/editor/segment":
                return await self._segment((await request.aread()).decode())
            case _:
                return httpx.Response(200, content=b"png")

    async def _segment(self, form: str) -> httpx.Response:
        sent = form.split('name="points"')[1].split("\r\n\r\n")[1].split("\r\n")[0]
        self.points.append(sent)
        await self.free.wait()
        if self.refusal:
            return httpx.Response(503, json={"code": "no-rung", "detail": self.refusal})
        name = f"mask of {sent}"
        mask = {"file": name, "url": f"/v1/files/{name}", "media_type": "image/png"}
        output = {"mask": mask, "area_px": 5, "score": 0.5}
        return httpx.Response(200, json={"id": "j", "output": output, "provenance": [ROW], "warnings": []})

    async def asked(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.points) < count:
                await asyncio.sleep(0)


@pytest_asyncio.fixture
async def server() -> Server:
    return Server()


@pytest_asyncio.fixture
async def desk(server: Server) -> AsyncIterator[Desk]:
    client = AsyncClient("http://rung", transport=httpx.MockTransport(server))
    desk = Desk(client, lambda: None)
    desk.open(Shown(file="p", url="/p", width=100, height=100))
    yield desk
    await desk.close()


def click(desk: Desk, *point: int) -> "asyncio.Task[None]":
    selecting = desk.select(lambda work: work.clicked((point[0], point[1], point[2])))
    return asyncio.ensure_future(asyncio.wait_for(selecting, 5))


async def test_of_many_clicks_while_one_is_answered_only_the_last_is_asked_and_shown(
    server: Server, desk: Desk
) -> None:
    first = click(desk, 1, 1, 1)
    await server.asked(1)
    later = [click(desk, n, n, 1) for n in (2, 3, 4)]
    await asyncio.gather(*later)
    server.free.set()
    await first

    whole = "[[1, 1, 1], [2, 2, 1], [3, 3, 1], [4, 4, 1]]"
    assert server.points == ["[[1, 1, 1]]", whole]
    assert desk.work.found is not None and desk.work.found.file == f"mask of {whole}"
    assert not desk.work.stale and desk.waits_for == ""


async def test_a_reply_for_a_selection_that_was_cleared_is_dropped(server: Server, desk: Desk) -> None:
    first = click(desk, 1, 1, 1)
    await server.asked(1)
    await asyncio.wait_for(desk.select(Work.cleared), 5)
    await first

    assert desk.work.found is None and desk.waits_for == "" and desk.trouble == ""


async def test_another_picture_takes_the_running_request_back(server: Server, desk: Desk) -> None:
    first = click(desk, 1, 1, 1)
    await server.asked(1)
    desk.open(Shown(file="q", url="/q", width=10, height=10))
    await first

    assert desk.work.found is None and desk.work.picture.file == "q"
    assert desk.trouble == "" and desk.waits_for == ""


async def test_a_refusal_is_shown_in_the_servers_words_and_the_next_click_tries_again(
    server: Server, desk: Desk
) -> None:
    server.free.set()
    server.refusal = "no rung of segment can answer: pull sam2-tiny"
    await click(desk, 1, 1, 1)
    said = desk.trouble
    server.refusal = ""
    await click(desk, 2, 2, 1)

    assert said == "no rung of segment can answer: pull sam2-tiny"
    assert desk.trouble == "" and desk.work.uses_mask() is not None


async def test_the_visitor_is_told_which_model_is_being_loaded(server: Server, desk: Desk) -> None:
    first = click(desk, 1, 1, 1)
    async with asyncio.timeout(5):
        while not desk.loads:
            await asyncio.sleep(0)
    loads, waits = desk.loads, desk.waits_for
    server.free.set()
    await first

    assert (loads, waits) == ("tiny", "segment")
    assert desk.loads == ""


async def test_nothing_is_asked_of_a_mask_that_is_not_there(server: Server, desk: Desk) -> None:
    asked: list[Any] = []
    desk.client.run = lambda *given, **fields: asked.append(given)  # type: ignore[method-assign]

    await asyncio.wait_for(desk.operate("remove"), 5)

    assert asked == [] and desk.waits_for == ""
