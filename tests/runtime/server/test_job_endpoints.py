import asyncio
import json
from typing import Any

import pytest
from toy_app import Toy

from rung.runtime.jobs import Event, JobRecord
from rung.runtime.jobs.outbox import LARGEST_OUTPUT
from rung.runtime.server.answers import end_json, job_json
from rung.runtime.server.jobs import _frames


async def submitted(toy: Toy, operation: str, body: dict[str, object]) -> str:
    got = await toy.http.post(f"/v1/toy/{operation}", json=body, headers={"Prefer": "respond-async"})
    assert got.status_code == 202
    return str(got.json()["id"])


def last_event(text: str) -> tuple[str, str, Any]:
    number, kind, data = text.strip().rpartition("\n\n")[2].splitlines()
    return number.removeprefix("id: "), kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_events_tell_the_whole_story_and_end(toy: Toy) -> None:
    job = await submitted(toy, "sleep", {})
    await asyncio.wait_for(toy.caller.hanging.wait(), 5)
    stream = asyncio.ensure_future(toy.http.get(f"/v1/jobs/{job}/events"))
    await toy.http.post(f"/v1/jobs/{job}/cancel")

    got = await asyncio.wait_for(stream, 5)

    assert got.headers["content-type"].startswith("text/event-stream")
    lines = got.text.splitlines()
    assert [x for x in lines if x.startswith("event")] == [
        "event: queued",
        "event: started",
        "event: progress",
        "event: canceled",
    ]
    assert 'data: {"stage": "sleeping", "frac": 0.25}' in lines


async def test_events_resume_after_the_last_one_seen(toy: Toy) -> None:
    job = await submitted(toy, "sum", {"points": [[1, 2, 1]]})
    await toy.runner.wait(job, 5)

    got = await toy.http.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": "2"})
    none = await toy.http.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": "999999"})
    wrong = await toy.http.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": "x"})

    assert got.text.count("\n\n") == 1 and last_event(got.text)[:2] == ("3", "succeeded")
    assert (none.text, wrong.status_code) == ("", 422)


@pytest.mark.parametrize(
    ("operation", "body", "status"),
    [("sum", {"points": [[1, 2, 1]]}, "succeeded"), ("fail", {"how": "no-rung"}, "failed")],
)
async def test_the_last_event_carries_what_polling_gives(
    toy: Toy, operation: str, body: dict[str, object], status: str
) -> None:
    job = await submitted(toy, operation, body)
    stream = (await toy.http.get(f"/v1/jobs/{job}/events")).text
    again = (await toy.http.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": "2"})).text

    polled = (await toy.http.get(f"/v1/jobs/{job}")).json()

    assert polled["status"] == status and (polled["output"] is None) == (status == "failed")
    assert last_event(stream)[1:] == last_event(again)[1:] == (status, polled)
    kept = [event async for event in toy.runner.jobs.events(job)]
    assert "output" not in kept[-1].data, "an output is kept once"


async def test_what_is_large_is_left_out_of_the_last_event_and_said_to_be() -> None:
    whole = LARGEST_OUTPUT - len('{"text":""}')
    fits, large = (
        JobRecord(id="one", app="toy", operation="sum", status="succeeded", created=1.0, output={"text": "x" * size})
        for size in (whole, whole + 1)
    )

    assert end_json(fits) == job_json(fits)
    assert end_json(large) == job_json(large) | {"output": None, "left_out": ["output"]}
    assert end_json(large)["urls"]["self"] == "/v1/jobs/one"


async def test_a_job_that_was_deleted_before_its_end_was_sent_is_told_by_its_status(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await submitted(toy, "fail", {"how": "no-rung"})
    await toy.runner.wait(job, 5)
    kept = [event async for event in toy.runner.jobs.events(job)]

    async def from_before(job_id: str, after: int = 0):  # type: ignore[no-untyped-def]
        await toy.runner.delete(job)
        for event in kept:
            yield event

    monkeypatch.setattr(toy.runner.jobs, "events", from_before)
    got = await toy.http.get(f"/v1/jobs/{job}/events")

    data = {"error": "no-rung", "id": job, "status": "failed", "urls": {"self": f"/v1/jobs/{job}"}}
    assert last_event(got.text)[1:] == ("failed", data)


async def test_a_silent_stream_is_kept_alive_by_pings() -> None:
    go_on = asyncio.Event()

    async def events():  # type: ignore[no-untyped-def]
        await go_on.wait()
        yield Event(seq=1, kind="started", data={})

    frames = _frames(events(), ping_s=0.01)

    assert await asyncio.wait_for(anext(frames), 5) == ": ping\n\n"
    go_on.set()
    rest = [frame async for frame in frames if frame != ": ping\n\n"]
    assert rest == ["id: 1\nevent: started\ndata: {}\n\n"]


async def test_a_job_can_be_waited_for(toy: Toy) -> None:
    job = await submitted(toy, "sum", {"points": [[1, 2, 1]]})

    got = await toy.http.get(f"/v1/jobs/{job}", headers={"Prefer": "wait=5"})

    assert (got.json()["status"], got.json()["output"]["total"]) == ("succeeded", 3.0)
    assert got.json()["urls"]["events"] == f"/v1/jobs/{job}/events"


async def test_jobs_are_listed_newest_first_and_by_status(toy: Toy) -> None:
    made = [await submitted(toy, "sum", {"points": []}) for _ in range(3)]
    failed = await submitted(toy, "fail", {"how": "no-rung"})
    for job in (*made, failed):
        await toy.runner.wait(job, 5)

    every = (await toy.http.get("/v1/jobs", params={"limit": 2})).json()["jobs"]
    bad = (await toy.http.get("/v1/jobs", params={"status": "failed"})).json()["jobs"]

    assert [job["id"] for job in every] == [failed, made[2]]
    assert [job["error"]["code"] for job in bad] == ["no-rung"]
    assert (await toy.http.get("/v1/jobs", params={"status": "done"})).status_code == 422
    assert (await toy.http.get("/v1/jobs", params={"limit": "0"})).status_code == 422


async def test_an_unknown_job_is_a_404_everywhere(toy: Toy) -> None:
    got = [
        await toy.http.get("/v1/jobs/none"),
        await toy.http.get("/v1/jobs/none", headers={"Prefer": "wait=1"}),
        await toy.http.get("/v1/jobs/none/events"),
        await toy.http.post("/v1/jobs/none/cancel"),
    ]

    assert [(one.status_code, one.json()["code"]) for one in got] == [(404, "not-found")] * 4


async def test_cancelling_a_job_that_has_ended_changes_nothing(toy: Toy) -> None:
    job = await submitted(toy, "sum", {"points": []})
    await toy.runner.wait(job, 5)

    got = await toy.http.post(f"/v1/jobs/{job}/cancel")

    assert (got.status_code, got.json()["status"], got.json()["error"]) == (200, "succeeded", None)
