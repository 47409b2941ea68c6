"""Files by their content: kept for a time, pinned, counted, and shared by processes."""

import hashlib
import os
from pathlib import Path

import pytest
from artifact_tools import ID, Clock, id_of, kept, names

from rung.runtime.errors import NotFound, TooLarge


async def test_a_file_is_named_by_its_content_and_comes_back(tmp_path: Path) -> None:
    files = kept(tmp_path, Clock())

    one = await files.put(b"abc", "image/png", 4, 3)
    two = await files.put(b"abc", "image/png", 4, 3)

    assert one.id == two.id == hashlib.sha256(b"abc").hexdigest()
    assert await files.read(one.id) == b"abc"
    assert one.as_json() == {
        "file": one.id, "url": f"/v1/files/{one.id}", "media_type": "image/png", "bytes": 3, "width": 4, "height": 3,
    }  # fmt: skip
    assert len(list((tmp_path / "artifacts").iterdir())) == 1


async def test_a_file_is_gone_after_its_time_and_so_is_its_space(tmp_path: Path) -> None:
    clock = Clock()
    files = kept(tmp_path, clock)
    old = await files.put(b"old", "image/png")
    clock.now += 61
    new = await files.put(b"new", "text/plain")

    with pytest.raises(NotFound, match="60 s"):
        await files.read(old.id)
    assert [entry.name[:64] for entry in (tmp_path / "artifacts").iterdir()] == [new.id]


async def test_the_oldest_go_when_the_bytes_are_used_up(tmp_path: Path) -> None:
    clock = Clock()
    files = kept(tmp_path, clock, max_bytes=10)
    one, two = await files.put(b"1111", "text/plain"), await files.put(b"2222", "text/plain")
    await files.put(b"1111", "text/plain")
    three = await files.put(b"3333", "text/plain")

    with pytest.raises(NotFound):
        files.get(two.id)
    assert [await files.read(ref.id) for ref in (one, three)] == [b"1111", b"3333"]
    with pytest.raises(TooLarge, match="10 bytes"):
        await files.put(bytes(11), "text/plain")


async def test_a_restarted_server_finds_what_the_last_one_kept(tmp_path: Path) -> None:
    clock = Clock()
    ref = await kept(tmp_path, clock).put(b"abc", "image/svg+xml", 4, 3)
    (tmp_path / "artifacts" / ".half").write_bytes(b"x")

    again = kept(tmp_path, clock)

    assert again.get(ref.id) == ref
    clock.now += 61
    with pytest.raises(NotFound):
        kept(tmp_path, clock).get(ref.id)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "%2e%2e",
        "a" * 64,
        "x\0y",
        ID + "/..",
        "../" + ID,
        ID + "\n",
        ID.upper(),
    ],
)
async def test_only_ids_that_the_server_made_are_files(tmp_path: Path, name: str) -> None:
    files = kept(tmp_path, Clock())
    assert (await files.put(b"abc", "image/png")).id == ID

    with pytest.raises(NotFound):
        await files.read(name)
    with pytest.raises(NotFound):
        files.path(name)
    assert not await files.delete(name)
    files.touch(name)
    assert names(tmp_path) == [ID]


async def test_a_file_removed_behind_our_back_is_not_found(tmp_path: Path) -> None:
    files = kept(tmp_path, Clock())
    ref = await files.put(b"abc", "image/png")
    for entry in (tmp_path / "artifacts").iterdir():
        entry.unlink()

    with pytest.raises(NotFound, match="removed"):
        await files.read(ref.id)


# --- pins, touch, delete ------------------------------------------------------------------------------------


async def test_a_pinned_file_neither_expires_nor_is_pushed_out_until_the_last_pin_goes(tmp_path: Path) -> None:
    clock = Clock()
    files = kept(tmp_path, clock, max_bytes=10)
    files.pin([ID])  # before it is here, so that it is never here unpinned
    files.pin([ID])
    await files.put(b"abc", "image/png")
    clock.now += 1000
    for data in (b"11111", b"22222", b"33333"):
        await files.put(data, "text/plain")
    await files.sweep()
    assert await files.read(ID) == b"abc"

    files.unpin([ID])
    clock.now += 1000
    await files.sweep()
    assert files.pinned(ID)
    assert names(tmp_path) == [ID]

    files.unpin([ID])
    clock.now += 59
    assert await files.read(ID) == b"abc"
    clock.now += 2
    await files.sweep()
    assert names(tmp_path) == []


async def test_a_pin_set_before_the_first_look_saves_what_expired_while_the_server_was_down(tmp_path: Path) -> None:
    clock = Clock()
    await kept(tmp_path, clock).put(b"abc", "image/png")
    await kept(tmp_path, clock).put(b"other", "image/png")
    clock.now += 1000

    again = kept(tmp_path, clock)
    again.pin([ID])
    await again.sweep()

    assert await again.read(ID) == b"abc"
    assert names(tmp_path) == [ID]


