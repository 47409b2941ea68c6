"""What both kinds of database promise."""

import asyncio

import pytest
from store_tools import HALF, NEWER, NOTES, add, ids, opened, versions

from rung.runtime.errors import StoreError
from rung.runtime.store import Schema, Transaction, open_database


async def test_what_a_deed_wrote_is_there_for_whoever_opens_it_next(url: str) -> None:
    async with opened(url) as first:
        assert await add(first, 1) == 1
    async with opened(url) as second:
        assert await ids(second) == [1]


async def test_a_deed_that_raises_leaves_nothing(url: str) -> None:
    def deed(tx: Transaction) -> None:
        tx.run("INSERT INTO notes (id, text) VALUES (?, ?)", (1, "x"))
        raise LookupError("changed its mind")

    async with opened(url) as database:
        with pytest.raises(LookupError):
            await database.write(deed)
        await add(database, 2)
        assert await ids(database) == [2]


async def test_rows_come_as_mappings_with_the_types_that_went_in(url: str) -> None:
    mixed = Schema("mixed", (("CREATE TABLE mixed (a TEXT, b BIGINT, c DOUBLE PRECISION, d TEXT)",),))
    values = ("100 % ?é", 2**62, 0.1, None)
    async with opened(url, mixed) as database:
        sql = "INSERT INTO mixed (a, b, c, d) VALUES (?, ?, ?, ?) RETURNING a, b, c, d"
        (row,) = await database.write(lambda tx: tx.rows(sql, values))

        assert dict(row) == dict(zip("abcd", values, strict=True))


async def test_a_query_writes_nothing(url: str) -> None:
    async with opened(url) as database:
        with pytest.raises(StoreError):
            await database.read(lambda tx: tx.run("INSERT INTO notes (id, text) VALUES (1, 'x')"))
        assert await ids(database) == []


async def test_a_statement_that_fails_is_told_without_itself_and_the_next_one_works(url: str) -> None:
    async with opened(url) as database:
        await add(database, 1)
        with pytest.raises(StoreError) as told:
            await add(database, 1, "secret-value")
        await add(database, 2)

        assert await ids(database) == [1, 2]
        assert "secret" not in told.value.message and "INSERT" not in told.value.message and url not in str(told.value)


async def test_deeds_of_many_callers_are_one_after_the_other(url: str) -> None:
    def increase(tx: Transaction) -> None:
        value = int(tx.rows("SELECT text FROM notes WHERE id = 1")[0]["text"])
        tx.run("UPDATE notes SET text = ? WHERE id = 1", (str(value + 1),))

    async with opened(url) as database:
        await add(database, 1, "0")
        await asyncio.gather(*(database.write(increase) for _ in range(40)))
        (row,) = await database.read(lambda tx: tx.rows("SELECT text FROM notes"))
        assert row["text"] == "40"


async def test_a_closed_database_says_so(url: str) -> None:
    database = open_database(url, (NOTES,))
    await database.open()
    await database.close()
    await database.close()

    with pytest.raises(StoreError, match="closed"):
        await ids(database)


async def test_a_database_moves_forward_with_what_is_in_it(url: str) -> None:
    async with opened(url) as old:
        await add(old, 1)
    async with opened(url, NEWER) as new:
        (row,) = await new.read(lambda tx: tx.rows("SELECT * FROM notes"))
        assert dict(row) == {"id": 1, "text": "x", "mark": "m"}
        assert await versions(new) == {"notes": 2}


async def test_a_database_ahead_of_the_code_is_refused_with_both_versions_and_the_remedy(url: str) -> None:
    async with opened(url, NEWER) as new:
        await add(new, 1)
    async with opened(url) as old:
        with pytest.raises(
            StoreError, match=r"version 2, and this Rung knows 1: run the newer Rung again, or put back"
        ):
            await ids(old)
    async with opened(url, NEWER) as again:
        assert await ids(again) == [1] and await versions(again) == {"notes": 2}


async def test_a_migration_that_fails_leaves_everything_as_it_was(url: str) -> None:
    other = Schema("other", (("CREATE TABLE other (id BIGINT)",),))
    async with opened(url) as old:
        await add(old, 1)
    async with opened(url, other, HALF) as broken:
        with pytest.raises(StoreError):
            await broken.open()
    async with opened(url) as old:
        assert await ids(old) == [1] and await versions(old) == {"notes": 1}
        with pytest.raises(StoreError):
            await old.read(lambda tx: tx.rows("SELECT * FROM half"))


async def test_schemas_of_several_owners_live_side_by_side_and_come_one_by_one(url: str) -> None:
    other = Schema("other", (("CREATE TABLE other (id BIGINT)",),))
    async with opened(url) as first:
        await add(first, 1)
    async with opened(url, other) as second:
        assert await versions(second) == {"notes": 1, "other": 1}
    async with opened(url, NOTES, other) as both:
        assert await ids(both) == [1]


async def test_servers_that_start_together_migrate_once(url: str) -> None:
    async with opened(url) as old:
        await add(old, 1)
    servers = [open_database(url, (NEWER,)) for _ in range(6)]
    try:
        await asyncio.gather(*(server.open() for server in servers))
        assert [await ids(server) for server in servers] == [[1]] * 6
    finally:
        for server in servers:
            await server.close()
