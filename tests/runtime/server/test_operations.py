import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from toy_app import Toy, encoded, toy_server

from rung.runtime.server import Intake

PNG = {"image": ("x.bin", encoded(), "text/plain")}

_JSON = {"Content-Type": "application/json"}


async def test_a_multipart_picture_is_known_by_its_content_not_by_its_declared_type(toy: Toy) -> None:
    got = await toy.http.post("/v1/toy/size", files=PNG)

    assert got.status_code == 200
    assert got.json()["output"] == {"width": 4, "height": 3, "media_type": "image/png"}


async def test_a_json_picture_comes_as_a_data_url_or_as_a_file_sent_before(toy: Toy) -> None:
    url = "data:image/png;base64," + base64.b64encode(encoded()).decode()
    kept = (await toy.http.post("/v1/files", content=encoded(9, 8, "WEBP"))).json()

    one = await toy.http.post("/v1/toy/size", json={"image": {"data": url}})
    two = await toy.http.post("/v1/toy/size", json={"image": {"file": kept["file"]}})

    assert one.json()["output"]["width"] == 4
    assert two.json()["output"] == {"width": 9, "height": 8, "media_type": "image/webp"}


async def test_what_is_no_file_is_answered_with_the_ways_to_send_one_and_nothing_struck_out(toy: Toy) -> None:
    got = await toy.http.post("/v1/toy/size", json={"image": "photo.png"})

    detail = got.json()["detail"]
    assert got.status_code == 422 and "characters]" not in detail
    assert "multipart form, {'data': a data: URL in base64}, or {'file': '<id>'}" in detail


async def test_a_form_field_is_read_by_its_type_and_text_stays_text(toy: Toy) -> None:
    form = {"points": "[[1, 2.5, 1], [3, 4, 0]]", "note": "2024", "scale": "2", "exact": "true", "tone": "dark"}

    got = await toy.http.post("/v1/toy/sum", files={k: (None, v) for k, v in form.items()})

    assert got.json()["output"] == {"total": 21.0, "note": "2024"}


async def test_a_list_of_pictures_is_one_field_repeated(toy: Toy) -> None:
    files = [("images", ("a", encoded(1, 1))), ("images", ("b", encoded(2, 3)))]

    got = await toy.http.post("/v1/toy/many", files=files)

    assert got.json()["output"] == {"sizes": [[1, 1], [2, 3]]}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("image/png", "image/png"),
        ("image/webp;q=0.5, image/jpeg", "image/jpeg"),
        ("image/*", "image/png"),
        ("text/html, */*;q=0.8", "application/json"),
        ("image/png, */*", "image/png"),
        ("application/json, image/png", "application/json"),
        ("image/png;q=0, application/json;q=0.1", "application/json"),
    ],
)
async def test_accept_chooses_between_json_and_the_main_file(toy: Toy, accept: str, kind: str) -> None:
    got = await toy.http.post("/v1/toy/paint", files=PNG, headers={"Accept": accept})

    assert got.status_code == 200
    assert got.headers["content-type"] == kind


async def test_the_main_file_brings_its_provenance_and_warnings_as_ascii_headers(toy: Toy) -> None:
    got = await toy.http.post("/v1/toy/paint", files=PNG, headers={"Accept": "image/webp"})

    assert got.content[8:12] == b"WEBP"
    assert json.loads(got.headers["rung-provenance"])[0]["variant"] == "echo-1"
    assert json.loads(got.headers["rung-warnings"]) == ["painted with a broad brush"]
    job = (await toy.http.get(f"/v1/jobs/{got.headers['rung-job']}")).json()
    assert job["status"] == "succeeded"