async def test_a_file_that_was_just_put_is_never_the_one_pushed_out(tmp_path: Path) -> None:
    files = kept(tmp_path, Clock(), max_bytes=10)
    files.pin([id_of(b"12345678")])
    await files.put(b"12345678", "text/plain")

    ref = await files.put(b"abc", "text/plain")

    assert await files.read(ref.id) == b"abc"


async def test_unpinning_what_is_not_here_does_nothing(tmp_path: Path) -> None:
    files = kept(tmp_path, Clock())
    files.unpin([ID, "../x"])
    files.pin([ID])
    files.unpin([ID])

    assert not files.pinned(ID)


async def test_touched_is_as_good_as_put_again_for_a_restarted_server_too(tmp_path: Path) -> None:
    clock = Clock()
    files = kept(tmp_path, clock, max_bytes=10)
    await files.put(b"abc", "image/png")
    await files.put(b"1234", "text/plain")
    clock.now += 50
    files.touch(ID)
    clock.now += 50

    assert kept(tmp_path, clock).get(ID).created == 1050.0
    await files.put(b"abcdefg", "text/plain")
    assert files.get(ID)
    with pytest.raises(NotFound):
        files.get(id_of(b"1234"))


async def test_a_deleted_file_is_gone_at_once_and_a_pinned_one_stays(tmp_path: Path) -> None:
    files = kept(tmp_path, Clock())
    await files.put(b"abc", "image/png")
    files.pin([ID])
    assert not await files.delete(ID)
    assert await files.read(ID) == b"abc"

    files.unpin([ID])
    assert await files.delete(ID)
    assert not await files.delete(ID)
    with pytest.raises(NotFound):
        files.get(ID)
    assert names(tmp_path) == []


async def test_a_sweep_takes_what_is_late_and_what_killed_processes_left_half_written(tmp_path: Path) -> None:
    clock = Clock()
    files = kept(tmp_path, clock)
    await files.put(b"old", "image/png")
    clock.now += 61
    await files.put(b"abc", "image/png")
    folder = tmp_path / "artifacts"
    half, foreign = folder / f".{ID}.{'0' * 12}", folder / "notes.txt"
    half.write_bytes(b"ab")
    foreign.write_bytes(b"mine")

    await files.sweep()
    assert names(tmp_path) == sorted([ID, half.name, "notes"]), "somebody may be writing it now"

    class Later:
        @staticmethod
        def time() -> float:
            return os.stat(half).st_ctime + 601

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rung.runtime.jobs.artifacts.time", Later)
        await files.sweep()
    assert names(tmp_path) == sorted([ID, "notes"])


# --- two processes --------------------------------------------------------------------------------------------


async def test_what_another_process_deletes_is_not_found_and_can_be_put_again(tmp_path: Path) -> None:
    ours, theirs = kept(tmp_path, Clock()), kept(tmp_path, Clock())
    await ours.put(b"abc", "image/png")
    assert await theirs.delete(ID)

    with pytest.raises(NotFound, match="removed"):
        await ours.read(ID)
    with pytest.raises(NotFound):
        ours.get(ID)
    assert not await ours.delete(ID)
    await ours.put(b"abc", "image/png")
    assert await theirs.read(ID) == b"abc"


async def test_what_another_process_puts_is_found_and_counted_and_expires(tmp_path: Path) -> None:
    clock = Clock()
    ours, theirs = kept(tmp_path, clock), kept(tmp_path, clock)
    with pytest.raises(NotFound):
        ours.get(ID)
    await theirs.put(b"abc", "image/png", 4, 3)
    await theirs.put(b"other", "image/png")

    assert ours.get(ID).width == 4
    await ours.sweep()
    clock.now += 61
    await ours.sweep()
    assert names(tmp_path) == []


async def test_looking_deletes_nothing(tmp_path: Path) -> None:
    """`rung jobs` opens the folder of a running server, whose pins it does not know."""
    clock = Clock()
    ours = kept(tmp_path, clock)
    ours.pin([ID])
    await ours.put(b"abc", "image/png")
    clock.now += 1000

    theirs = kept(tmp_path, clock)
    with pytest.raises(NotFound):
        theirs.get(ID)
    await theirs.delete("f" * 64)

    assert await ours.read(ID) == b"abc"


async def test_the_same_content_under_a_new_name_leaves_one_file(tmp_path: Path) -> None:
    clock = Clock()
    files = kept(tmp_path, clock)
    await files.put(b"abc", "image/png", 4, 3)
    old = next((tmp_path / "artifacts").iterdir())
    await files.put(b"abc", "image/webp")
    assert names(tmp_path) == [ID]
    old.write_bytes(b"abc")  # as a server leaves it that is killed between the two
    os.utime(old, (990, 990))

    again = kept(tmp_path, clock)
    await again.sweep()

    assert again.get(ID).media_type == "image/webp"
    assert names(tmp_path) == [ID]
    assert await again.read(ID) == b"abc"
