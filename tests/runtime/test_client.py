import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from toy_app import Toy, encoded, toy_server

from rung.runtime.client import AsyncClient, Client
from rung.runtime.errors import Cancelled, DeadlineExceeded, InvalidInput, NoRung, RungError, Unavailable

URL = "http://localhost:8000"


@pytest_asyncio.fixture
async def toy(tmp_path: Path) -> AsyncIterator[Toy]:
    async with toy_server(tmp_path, wait_s=0.05) as running:
        yield running


@pytest_asyncio.fixture
async def client(toy: Toy) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(URL, transport=httpx.ASGITransport(toy.app)) as made:
        yield made


async def test_an_operation_takes_paths_and_bytes_and_gives_files_as_bytes(client: AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(encoded())

    reply = await client.run("toy", "paint", image=tmp_path / "x.png", format="webp")
    sizes = await client.run("toy", "many", images=[encoded(1, 2), tmp_path / "x.png"])

    assert reply.files["image"] == encoded(5, 2, "WEBP")
    assert reply.provenance[0]["variant"] == "echo-1"
    assert reply.warnings == ("painted with a broad brush",)
    assert sizes.output["sizes"] == [[1, 2], [4, 3]]


async def test_values_travel_by_their_type_without_any_file(client: AsyncClient) -> None:
    reply = await client.run("toy", "sum", points=[[1, 2, 1]], note="2024", exact=True, tone=None, options={"seed": 1})

    assert reply.output == {"total": 3.0, "note": "2024"}


async def test_a_file_sent_before_is_used_by_its_id(client: AsyncClient) -> None:
    kept = await client.upload(encoded(7, 5))

    reply = await client.run("toy", "size", image={"file": kept["file"]})

    assert reply.output["width"] == 7
    assert await client.file(kept["file"]) == encoded(7, 5)


async def test_files_sent_before_are_used_by_their_ids_several_at_once(client: AsyncClient) -> None:
    kept = [(await client.upload(encoded(width, 5)))["file"] for width in (7, 9)]

    reply = await client.run("toy", "many", images=[{"file": one} for one in kept])

    assert reply.output["sizes"] == [[7, 5], [9, 5]]


async def test_a_job_is_started_and_not_waited_for(client: AsyncClient, toy: Toy) -> None:
    job = await client.start("toy", "sleep", options={"seed": 1})
    await asyncio.wait_for(toy.caller.hanging.wait(), 5)

    quick = await client.start("toy", "sum", points=[[1, 2, 1]], note="n", exact=True)

    assert quick.get("status") in ("queued", "running"), "told of before it has run"
    assert (await client.job(quick["id"], wait_s=5))["output"]["total"] == 3.0
    assert job["status"] in ("queued", "running") and (await client.job(job["id"]))["status"] == "running"
    assert (await client.cancel(job["id"]))["status"] == "canceled"


async def test_the_servers_error_arrives_as_the_error_it_was(client: AsyncClient) -> None:
    with pytest.raises(NoRung, match="told to fail") as failed:
        await client.run("toy", "fail", how="no-rung")
    with pytest.raises(InvalidInput, match="nearest is 'points'"):
        await client.run("toy", "sum", pionts=[])
    with pytest.raises(RungError) as unknown:
        await client.run("toy", "size", image=b"")

    assert failed.value.details["job"]
    assert unknown.value.details["field"] == "image"


async def test_a_job_that_outlives_the_wait_is_followed_to_its_end(client: AsyncClient, toy: Toy) -> None:
    running = asyncio.ensure_future(client.run("toy", "sleep"))
    await asyncio.wait_for(toy.caller.hanging.wait(), 5)
    job = (await toy.runner.jobs.list())[0].id
    assert (await client.job(job))["status"] == "running"

    assert (await client.cancel(job))["status"] == "canceled"

    with pytest.raises(Cancelled):
        await asyncio.wait_for(running, 5)


async def test_a_caller_out_of_patience_is_told_where_its_job_is(client: AsyncClient, toy: Toy) -> None:
    from rung.runtime import client as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LOOK_S", 0)
        with pytest.raises(DeadlineExceeded, match="still runs"):
            await client.run("toy", "sleep", wait_s=0.0)


async def test_models_and_tasks_are_asked_and_told(client: AsyncClient, toy: Toy) -> None:
    assert (await client.tasks())["tasks"][0]["task"] == "echo"
    assert len((await client.models())["models"]) == 2
    assert (await client.model("echo-1", "pin"))["done"] == "pin"
    assert toy.admin.did == [("pin", "echo-1")]


async def test_a_server_that_is_not_there_or_is_no_rung_says_so() -> None:
    other = httpx.MockTransport(lambda request: httpx.Response(502, text="<html>"))
    async with AsyncClient(URL, transport=other) as client:
        with pytest.raises(Unavailable, match="no Rung"):
            await client.tasks()
    async with AsyncClient("http://127.0.0.1:1") as client:
        with pytest.raises(Unavailable, match="rung serve"):
            await client.tasks()


def test_the_sync_door_answers_the_same() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": "1", "output": {"n": 1}, "provenance": [], "warnings": []})

    with Client(URL, "secret-key", transport=httpx.MockTransport(answer)) as client:
        reply = client.run("toy", "sum", points=[])

    assert reply.output == {"n": 1}
    assert (seen[0].url.path, seen[0].headers["authorization"]) == ("/v1/toy/sum", "Bearer secret-key")
