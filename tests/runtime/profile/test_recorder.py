"""What the engine tells while it serves is kept: cheaply, and written from time to time."""

import asyncio
import time

import pytest
from profile_makers import MP, SUBJECT, a_line, call, record

from rung.runtime.profile import LoadSeen, Profile, Recorder, RestSeen, RunSeen
from rung.runtime.profile.recorder import MOST
from rung.runtime.spec import Footprint, MiB, Placement, Variant


def placed(of=SUBJECT, device="cpu") -> Placement:
    variant = Variant(name="v", task="t", title="", loader="m:C", runtime="r", kind="real", places=())
    return Placement(
        variant=variant, device=device, precision="fp32", threads=1, footprint=Footprint(resident=0), subject=of
    )


def loaded(resident=100 * MiB, **how) -> LoadSeen:
    return LoadSeen(placement=placed(**how), pid=7, load_s=1.5, resident_bytes=resident)


def ran(pixels=MP, **how) -> RunSeen:
    return RunSeen(placement=placed(**how), pixels=pixels, run_s=0.5, working=50 * MiB)


async def test_what_was_seen_is_written_at_the_end(tmp_path):
    profile = Profile(tmp_path)
    async with Recorder(profile) as recorder:
        recorder(loaded())
        recorder(ran())
        recorder(RestSeen(placement=placed(), pid=7, bytes=120 * MiB))
        recorder(ran(12 * MP))
        assert profile.read() == ({}, ())

    (known,) = profile.read()[0].values()
    assert (known.subject, known.load_s, known.loaded) == (SUBJECT, (1.5,), (100 * MiB,))
    assert known.rested == (120 * MiB,)
    assert known.calls == (call(1, 50, 0.5), call(12, 50, 0.5))
    assert abs(known.when - time.time()) < 10


async def test_it_is_written_from_time_to_time_too_and_joined_to_what_is_known(tmp_path):
    profile = Profile(tmp_path)
    profile.add(record(*a_line(10)))
    async with Recorder(profile, every_s=0.01) as recorder:
        recorder(ran())
        async with asyncio.timeout(5):
            while len(profile.read()[0][SUBJECT].calls) < 4:
                await asyncio.sleep(0.01)


async def test_nothing_seen_writes_nothing(tmp_path):
    async with Recorder(Profile(tmp_path / "profile"), every_s=0.001):
        await asyncio.sleep(0.02)

    assert not (tmp_path / "profile").exists()


async def test_what_nobody_files_is_passed_over(tmp_path):
    async with Recorder(Profile(tmp_path)) as recorder:
        recorder(ran(of=None))

    assert Profile(tmp_path).read() == ({}, ())


async def test_of_an_accelerator_the_driver_is_asked_not_the_process(tmp_path):
    asked = []
    async with Recorder(Profile(tmp_path), held=lambda device, pid: asked.append((device, pid)) or 9 * MiB) as recorder:
        recorder(loaded(device="cuda:0"))

    (known,) = Profile(tmp_path).read()[0].values()
    assert (asked, known.loaded) == ([("cuda:0", 7)], (9 * MiB,))


async def test_a_driver_that_does_not_tell_leaves_the_figure_unknown(tmp_path):
    async with Recorder(Profile(tmp_path), held=lambda device, pid: None) as recorder:
        recorder(loaded(device="cuda:0"))

    assert next(iter(Profile(tmp_path).read()[0].values())).loaded == ()


async def test_a_disk_that_takes_nothing_is_told_once_and_costs_the_samples_only(tmp_path, caplog):
    (tmp_path / "profile").write_text("no folder")
    async with Recorder(Profile(tmp_path / "profile"), every_s=0.01) as recorder:
        for _ in range(3):
            recorder(ran())
            await asyncio.sleep(0.05)

    assert [r.levelname for r in caplog.records] == ["WARNING"]
    assert "measurements cannot be written" in caplog.text


async def test_what_waits_is_bounded(tmp_path):
    recorder = Recorder(Profile(tmp_path))
    for _ in range(10 * MOST):
        recorder(ran())

    assert sum(len(waiting.calls) for waiting in recorder._waiting.values()) == MOST


@pytest.mark.parametrize("count", [20_000])
async def test_a_call_costs_microseconds(tmp_path, count):
    recorder, seen = Recorder(Profile(tmp_path)), ran()
    began = time.process_time()
    for _ in range(count):
        recorder(seen)

    each = (time.process_time() - began) / count
    print(f"{each * 1e6:.1f} us a call")
    assert each < 50e-6
