"""Frames, segments and the memo, each on its own."""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rung.runtime.workers import messages
from rung.runtime.workers.memo import Memo
from rung.runtime.workers.messages import Body, Cancel, Frames, Run
from rung.runtime.workers.segments import SMALLEST, Maps, MiB, Pool, size_class


@given(st.lists(st.tuples(st.text(), st.binary(max_size=200)), min_size=1, max_size=5), st.integers(1, 50))
def test_frames_come_out_whole_however_the_bytes_are_cut(told, step):
    data = b"".join(messages.pack(Run([text], Body(["x"], None, 0), [1]), body) for text, body in told)
    frames = Frames()

    found = [frame for at in range(0, len(data), step) for frame in frames.feed(data[at : at + step], None)]

    assert [(frame.message.ids[0], bytes(frame.body)) for frame in found] == told
    assert found[0].message == Run([told[0][0]], Body(["x"], None, 0), [1])


@pytest.mark.parametrize("data", [b"\xff" * 20, messages.pack(Cancel("x")).replace(b"Cancel", b"Pickle")])
def test_bytes_that_are_no_frame_are_refused(data):
    with pytest.raises(ConnectionError):
        list(Frames().feed(data, None))


def test_descriptors_arrive_with_their_frame_and_no_exec_inherits_them():
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    with ours, theirs:
        messages.send_all(ours, messages.pack(Cancel("a")))
        messages.send_all(ours, messages.pack(Cancel("b"), b"", 1), [reading])
        frames, found = Frames(), []
        while len(found) < 2:
            found += frames.feed(*messages.receive(theirs))
    (passed,) = found[1].descriptors

    assert found[0].descriptors == []
    assert not os.get_inheritable(passed)
    os.write(writing, b"x")
    assert os.read(passed, 1) == b"x"
    for fd in (reading, writing, passed):
        os.close(fd)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has memfd")
def test_segments_take_no_room_in_dev_shm_which_may_be_full():
    pool = Pool()
    segment = pool.take(MiB)

    assert os.fstat(segment.fd).st_dev != os.stat("/dev/shm").st_dev
    assert "memfd:" in os.readlink(f"/proc/self/fd/{segment.fd}")
    pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has seals")
def test_the_server_maps_no_memory_that_a_worker_could_take_away_under_it():
    """Reading beyond the end of a mapped file kills the reader with SIGBUS."""
    pool, maps = Pool(), Maps(writable=True)
    sealed, unsealed = pool.take(MiB), os.memfd_create("mine")
    os.ftruncate(unsealed, MiB)

    with pytest.raises(PermissionError):
        os.ftruncate(sealed.fd, 0)
    maps.add(1, os.dup(sealed.fd), MiB)
    with pytest.raises(ConnectionError, match="could shrink"):
        maps.add(2, unsealed, MiB)

    assert 1 in maps and 2 not in maps
    with pytest.raises(OSError):
        os.fstat(unsealed)
    pool.close()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_descriptors_that_could_not_be_received_are_not_taken_from_the_next_frame(count):
    """A process with too many open files is given fewer of them."""
    frames = Frames()
    first, second = [messages.pack(Cancel(name), b"", n) for name, n in (("a", 2), ("b", 1))]
    arrived = [100 + n for n in range(count)]

    found = [*frames.feed(first[:9], arrived), *frames.feed(first[9:] + second, [200])]

    assert [(frame.message.id, frame.descriptors) for frame in found] == [("a", arrived), ("b", [200])]


def test_a_peer_that_sends_descriptors_without_end_is_refused():
    frames = Frames()

    with pytest.raises(ConnectionError, match="no frame names"):
        for _ in range(20):
            list(frames.feed(b"", []))


def test_a_segment_is_used_again_by_what_fits_its_class():
    pool = Pool()
    first = pool.take(3 * MiB)
    pool.give(first.id)

    assert pool.take(2 * MiB + 1) is first
    assert pool.take(3 * MiB) is not first
    pool.close()


@pytest.mark.parametrize(
    ("size", "held"), [(0, SMALLEST), (1, SMALLEST), (MiB, MiB), (MiB + 1, 2 * MiB), (3 * MiB, 4 * MiB)]
)
def test_classes_are_powers_of_two(size, held):
    assert size_class(size) == held


def test_idle_segments_are_bounded_in_bytes_and_the_oldest_go():
    pool = Pool(idle_limit=4 * MiB)
    taken = [pool.take(2 * MiB) for _ in range(3)]

    gone = [pool.give(segment.id) for segment in taken]

    assert gone == [[], [], [taken[0].id]]
    assert pool.idle_bytes == 4 * MiB
    pool.close()


def test_idle_segments_are_let_go_after_a_time():
    pool = Pool()
    taken = pool.take(MiB)
    pool.give(taken.id)

    assert pool.trim(idle_s=60) == []
    assert pool.trim(idle_s=0) == [taken.id]
    assert pool.idle_bytes == 0


def test_what_one_side_writes_the_other_reads_and_cannot_change():
    pool, maps = Pool(), Maps(writable=False)
    segment = pool.take(MiB)
    maps.add(segment.id, os.dup(segment.fd), segment.size)
    segment.map[:5] = b"hello"

    view = np.frombuffer(maps.get(segment.id), np.uint8)

    assert bytes(view[:5]) == b"hello"
    assert not view.flags.writeable
    assert maps.holds(maps.get(segment.id))
    maps.drop([segment.id])
    assert bytes(view[:5]) == b"hello"  # a view outlives the drop
    pool.close()


def test_the_memo_makes_a_value_once_even_for_many_at_once():
    memo, made, begin = Memo(), [], threading.Barrier(8)

    def make() -> int:
        made.append(1)
        time.sleep(0.01)
        return 7

    def ask(found: list[tuple[int, bool]]) -> None:
        begin.wait(5)
        found.append(memo.get("", "k", make))

    found: list[tuple[int, bool]] = []
    threads = [threading.Thread(target=ask, args=(found,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert len(made) == 1
    assert sorted(found) == [(7, False)] + [(7, True)] * 7


def test_the_memo_keeps_within_its_budget_and_forgets_the_least_used():
    memo = Memo(budget=2_900)
    for key in "abab":
        memo.get("", key, lambda: np.zeros(1000, np.uint8))
    memo.get("", "a", lambda: None)

    memo.get("", "c", lambda: {"x": (np.zeros(1000, np.uint8),)})

    assert memo.bytes <= 2_900
    assert memo.get("", "a", lambda: None)[1]
    assert not memo.get("", "b", lambda: None)[1]


def test_a_value_over_the_budget_is_given_but_not_kept():
    memo = Memo(budget=100)

    assert memo.get("", "k", lambda: b"x" * 1000) == (b"x" * 1000, False)
    assert memo.bytes == 0
    assert not memo.get("", "k", lambda: b"y")[1]


def test_a_make_that_fails_is_tried_again():
    memo = Memo()
    with pytest.raises(ZeroDivisionError):
        memo.get("", "k", lambda: 1 // 0)

    assert memo.get("", "k", lambda: 5) == (5, False)


def test_nothing_of_a_pool_is_left_when_it_is_closed():
    before = len(os.listdir("/proc/self/fd"))
    pool = Pool()
    for segment in [pool.take(MiB) for _ in range(3)][:2]:
        pool.give(segment.id)

    del segment
    pool.close()
    gc.collect()

    assert len(os.listdir("/proc/self/fd")) == before
