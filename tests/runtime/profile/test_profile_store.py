"""The files of measurements: shared by processes, read with suspicion."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from profile_makers import SUBJECT, a_line, call, record, subject

from rung.runtime.errors import StoreError
from rung.runtime.profile import Profile, figures
from rung.runtime.profile.record import KEEP
from rung.runtime.profile.store import LARGEST


@pytest.fixture
def profile(tmp_path) -> Profile:
    return Profile(tmp_path / "profile")


def the_file(profile: Profile) -> Path:
    (path,) = profile.folder.glob("*/*.json")
    return path


def test_what_was_written_is_read_again(profile):
    written = record(*a_line(10), load_s=(1.5,), batches=((1, 0.5), (2, 0.75)), when=123.0)

    profile.add(written)

    assert profile.read() == ({SUBJECT: written}, ())
    assert profile.measured()[0] == {SUBJECT: figures(written)}


def test_nothing_is_there_and_nothing_is_made_before_the_first_write(profile):
    assert profile.read() == ({}, ())
    assert not profile.folder.exists()


def test_adding_joins_and_putting_replaces(profile):
    profile.add(record(call(1)))
    profile.add(record(call(2)))
    assert len(profile.read()[0][SUBJECT].calls) == 2

    profile.put(record(call(3)))

    assert profile.read()[0][SUBJECT].calls == (call(3),)


@pytest.mark.parametrize(
    "other",
    [{"hardware": "AMD EPYC, 4 cores"}, {"hardware": "AMD EPYC: 2 cores"}, {"precision": "int8"}, {"device": "cuda"},
     {"variant": "v/2"}, {"terms": "threads=1"}],
    ids=str,
)  # fmt: skip
def test_every_subject_has_a_file_of_its_own(profile, other):
    profile.add(record(call(1)))
    profile.add(record(call(2), of=subject(**other)))

    found, damaged = profile.read()

    assert damaged == ()
    assert {of: one.calls for of, one in found.items()} == {SUBJECT: (call(1),), subject(**other): (call(2),)}


def test_a_name_cannot_lead_out_of_the_folder(profile, tmp_path):
    profile.add(record(call(1), of=subject(hardware="../../elsewhere", variant="../up")))

    assert [p.name for p in tmp_path.iterdir()] == ["profile"]
    assert len(profile.read()[0]) == 1


GARBAGE = {
    "empty": "",
    "half": '{"version": 1, "subj',
    "no object": "[1, 2]",
    "another version": '{"version": 2}',
    "bytes": "\udcff\udcfe",
    "deep": "[" * 100_000,
    "huge": " " * (LARGEST + 1),
}


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE)
def test_garbage_says_nothing_is_named_and_gives_way(profile, text):
    profile.add(record(call(1), of=subject(variant="whole")))
    profile.add(record(call(1)))
    path = next(p for p in profile.folder.glob("*/*.json") if "whole" not in p.name)
    path.write_text(text, "utf-8", errors="surrogateescape")

    found, (damage,) = profile.read()
    assert [s.variant for s in found] == ["whole"] and damage.path == str(path) and damage.why

    profile.add(record(call(2)))
    assert profile.read()[0][SUBJECT].calls == (call(2),) and profile.read()[1] == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("loaded", [-1]), ("loaded", ["7"]), ("loaded", [1.5]), ("loaded", [True]), ("loaded", 5),
        ("loaded", [2**60]), ("load_s", [float("nan")]), ("load_s", [float("inf")]), ("load_s", [-0.1]),
        ("calls", [[1, 2]]), ("calls", [[1, 2, 3, 4]]), ("calls", [[-1, 0.5, 1]]), ("calls", "abc"), ("calls", [5]),
        ("batches", [[1]]), ("batches", [[2, "x"]]), ("when", None), ("load_s", [0.1] * 5000),
        ("subject", None), ("subject", {"hardware": "h"}),
        ("subject", {"hardware": 1, "variant": "v", "device": "cpu", "precision": "fp32", "terms": ""}),
        ("subject", {"hardware": "h", "variant": "v", "device": "tpu", "precision": "fp32", "terms": ""}),
        ("subject", {"hardware": "other", "variant": "v", "device": "cpu", "precision": "fp32", "terms": ""}),
    ],
)  # fmt: skip
def test_values_that_cannot_be_true_are_not_believed(profile, field, value):
    profile.add(record(call(1)))
    path = the_file(profile)
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))

    found, damaged = profile.read()

    assert found == {} and len(damaged) == 1


def test_a_missing_field_is_named(profile):
    profile.add(record(call(1)))
    path = the_file(profile)
    values = json.loads(path.read_text())
    del values["loaded"]
    path.write_text(json.dumps(values))

    (damage,) = profile.read()[1]

    assert "'loaded' is missing" in damage.why


WRITER = """
import sys
from pathlib import Path
from profile_makers import call, record
from rung.runtime.profile import Profile
profile = Profile(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for n in range(12):
    profile.add(record(call(2 ** (4 * int(sys.argv[2]) + n % 4) / 1e6, run_s=int(sys.argv[2]))))
"""


def test_writers_in_several_processes_lose_no_sample_and_no_reader_meets_half_a_file(profile):
    env = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)])}
    command = [sys.executable, "-c", WRITER, str(profile.folder)]
    writers = [
        subprocess.Popen([*command, str(n)], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for n in range(3)
    ]
    for writer in writers:
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    while any(writer.poll() is None for writer in writers):
        assert profile.read()[1] == ()
    for writer in writers:
        writer.communicate(timeout=20)
        assert writer.returncode == 0

    (known,) = profile.read()[0].values()

    assert [sum(one.run_s == n for one in known.calls) for n in range(3)] == [12, 12, 12]


def test_what_a_killed_writer_left_is_no_trouble(profile):
    profile.add(record(call(1)))
    (the_file(profile).parent / ".new").write_text("half a f")

    profile.add(record(call(2)))

    assert len(profile.read()[0][SUBJECT].calls) == 2
    assert sorted(p.name[:4] for p in the_file(profile).parent.iterdir()) == [".loc", "v.cp"]


@pytest.mark.parametrize("what", ["file", "lock"])
def test_a_folder_that_takes_nothing_is_a_store_error_that_names_the_file(profile, what, monkeypatch):
    if what == "file":
        profile.folder.write_text("a file stands where the folder should")
    else:
        monkeypatch.setattr("rung.runtime.profile.store._LOCK_S", 0.05)
        profile.add(record(call(1)))
        lock = os.open(the_file(profile).parent / ".lock", os.O_RDWR)
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)

    with pytest.raises(StoreError, match="measurements cannot be written"):
        profile.add(record(call(1)))


def test_a_record_stays_small_however_much_is_added(profile):
    for n in range(30):
        profile.add(replace(record(*[call(mp) for mp in (0.01, 0.1, 1, 10, 100)] * 10), load_s=(float(n),)))

    assert the_file(profile).stat().st_size < 16_000
    assert len(profile.read()[0][SUBJECT].load_s) == KEEP
