"""The server: lost connections, secrets, what is missing."""

import asyncio
import signal
import subprocess
import sys
import threading
from functools import partial

import psycopg
import pytest
from postgres import Postgres
from store_tools import NOTES, add, ids, opened, versions

from rung.runtime.errors import ConfigError, StoreError
from rung.runtime.store import Schema, Transaction, open_database

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def cut(url: str) -> None:
    """Every other connection to that database is ended by the server."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(CUT.encode())


async def test_a_connection_that_was_lost_between_two_deeds_is_made_anew(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        await add(database, 1)
        assert await ids(database) == [1]
        cut(postgres_url)
        await add(database, 2)

        assert await ids(database) == [1, 2]


async def test_a_connection_that_was_lost_within_a_deed_undoes_it_and_is_told(postgres_url: str) -> None:
    def deed(tx: Transaction) -> None:
        tx.run("INSERT INTO notes (id, text) VALUES (1, 'x')")
        cut(postgres_url)
        tx.run("INSERT INTO notes (id, text) VALUES (2, 'x')")

    async with opened(postgres_url) as database:
        with pytest.raises(StoreError, match="cannot be reached"):
            await database.write(deed)
        await add(database, 3)

        assert await ids(database) == [3]


async def test_a_connection_that_was_lost_at_the_commit_leaves_a_doubt_that_is_told(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        await database.open()
        with pytest.raises(StoreError, match="nobody can say whether it was kept"):
            await database.write(lambda tx: cut(postgres_url))


async def test_a_server_that_went_and_came_back_is_found_again(postgres_server: Postgres) -> None:
    url = postgres_server.fresh()
    async with opened(url) as database:
        await add(database, 1)
        postgres_server.stop(signal.SIGQUIT)
        try:
            for asked in (add(database, 2), ids(database)):
                with pytest.raises(StoreError, match="cannot be reached"):
                    await asked
        finally:
            postgres_server.start()
        await add(database, 3)

        assert await ids(database) == [1, 3]


async def test_deeds_that_block_each_other_are_begun_again(postgres_url: str) -> None:
    """Two transactions take two rows in opposite order; the server ends one of them, and it is repeated."""
    both_hold_one = threading.Barrier(2, timeout=30)
    runs: list[int] = []

    def deed(first: int, second: int, tx: Transaction) -> None:
        tx.run("SET LOCAL deadlock_timeout = '50ms'")
        tx.run("UPDATE notes SET text = text || 'x' WHERE id = ?", (first,))
        runs.append(first)
        if len(runs) <= 2:
            both_hold_one.wait()
        tx.run("UPDATE notes SET text = text || 'x' WHERE id = ?", (second,))

    async with opened(postgres_url) as one, opened(postgres_url) as two:
        for number in (1, 2):
            await add(one, number, "")
        await asyncio.gather(one.write(partial(deed, 1, 2)), two.write(partial(deed, 2, 1)))
        rows = await one.read(lambda tx: tx.rows("SELECT text FROM notes"))

    # The one that was ended may take its first row again before the other has it, and be ended once more.
    assert len(runs) >= 3 and [row["text"] for row in rows] == ["xx", "xx"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:planted-secret@127.0.0.1:1/nowhere",
        "postgresql://user:planted-secret@[broken/nowhere",
        "postgresql://user:planted-secret@/x?planted=1",
    ],
)
async def test_what_is_told_of_a_server_that_cannot_be_reached_holds_neither_its_name_nor_a_password(url: str) -> None:
    with pytest.raises((StoreError, ConfigError)) as told:
        async with opened(url) as database:
            await database.open()

    whole = f"{told.value.message} {told.value.details} {told.value.__cause__}"
    assert "planted" not in whole and "127.0.0.1" not in told.value.message


def test_without_the_library_the_command_that_brings_it_is_named() -> None:
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from rung.runtime.store import open_database\n"
        "from rung.runtime.errors import ConfigError\n"
        "open_database('rung.db', ())\n"
        "try: open_database('postgresql://x', ())\n"
        "except ConfigError as error: print(error.message)"
    )
    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)

    assert "pip install 'rung[postgres]'" in seen.stdout


async def test_a_constructor_reaches_nobody() -> None:
    await open_database("postgresql://127.0.0.1:1/nowhere", (NOTES,)).close()


async def test_servers_that_start_together_on_an_empty_database_take_turns(postgres_url: str) -> None:
    """The pause only widens the window in which two would meet."""
    slow = Schema("slow", (("CREATE TABLE slow (id BIGINT)", "SELECT pg_sleep(0.2)"),))
    servers = [open_database(postgres_url, (slow,)) for _ in range(4)]
    try:
        await asyncio.gather(*(server.open() for server in servers))
        assert await versions(servers[0]) == {"slow": 1}
    finally:
        for server in servers:
            await server.close()
