"""Leases lapse by the watcher's own clock and by nothing else."""

from rung.runtime.jobs.leases import Lease, LeaseWatch


def lease(beat: int, job: str = "a", epoch: int = 1) -> Lease:
    return Lease(job=job, epoch=epoch, server="two", beat=beat)


def test_a_lease_lapses_when_its_beat_has_stood_still_for_so_long() -> None:
    watch = LeaseWatch(15.0)
    seen = [watch.observe([lease(beat)], now) for beat, now in [(7, 100.0), (7, 114.9), (8, 115.0), (8, 129.9)]]

    assert seen == [(), (), (), ()]
    assert watch.observe([lease(8)], 130.0) == (lease(8),)


def test_each_run_has_its_own_grace_and_one_that_went_is_forgotten() -> None:
    watch = LeaseWatch(15.0)
    watch.observe([lease(3)], 0.0)
    other = watch.observe([lease(3, epoch=2), lease(3, "b")], 16.0)
    back = watch.observe([lease(3)], 20.0)

    assert (other, back) == ((), ())
    assert watch.observe([lease(3)], 35.0) == (lease(3),)