async def test_a_file_in_the_answer_is_a_link_and_inline_when_asked(toy: Toy) -> None:
    options = {"options": (None, '{"inline_files": true}')}

    linked = (await toy.http.post("/v1/toy/paint", files=PNG)).json()["output"]["image"]
    inlined = (await toy.http.post("/v1/toy/paint", files=PNG | options)).json()["output"]["image"]

    assert set(linked) == {"file", "url", "media_type", "bytes", "width", "height"}
    file = await toy.http.get(linked["url"])
    assert inlined["data"] == "data:image/png;base64," + base64.b64encode(file.content).decode()
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-disposition"].startswith("inline")
    again = await toy.http.get(linked["url"], headers={"If-None-Match": file.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        ("plate 7", 'filename="plate 7.png"'),
        ("plate.png", 'filename="plate.png"'),
        ("도면 A", "filename=\"A.png\"; filename*=UTF-8''%EB%8F%84%EB%A9%B4%20A.png"),
        ('../a"; x=\r\nSet-Cookie: y', 'filename="a  x= Set-Cookie  y.png"'),
        ("..", None),
        ("x" * 999, f'filename="{"x" * 100}.png"'),
    ],
)
async def test_a_file_is_called_in_the_browser_what_is_asked_for_with_its_own_ending(toy: Toy, asked, called) -> None:
    linked = (await toy.http.post("/v1/toy/paint", files=PNG)).json()["output"]["image"]

    file = await toy.http.get(linked["url"], params={"name": asked})

    said = file.headers["content-disposition"].partition("; ")[2]
    assert said == (called or f'filename="{linked["file"][:16]}.png"')


async def test_options_reach_the_policy_and_what_changes_nothing_is_said(toy: Toy) -> None:
    options = {"variant": "echo-2", "quality_floor": "real", "allow_mock": True, "seed": 7, "max_cost": 0.5}
    body = {"image": {"data": "data:image/png;base64," + base64.b64encode(encoded()).decode()}, "options": options}

    got = await toy.http.post("/v1/toy/paint", json=body)

    policy = toy.caller.policies[-1]
    assert (policy.variant, policy.quality_floor, policy.allow_mock, policy.seed) == ("echo-2", "real", True, 7)
    assert any("max_cost" in warning for warning in got.json()["warnings"])


async def test_a_repeated_idempotency_key_is_the_same_job_and_the_same_answer(toy: Toy) -> None:
    key, body = {"Idempotency-Key": '"once"'}, {"points": [[1, 2, 1]]}

    first = await toy.http.post("/v1/toy/sum", json=body, headers=key)
    again = await toy.http.post("/v1/toy/sum", content=b'{"points":  [[1.0, 2, 1]]}', headers=key | _JSON)
    other = await toy.http.post("/v1/toy/sum", json={"points": [[5, 5, 1]]}, headers=key)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["id"] == again.json()["id"] and again.json()["output"]["total"] == 3
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-mismatch")


async def test_a_202_is_on_disk_and_says_so(toy: Toy) -> None:
    got = await toy.http.post("/v1/toy/sleep", json={}, headers={"Prefer": "respond-async"})
    waited = await toy.http.post("/v1/toy/sleep", json={}, headers={"Prefer": "wait=1"})
    disk = toy.runner.jobs.disk
    assert disk is not None
    kept = {record.id for record in await disk.list()}
    for job in kept:
        await toy.runner.cancel(job)

    assert (got.status_code, waited.status_code) == (202, 202)
    assert kept == {got.json()["id"], waited.json()["id"]}
    assert got.json()["durable"] and waited.json()["durable"]


async def test_a_full_queue_says_when_to_come_back(toy: Toy) -> None:
    asked = {"Prefer": "respond-async"}
    accepted = [(await toy.http.post("/v1/toy/sleep", json={}, headers=asked)).json()["id"] for _ in range(8)]

    refused = await toy.http.post("/v1/toy/sum", json={"points": []})
    for job in accepted:
        await toy.runner.cancel(job)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1


