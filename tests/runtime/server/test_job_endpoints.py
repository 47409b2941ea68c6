import asyncio

from toy_app import Toy

from rung.runtime.jobs import Event
from rung.runtime.server.jobs import _frames


async def submitted(toy: Toy, operation: str, body: dict[str, object]) -> str:
    got = await toy.http.post(f"/v1/toy/{operation}", json=body, headers={"Prefer": "respond-async"})
    assert got.status_code == 202
    return str(got.json()["id"])


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
    job = await submitted(toy, "sum", {"points": []})
    await toy.runner.wait(job, 5)

    got = await toy.http.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": "2"})
    none = await toy.http.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": "999999"})
    wrong = await toy.http.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": "x"})

    assert got.text == "id: 3\nevent: succeeded\ndata: {}\n\n"
    assert (none.text, wrong.status_code) == ("", 422)


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
