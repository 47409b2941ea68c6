import json
import string

import pytest
from live_makers import GIB, job, model, state

from rung.console.live_rows import away, device_rows, job_rows, span, worker_rows
from rung.console.live_words import LIVE


def blanks(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("key", LIVE)
def test_every_word_stands_in_both_languages_with_the_same_blanks(key: str) -> None:
    english, korean = LIVE[key]

    assert english and korean and blanks(english) == blanks(korean)


@pytest.mark.parametrize(
    ("seconds", "said"), [(-3, "now"), (0.9, "now"), (59.9, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_a_duration_is_told_in_its_largest_whole_unit(seconds: float, said: str) -> None:
    assert span(seconds, "en") == said


def test_open_jobs_come_before_ended_ones_and_newer_before_older() -> None:
    jobs = [
        job("ended", "succeeded", created=900.0),
        job("waits", "queued", created=800.0),
        job("old", "running", created=100.0),
        job("young", "running", created=700.0),
    ]

    rows = job_rows(jobs, 1000.0, "en", ())

    assert [row["short"].strip("-") for row in rows] == ["young", "old", "waits", "ended"]
    assert [row["open"] for row in rows] == [True, True, True, False]


def test_a_job_that_two_answers_hold_stands_once_as_the_later_says() -> None:
    rows = job_rows([job("a", "queued"), job("a", "running")], 1000.0, "en", ())

    assert [(row["short"].strip("-"), row["status"]) for row in rows] == [("a", "running")]


def test_a_running_job_shows_its_progress_and_only_a_running_one() -> None:
    progress = {"stage": "inpaint", "frac": 0.425}
    running, done = job_rows([job("a", progress=progress), job("b", "succeeded", progress=progress)], 1000.0, "en", ())

    assert (running["percent"], running["stage"]) == (42, "inpaint")
    assert (done["percent"], done["stage"], done["note"]) == (None, "", "took 2.50 s")


def test_a_failed_job_says_why_and_a_waiting_one_how_many_wait_before_it() -> None:
    error = {"code": "worker-crashed", "detail": "its worker died three times"}
    failed = job("a", "failed", error=error, created=2.0)
    waits = job("b", "queued", queue_position=3, created=1.0)

    rows = {row["short"].strip("-"): row for row in job_rows([failed, waits], 1000.0, "en", ())}

    assert rows["a"]["note"] == "its worker died three times"
    assert rows["b"]["note"] == "3 before it"


def test_attempts_before_the_last_are_told_with_what_became_of_them() -> None:
    attempts = [{"number": 1, "outcome": "lost"}, {"number": 2, "outcome": "running"}]

    assert job_rows([job("a", attempts=attempts)], 1000.0, "en", ())[0]["attempts"] == "2 (lost)"


def test_a_job_that_is_being_taken_back_cannot_be_taken_back_again() -> None:
    taken, asked, free = job("a"), job("b", cancel_requested=True), job("c")

    rows = {row["short"].strip("-"): row for row in job_rows([taken, asked, free], 1000.0, "en", {taken["id"]})}

    assert {name: row["leaving"] for name, row in rows.items()} == {"a": True, "b": True, "c": False}


def test_only_variants_that_are_held_wanted_or_in_trouble_are_shown() -> None:
    quiet = state(state="unloaded", bytes=None, reserved=0)
    trouble = {"state": "quarantined", "reason": "the weights are corrupt", "until_s": 75.2}
    models = [
        model("held", state(running=1)),
        model("quiet", quiet),
        model("never", None, feasible=False),
        model("wanted", quiet | {"queued": 2}),
        model("sick", quiet | {"trouble": trouble, "restarts": 3}),
    ]

    rows = {row["variant"]: row for row in worker_rows(models, "en")}

    assert list(rows) == ["held", "wanted", "sick"] and away(models) == 1
    assert (rows["held"]["calls"], rows["wanted"]["calls"]) == ("1 running", "2 waiting")
    assert rows["sick"]["state"] == "quarantined" and rows["sick"]["restarts"] == "3"
    assert rows["sick"]["trouble"] == "the weights are corrupt · next try in 1 min"


def test_a_devices_bar_shows_what_is_promised_and_what_is_used_of_its_budget() -> None:
    models = [model("a", state()), model("b", state(bytes=None, state="loading")), model("c", state(device="cuda:0"))]

    cpu, gpu = device_rows({"cuda:0": 8 * GIB, "cpu": 10 * GIB}, models, "en")

    assert (cpu["device"], cpu["used"], cpu["reserved"]) == ("cpu", 10.0, 40.0)
    assert cpu["text"] == "1.0 GiB used, 4.0 GiB reserved of 10.0 GiB"
    assert (gpu["used"], gpu["reserved"]) == (12.5, 25.0)


def test_memory_that_nobody_could_measure_is_not_called_zero() -> None:
    (row,) = device_rows({"cuda:0": 8 * GIB}, [model("a", state(device="cuda:0", bytes=None))], "en")

    assert row["text"] == "2.0 GiB reserved of 8.0 GiB; what is used is not measured"


def test_a_state_that_this_page_does_not_know_is_shown_by_its_own_name() -> None:
    assert job_rows([job("a", "paused")], 1000.0, "ko", ())[0]["status_word"] == "paused"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_shown_is_json(language) -> None:
    trouble = {"state": "backing-off", "reason": "no memory", "until_s": 0.2}
    models = [model("a", state(trouble=trouble, pinned=True))]

    json.dumps([job_rows([job("a")], 1.0, language, ()), worker_rows(models, language)], allow_nan=False)
