from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rung.runtime.store import Database, Schema, Transaction, open_database

NOTES = Schema("notes", (("CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT NOT NULL)",),))
NEWER = Schema("notes", (*NOTES.migrations, ("ALTER TABLE notes ADD COLUMN mark TEXT", "UPDATE notes SET mark = 'm'")))
HALF = Schema("notes", (*NEWER.migrations, ("CREATE TABLE half (id BIGINT)", "DELETE FROM notes", "NOT SQL")))


@asynccontextmanager
async def opened(url: str, *schemas: Schema) -> AsyncIterator[Database]:
    database = open_database(url, schemas or (NOTES,))
    try:
        yield database
    finally:
        await database.close()


async def add(database: Database, number: int, text: str = "x") -> int:
    return await database.write(lambda tx: tx.run("INSERT INTO notes (id, text) VALUES (?, ?)", (number, text)))


async def ids(database: Database) -> list[int]:
    def query(tx: Transaction) -> list[int]:
        return [row["id"] for row in tx.rows("SELECT id FROM notes ORDER BY id")]

    return await database.read(query)


async def versions(database: Database) -> dict[str, int]:
    rows = await database.read(lambda tx: tx.rows("SELECT name, version FROM rung_schema"))
    return {row["name"]: row["version"] for row in rows}
