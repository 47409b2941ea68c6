import asyncio
import threading
from pathlib import Path

import pytest

from rung.runtime.errors import StoreError, TooLarge
from rung.runtime.jobs.shelf import LARGEST, Shelf, shelf_of


async def test_a_document_is_kept_by_name_and_each_change_sees_the_last(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, "toy", "key-1")

    assert await shelf.read("a/../b") is None
    await shelf.change("a/../b", lambda old: [*(old or []), 1])
    assert await shelf.change("a/../b", lambda old: [*(old or []), 2]) == [1, 2]

    assert await Shelf(folder=shelf.folder).read("a/../b") == [1, 2]
    assert await shelf.read("b") is None
    assert all(path.is_relative_to(tmp_path / "toy") for path in tmp_path.rglob("*.json"))


async def test_another_app_or_key_has_a_shelf_of_its_own(tmp_path: Path) -> None:
    await shelf_of(tmp_path, "toy", "key-1").change("a", lambda old: "mine")

    assert await shelf_of(tmp_path, "toy", "../key-1").read("a") is None
    assert await shelf_of(tmp_path, "other", "key-1").read("a") is None


async def test_changes_of_one_name_take_turns(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    inside = threading.Semaphore(1)

    def more(old: int | None) -> int:
        assert inside.acquire(blocking=False), "two changes at once"
        try:
            return (old or 0) + 1
        finally:
            inside.release()

    await asyncio.gather(*(shelf.change("count", more) for _ in range(20)))

    assert await shelf.read("count") == 20


async def test_a_change_that_fails_or_is_too_large_leaves_the_old_one(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    await shelf.change("a", lambda old: "old")

    with pytest.raises(TooLarge, match="at most"):
        await shelf.change("a", lambda old: "x" * LARGEST)
    with pytest.raises(ZeroDivisionError):
        await shelf.change("a", lambda old: 1 / 0)

    assert await shelf.read("a") == "old" and len(list(tmp_path.glob("*.json"))) == 1
    assert not list(tmp_path.glob(".new-*"))


async def test_a_damaged_document_and_a_shelf_without_a_folder_say_so(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    await shelf.change("a", lambda old: 1)
    next(tmp_path.glob("*.json")).write_bytes(b"{")

    with pytest.raises(StoreError, match="'a' cannot be read"):
        await shelf.read("a")
    with pytest.raises(StoreError, match="no data folder"):
        await Shelf().change("a", lambda old: 1)
