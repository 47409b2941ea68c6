"""Messages of a job's end: one for each, handed out once at a time."""

import asyncio
import json
from dataclasses import replace

import pytest
from job_tools import BROKEN, DONE, FAR, begun, ended_with_callback, lost, opened, record

from rung.runtime.jobs import Ending
from rung.runtime.jobs.outbox import HELD_S, LARGEST_OUTPUT, SqlOutbox, body_of
from rung.runtime.jobs.sql import SqlJobs


async def test_every_end_of_a_job_with_a_callback_leaves_one_message(url: str) -> None:
    async with opened(url) as database:
        jobs, box = SqlJobs(database, server="one"), SqlOutbox(database)
        await ended_with_callback(jobs, "finished")
        await jobs.finish("finished", 1, BROKEN)
        for name in ("dropped", "cancelled"):
            await jobs.create(record(name, callback="https://example.com/hook"))
        await jobs.cancel("cancelled", 9.0)
        await jobs.drop("dropped", Ending(status="expired", finished=9.0, error=BROKEN.error))
        await begun(jobs, "taken", callback="https://example.com/hook", deadline_at=1.0)
        await lost(jobs, "taken", now=9.0)
        await begun(jobs, "silent")
        await jobs.finish("silent", 1, DONE)
        told = {message.job: json.loads(message.body) for message in await box.due(9.0, 99)}

        assert {name: body["type"] for name, body in told.items()} == {
            "finished": "job.succeeded", "dropped": "job.expired", "cancelled": "job.canceled", "taken": "job.expired",
        }  # fmt: skip
        assert told["finished"] == {
            "type": "job.succeeded",
            "timestamp": "1970-01-01T00:00:09.000+00:00",
            "data": {
                "id": "finished", "app": "toy", "operation": "sum", "status": "succeeded", "created": 1.0,
                "started": 2.0, "finished": 9.0, "error": None, "output": {"sum": 3},
                "urls": {"self": "/v1/jobs/finished", "events": "/v1/jobs/finished/events"},
            },
        }  # fmt: skip
        assert told["dropped"]["data"]["error"] == {"code": "model-failed", "message": "the model raised"}


def test_an_output_too_large_for_a_receiver_is_left_to_be_asked_for() -> None:
    def output(characters: int) -> object:
        made = replace(record(), output={"text": "x" * characters})
        return body_of(made, 9.0)["data"]["output"]

    room = LARGEST_OUTPUT - len('{"text":""}')
    assert output(room) == {"text": "x" * room} and output(room + 1) is None


async def test_a_message_is_handed_out_once_at_a_time_under_one_id(url: str) -> None:
    async with opened(url) as one, opened(url) as two:
        jobs = SqlJobs(one, server="one")
        await ended_with_callback(jobs)
        mine, theirs = await asyncio.gather(SqlOutbox(one).due(9.0, 9), SqlOutbox(two).due(9.0, 9))
        (message,) = (*mine, *theirs)
        await SqlOutbox(one).failed(message.id, "no answer \0", 30.0)
        early = await SqlOutbox(two).due(29.9, 9)
        (again,) = await SqlOutbox(two).due(30.0, 9)
        held = await SqlOutbox(one).due(30.0 + HELD_S - 0.1, 9)
        (abandoned,) = await SqlOutbox(one).due(30.0 + HELD_S, 9)

        assert (early, held) == ((), ())
        assert message.id.startswith("msg_") and message.id == again.id == abandoned.id
        assert (message.attempts, again.attempts, again.error, again.body) == (0, 1, "no answer \0", message.body)


@pytest.mark.parametrize("given_up", [False, True])
async def test_a_message_that_is_done_with_is_not_due_and_what_became_of_it_is_known(url: str, given_up: bool) -> None:
    async with opened(url) as database:
        box = SqlOutbox(database)
        await ended_with_callback(SqlJobs(database, server="one"))
        (message,) = await box.due(9.0, 9)
        await (box.given_up(message.id, "gone") if given_up else box.delivered(message.id))
        await box.failed(message.id, "late", 1.0)

        (known,) = await box.of("a")
        assert await box.due(FAR, 9) == ()
        assert (known.state, known.error) == (("given-up", "gone") if given_up else ("delivered", ""))
