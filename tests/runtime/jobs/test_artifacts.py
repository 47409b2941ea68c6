import hashlib
from pathlib import Path

import pytest

from rung.runtime.errors import NotFound, TooLarge
from rung.runtime.jobs import Artifacts


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def kept(folder: Path, clock: Clock, **more: int) -> Artifacts:
    return Artifacts(folder / "artifacts", ttl_s=60, clock=clock, **more)


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


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "/etc/passwd", "%2e%2e", "a" * 64, "x\0y"])
async def test_only_ids_that_the_server_made_are_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        await kept(tmp_path, Clock()).read(name)


async def test_a_file_removed_behind_our_back_is_not_found(tmp_path: Path) -> None:
    files = kept(tmp_path, Clock())
    ref = await files.put(b"abc", "image/png")
    for entry in (tmp_path / "artifacts").iterdir():
        entry.unlink()

    with pytest.raises(NotFound, match="removed"):
        await files.read(ref.id)
