import errno
import hashlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rung.runtime.errors import DiskFull, NotFound, StoreError, TooLarge
from rung.runtime.jobs import Artifacts
from rung.runtime.jobs.artifacts import free_bytes

ID = hashlib.sha256(b"abc").hexdigest()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def kept(folder: Path, clock: Clock, **more: object) -> Artifacts:
    return Artifacts(folder / "artifacts", ttl_s=60, clock=clock, **more)  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    """The ids of what lies there, and any other name whole."""
    return sorted(entry.name.partition(".")[0] or entry.name for entry in (folder / "artifacts").iterdir())


def id_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


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


# --- a full disk ----------------------------------------------------------------------------------------------


async def test_nothing_is_admitted_that_leaves_too_little_room_and_something_is_again_when_there_is_room(
    tmp_path: Path,
) -> None:
    room = [1000]
    files = kept(tmp_path, Clock(), min_free=400, free=lambda folder: room[0])

    files.admit(600)
    with pytest.raises(DiskFull, match=r"1000 bytes are free .* min_free = 400"):
        files.admit(601)
    room[0] = 399
    with pytest.raises(DiskFull):
        files.admit(0)
    await files.put(b"abc", "image/png")  # what jobs that run answer with may use the reserve
    room[0] = 10_000
    files.admit(601)


async def test_nothing_is_admitted_that_the_bound_has_no_room_for_beside_pinned_files(tmp_path: Path) -> None:
    files = kept(tmp_path, Clock(), max_bytes=10)
    await files.put(b"1234567", "text/plain")
    files.admit(10)
    files.pin([ID])
    await files.put(b"abc", "image/png")

    files.admit(7)
    with pytest.raises(DiskFull, match="hold 3 of 10 bytes"):
        files.admit(8)


