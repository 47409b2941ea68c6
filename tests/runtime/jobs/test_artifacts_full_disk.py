"""What becomes of files, and what is said, where the disk has no room or refuses."""

import errno
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from artifact_tools import ID, Clock, id_of, kept, names

from rung.runtime.errors import DiskFull, NotFound, StoreError
from rung.runtime.jobs.artifacts import free_bytes


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
