import asyncio
import base64
import sqlite3
from pathlib import Path

import pytest
from key_tools import Clock, Counted, ring_of

from rung.runtime.errors import InvalidInput, NotFound, StoreError, Unauthorized
from rung.runtime.keys import Allowance, KeyRing
from rung.runtime.keys.key import SECRET, digest


async def test_a_secret_opens_its_key_and_nothing_else_does(ring: KeyRing) -> None:
    key, secret = await ring.create("lab", allowance=Allowance(rate_per_s=2.0, concurrency=3))
    other, _ = await ring.create("office")

    assert await ring.authenticate(secret) == key
    assert SECRET.fullmatch(secret) and secret.startswith(key.prefix + "_")
    last = "A" if secret[-1] != "A" else "B"
    of_another = secret.replace(key.id, other.id)
    for wrong in ("", "rung", secret[:-1], secret[:-1] + last, secret + "A", of_another, key.prefix, "é" * 60):
        with pytest.raises(Unauthorized) as refused:
            await ring.authenticate(wrong)
        assert secret not in refused.value.message


async def test_the_database_holds_the_hash_and_never_the_secret(ring: KeyRing, tmp_path: Path) -> None:
    _, secret = await ring.create("lab")
    random = secret.split("_", 2)[2]

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert random.encode() not in kept
    assert base64.urlsafe_b64decode(random + "=") not in kept
    assert digest(secret).encode() in kept


async def test_a_revoked_key_opens_nothing_at_once_here_and_within_two_seconds_elsewhere(
    database: Counted, clock: Clock
) -> None:
    here, elsewhere = ring_of(database, clock), ring_of(database, clock)
    key, secret = await here.create("lab")
    await elsewhere.authenticate(secret)

    revoked = await here.revoke(key.id)
    clock.pass_s(2.01)

    assert revoked.revoked is not None
    for ring in (here, elsewhere):
        with pytest.raises(Unauthorized):
            await ring.authenticate(secret)
    assert (await here.list())[0].revoked == revoked.revoked


async def test_a_key_in_steady_use_is_seen_to_be_revoked_although_nobody_waits_for_the_table(
    database: Counted, clock: Clock
) -> None:
    here, elsewhere = ring_of(database, clock), ring_of(database, clock)
    key, secret = await here.create("lab")
    await elsewhere.authenticate(secret)
    await here.revoke(key.id)
    begun = clock.now

    with pytest.raises(Unauthorized):
        while clock.now - begun < 5:
            await elsewhere.authenticate(secret)
            clock.pass_s(0.1)
            if elsewhere._reading is not None:
                await elsewhere._reading

    assert clock.now - begun <= 2.0


async def test_recognising_a_key_reads_no_database_while_the_table_is_fresh(
    ring: KeyRing, database: Counted, clock: Clock
) -> None:
    _, secret = await ring.create("lab")
    await ring.authenticate(secret)
    before = database.reads

    for _ in range(100):
        await ring.authenticate(secret)
        clock.pass_s(0.009)

    assert database.reads == before


async def test_a_new_key_opens_at_once_although_the_table_is_older(database: Counted, clock: Clock) -> None:
    server, command_line = ring_of(database, clock), ring_of(database, clock)
    await server.count()
    clock.pass_s(0.5)
    key, secret = await command_line.create("lab")

    assert (await server.authenticate(secret)).id == key.id


async def test_many_unknown_keys_at_once_cost_one_reading(ring: KeyRing, database: Counted, clock: Clock) -> None:
    await ring.count()
    clock.pass_s(0.5)
    before = database.reads
    unknown = "rung_abcdefghij_" + "x" * 43

    refused = await asyncio.gather(*(ring.authenticate(unknown) for _ in range(50)), return_exceptions=True)

    assert {type(one) for one in refused} == {Unauthorized}
    assert database.reads == before + 1


async def test_nobody_is_let_in_by_an_old_table_when_the_database_cannot_be_read(
    ring: KeyRing, database: Counted, clock: Clock
) -> None:
    _, secret = await ring.create("lab")
    await ring.authenticate(secret)
    database.fails.append(StoreError("gone"))

    clock.pass_s(1.5)
    await ring.authenticate(secret)
    clock.pass_s(1.0)
    with pytest.raises(StoreError):
        await ring.authenticate(secret)

    database.fails.clear()
    await ring.authenticate(secret)


async def test_an_expired_key_opens_nothing_and_is_not_counted(ring: KeyRing, clock: Clock) -> None:
    _, secret = await ring.create("week", expires=clock.unix + 60)

    assert await ring.count() == 1
    clock.pass_s(60)

    assert await ring.count() == 0
    with pytest.raises(Unauthorized):
        await ring.authenticate(secret)


async def test_a_key_comes_back_from_the_database_as_it_was_made(database: Counted, clock: Clock) -> None:
    may = Allowance(rate_per_s=0.5, burst=3, concurrency=2, daily_s=600.0, daily_cost=1.25)
    made, secret = await ring_of(database, clock).create("admin", scopes=["admin"], allowance=may, expires=2e9)

    again = ring_of(database, clock)

    assert await again.list() == (made,)
    assert await again.authenticate(secret) == made
    assert made.scopes == {"admin", "infer"}


async def test_names_and_scopes_that_cannot_be_are_refused(ring: KeyRing) -> None:
    for name in ("", "  ", "a\nb", "x" * 81):
        with pytest.raises(InvalidInput):
            await ring.create(name)
    with pytest.raises(InvalidInput):
        await ring.create("lab", scopes=["root"])  # type: ignore[list-item]
    with pytest.raises(InvalidInput):
        await ring.create("lab", scopes=[])
    with pytest.raises(NotFound):
        await ring.revoke("nothing")


async def test_the_database_of_keys_is_readable_by_its_owner_only(ring: KeyRing, tmp_path: Path) -> None:
    await ring.create("lab")

    assert (tmp_path / "rung.db").stat().st_mode & 0o077 == 0
    assert sqlite3.connect(tmp_path / "rung.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)