async def test_respond_async_answers_202_with_the_job_and_leaves_it_running(toy: Toy) -> None:
    got = await toy.http.post("/v1/toy/sleep", json={}, headers={"Prefer": "respond-async"})

    assert got.status_code == 202
    assert got.headers["preference-applied"] == "respond-async"
    await asyncio.wait_for(toy.caller.hanging.wait(), 5)
    assert (await toy.http.get(got.headers["location"])).json()["status"] == "running"
    ended = await toy.http.post(got.headers["location"] + "/cancel")
    assert (ended.status_code, ended.json()["status"]) == (200, "canceled")
    assert ended.json()["error"]["code"] == "cancelled"
    assert toy.caller.cancelled == 1


async def test_a_wait_that_ends_before_the_job_becomes_a_202(toy: Toy) -> None:
    waited = await toy.http.post("/v1/toy/sleep", json={}, headers={"Prefer": "wait=0"})
    done = await toy.http.post("/v1/toy/sum", json={"points": []}, headers={"Prefer": "respond-async, wait=5"})

    assert (waited.status_code, done.status_code) == (202, 200)
    await toy.runner.cancel(waited.json()["id"])


async def test_a_job_past_its_deadline_is_a_504_and_expired(toy: Toy) -> None:
    got = await toy.http.post("/v1/toy/sleep", json={"options": {"deadline_s": 0.05}})

    assert (got.status_code, got.json()["code"]) == (504, "deadline")
    job = (await toy.http.get(f"/v1/jobs/{got.json()['job']}")).json()
    assert (job["status"], toy.caller.cancelled) == ("expired", 1)


async def test_a_caller_that_hangs_up_takes_its_job_with_it(toy: Toy) -> None:
    sent: list[dict[str, object]] = []
    scope = {
        "type": "http", "method": "POST", "path": "/v1/toy/sleep", "query_string": b"", "http_version": "1.1",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")], "scheme": "http",
    }  # fmt: skip
    bodies = iter([{"type": "http.request", "body": b"{}"}])

    async def receive() -> dict[str, object]:
        for message in bodies:
            return message
        await toy.caller.hanging.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await asyncio.wait_for(toy.app(scope, receive, send), 5)

    jobs = (await toy.http.get("/v1/jobs")).json()["jobs"]
    assert [job["status"] for job in jobs] == ["canceled"]
    assert toy.caller.cancelled == 1


async def test_a_full_queue_refuses_and_accepts_again(toy: Toy) -> None:
    prefer = {"Prefer": "respond-async"}
    accepted = [await toy.http.post("/v1/toy/sleep", json={}, headers=prefer) for _ in range(8)]

    refused = await toy.http.post("/v1/toy/sleep", json={}, headers=prefer)
    for got in accepted:
        await toy.runner.cancel(got.json()["id"])
    after = await toy.http.post("/v1/toy/sum", json={"points": []})

    assert (refused.status_code, refused.json()["code"]) == (429, "queue-full")
    assert after.status_code == 200


async def test_concurrent_answers_are_each_their_own(toy: Toy) -> None:
    async def ask(n: int) -> httpx.Response:
        return await toy.http.post("/v1/toy/size", files={"image": ("x", encoded(n + 1, 2))})

    got = await asyncio.wait_for(asyncio.gather(*(ask(n) for n in range(8))), 10)

    assert [one.json()["output"]["width"] for one in got] == list(range(1, 9))


async def test_bodies_being_read_are_bounded_together(tmp_path: Path) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield bytes(600)
        arrived.set()
        await go_on.wait()
        yield b""

    async with toy_server(tmp_path, intake=Intake(max_bytes=1000)) as toy:
        first = asyncio.ensure_future(toy.http.post("/v1/files", content=slow()))
        await asyncio.wait_for(arrived.wait(), 5)
        refused = await toy.http.post("/v1/files", content=bytes(600))
        go_on.set()
        await asyncio.wait_for(first, 5)
        after = await toy.http.post("/v1/files", content=encoded())

    assert (refused.status_code, refused.json()["code"], after.status_code) == (429, "queue-full", 201)
