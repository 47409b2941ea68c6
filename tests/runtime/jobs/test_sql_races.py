"""Another server gets in between two statements of one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from job_tools import begun, ended_with_callback, lost, opened, record

from rung.runtime.jobs import life
from rung.runtime.jobs.outbox import hand_out
from rung.runtime.jobs.sql import SqlJobs
from rung.runtime.store import Transaction, Value


class Between:
    """A transaction in which another server gets in, once, just before the first change of a row."""

    def __init__(self, tx: Transaction, url: str, sql: str) -> None:
        self._tx = tx
        self._url = url
        self._sql = sql

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Mapping[str, Any]]:
        self._let_in(sql)
        return self._tx.rows(sql, parameters)

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        self._let_in(sql)
        return self._tx.run(sql, parameters)

    def _let_in(self, sql: str) -> None:
        if self._sql and sql.startswith("UPDATE"):
            with psycopg.connect(self._url, autocommit=True) as db:
                db.execute(self._sql.encode())
            self._sql = ""


async def test_a_cancel_that_comes_while_a_job_is_taken_back_is_not_lost(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        jobs = SqlJobs(database, server="one")
        await begun(jobs)

        def deed(tx: Transaction) -> bool:
            between = Between(tx, postgres_url, "UPDATE jobs SET cancel = 1 WHERE status = 'running'")
            return life.take_back(between, "a", 1, outcome="lost", detail="", now=5.0)

        assert not await database.write(deed)
        assert ((await jobs.get("a")).status, await lost(jobs)) == ("running", True)
        assert (await jobs.get("a")).status == "canceled"


async def test_a_job_that_is_begun_while_it_is_cancelled_is_marked(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        jobs = SqlJobs(database, server="one")
        await jobs.create(record())
        begin = "UPDATE jobs SET status = 'running', epoch = 1"
        job = await database.write(lambda tx: life.cancel(Between(tx, postgres_url, begin), "a", 5.0))

        assert (job.status, job.cancel) == ("running", True)


async def test_a_job_that_another_server_begins_at_the_same_moment_is_not_begun_twice(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        await SqlJobs(database, server="one").create(record())
        begin = "UPDATE jobs SET status = 'running', epoch = 1"
        begun = await database.write(lambda tx: life.start(Between(tx, postgres_url, begin), "a", "one", 5.0))

        assert begun is None


async def test_a_message_that_another_server_takes_at_the_same_moment_is_not_handed_out_twice(
    postgres_url: str,
) -> None:
    async with opened(postgres_url) as database:
        await ended_with_callback(SqlJobs(database, server="one"))
        taken = "UPDATE outbox SET due = 1000"
        handed = await database.write(lambda tx: hand_out(Between(tx, postgres_url, taken), 9.0, 9))

        assert handed == ()