def test_the_free_space_is_the_disks(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    assert 0 < free_bytes(tmp_path) <= disk.f_blocks * disk.f_frsize


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """fsync says what a full disk says: on some file systems a write is refused no earlier."""

    def refuse(descriptor: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(os, "fsync", refuse)
    yield
    monkeypatch.undo()


@pytest.mark.parametrize("full", [errno.ENOSPC, errno.EDQUOT], indirect=True)
async def test_a_disk_that_fills_up_leaves_no_half_file_and_no_word_of_it(tmp_path: Path, full: None) -> None:
    (tmp_path / "artifacts").mkdir()
    files = kept(tmp_path, Clock())

    with pytest.raises(DiskFull, match="no room"):
        await files.put(b"abc", "image/png", durable=True)

    assert names(tmp_path) == []
    with pytest.raises(NotFound):
        files.get(ID)


CHILD = """
import asyncio, json, resource, sys
from pathlib import Path
from rung.runtime.errors import DiskFull
from rung.runtime.jobs import Artifacts
async def main():
    files, said = Artifacts(Path(sys.argv[1]) / "artifacts"), []
    await files.put(b"small", "text/plain", durable=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    try:
        await files.put(bytes(100_000), "text/plain", durable=True)
    except DiskFull as error:
        said.append(error.message)
    said.append(len(await files.read((await files.put(b"small too", "text/plain", durable=True)).id)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    said.append(len(await files.read((await files.put(bytes(100_000), "text/plain", durable=True)).id)))
    print(json.dumps(said))
asyncio.run(main())
"""


def test_a_real_refusal_by_the_system_in_mid_write_is_survived_without_a_restart(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, timeout=60, check=True, text=True
    )

    message, small, large = json.loads(done.stdout)
    assert "no room" in message and str(tmp_path) not in message
    assert (small, large) == (9, 100_000)
    assert names(tmp_path) == sorted(id_of(data) for data in (b"small", b"small too", bytes(100_000)))


def blocked(folder: Path) -> None:
    """Nothing can be read or written there any more, whoever runs this: root is stopped by no mode of a folder."""
    (folder / "artifacts").rename(folder / "away")
    (folder / "artifacts").write_text("a file stands in the folder's place")


def restored(folder: Path) -> None:
    (folder / "artifacts").unlink()
    (folder / "away").rename(folder / "artifacts")


async def test_a_folder_that_cannot_be_used_is_an_error_of_ours_and_the_log_names_it_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = kept(tmp_path, Clock())
    await files.put(b"before", "text/plain")
    blocked(tmp_path)

    for _ in range(3):
        with pytest.raises(
            StoreError, match=r"folder of files cannot be used .* belong to who runs the server"
        ) as told:
            await files.put(b"abc", "text/plain")
        assert str(tmp_path) not in told.value.message
    with pytest.raises(StoreError):
        await files.read(id_of(b"before"))
    with pytest.raises(StoreError):
        await files.sweep()

    (line,) = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert str(tmp_path / "artifacts") in line
    restored(tmp_path)
    assert (await files.put(b"abc", "text/plain")).id == ID
    blocked(tmp_path)
    with pytest.raises(StoreError):
        await files.put(b"abc", "text/plain")
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 2, (
        "it is said again when it is again"
    )


async def test_a_file_that_cannot_be_deleted_or_touched_is_still_known(tmp_path: Path) -> None:
    files = kept(tmp_path, Clock())
    await files.put(b"abc", "text/plain")
    files.pin([ID])
    blocked(tmp_path)

    files.unpin([ID])
    with pytest.raises(StoreError):
        await files.delete(ID)

    restored(tmp_path)
    assert await files.read(ID) == b"abc"


async def test_too_little_room_is_said_to_the_log_with_its_folder_once_for_as_long_as_it_lasts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    room = [0]
    files = kept(tmp_path, Clock(), min_free=400, free=lambda folder: room[0])

    for free in (0, 10, 10_000, 0):
        room[0] = free
        if free < 400:
            with pytest.raises(DiskFull):
                files.admit(1)
        else:
            files.admit(1)

    lines = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert len(lines) == 2 and str(tmp_path / "artifacts") in lines[0] and "min_free" in lines[0]


async def test_what_is_amiss_is_told_with_the_remedy_for_as_long_as_too_little_is_free(tmp_path: Path) -> None:
    room = [400]
    files = kept(tmp_path, Clock(), min_free=400, free=lambda folder: room[0])
    assert files.amiss() == ""

    room[0] = 399
    assert files.amiss().startswith("399 bytes are free") and "room is made there, or that is lowered" in files.amiss()
    room[0] = 400
    assert files.amiss() == "" and names(tmp_path) == []


async def test_a_refused_file_is_remembered_until_one_can_be_kept_and_trying_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, full = kept(tmp_path, Clock()), [True]
    opened = Path.open

    def crammed(path: Path, *mode: Any, **more: Any) -> Any:
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, *mode, **more)

    monkeypatch.setattr(Path, "open", crammed)
    await files.try_again()
    assert files.amiss() == "", "nothing was refused yet, and nothing is tried"
    with pytest.raises(DiskFull):
        await files.put(b"abc", "text/plain")
    await files.try_again()
    assert "make room" in files.amiss() and str(tmp_path) not in files.amiss()

    full[0] = False
    await files.try_again()
    assert files.amiss() == "" and names(tmp_path) == []


async def test_a_folder_that_is_gone_is_amiss_and_no_fault_of_ours(tmp_path: Path) -> None:
    files = kept(tmp_path, Clock(), free=lambda folder: os.statvfs(folder).f_bavail)
    files.admit(0)
    (tmp_path / "artifacts").rmdir()

    with pytest.raises(StoreError):
        files.admit(0)
    assert "cannot be used" in files.amiss()


async def test_durable_is_on_the_disk_before_it_is_told_file_first_then_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        did.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        fsync(descriptor)

    def renamed(*names: object, **more: object) -> None:
        did.append("rename")
        replace(*names, **more)  # type: ignore[arg-type]

    files = kept(tmp_path, Clock())
    await files.put(b"first", "text/plain")
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)

    await files.put(b"abc", "image/png", durable=True)
    assert did == ["file", "rename", "folder"]
    await files.put(b"more", "image/png")
    assert did[3:] == ["rename"]
