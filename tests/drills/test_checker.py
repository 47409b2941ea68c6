"""The checker finds what is wrong in histories that are made by hand, one fault each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from drills.checker import Verdict, check, expected
from drills.history import Op, Request

ASKED = Request(text="a", key="k")
OTHER = Request(text="b", key="l")
MAY_FAIL = replace(ASKED, may_fail=True)


def job(status: str = "succeeded", *, digest: str | None = None, attempts: Any = 1, **more: Any) -> dict[str, Any]:
    output = {"digest": expected(ASKED) if digest is None else digest} if status == "succeeded" else None
    return {"status": status, "output": output, "attempts": attempts, "error": None} | more


def submitted(request: Request = ASKED, name: str = "j1") -> Op:
    return Op(client=0, call="submit", kind="ok", at=1.0, request=request, job=name, status=202)


def read(answer: dict[str, Any], name: str = "j1", kind: Any = "ok") -> Op:
    return Op(client=0, call="read", kind=kind, at=2.0, job=name, answer=answer)


def events(*seen: tuple[int, str], name: str = "j1") -> Op:
    return Op(client=0, call="events", kind="ok", at=3.0, job=name, answer=[list(one) for one in seen])


GOOD = [submitted(), read(job()), events((1, "queued"), (2, "started"), (3, "succeeded"))]


def test_a_history_that_keeps_every_promise_has_no_fault() -> None:
    verdict = check(GOOD)

    assert verdict == Verdict(accepted=1, refused=0, unknown=0)
    assert not verdict.faults


def test_an_answer_that_was_waited_for_is_an_end_although_the_job_is_not_kept() -> None:
    answered = Op(client=0, call="ask", kind="ok", at=1.0, request=Request(text="a"), job="j9", answer=job())

    assert not check([answered, read({}, "j9", kind="fail")]).faults


@pytest.mark.parametrize(
    ("history", "kind", "sentence"),
    [
        ([submitted()], "lost", "not looked at again"),
        ([submitted(), read(job("running"))], "lost", "still running"),
        ([submitted(), read({}, kind="fail")], "lost", "not known any more"),
        ([submitted(), submitted(name="j2"), read(job()), read(job(), "j2")], "doubled", "the key k made 2 jobs"),
        ([submitted(), submitted(OTHER), read(job(digest=expected(OTHER)))], "doubled", "2 different requests"),
        ([submitted(), read(job()), read(job(), "j7")], "doubled", "done by 2 jobs"),
        ([submitted(MAY_FAIL), read(job()), read(job("failed"))], "doubled", "and then as"),
        ([*GOOD[:2], events((1, "queued"), (2, "succeeded"), (3, "succeeded"))], "doubled", "more than once"),
        ([submitted(), read(job(attempts=[{"outcome": "succeeded"}] * 2))], "doubled", "ended with runs"),
        ([submitted(), read(job(attempts=[{"outcome": "running"}]))], "doubled", "ended with runs"),
        ([submitted(), read(job(digest="0" * 64))], "wrong", "succeeded with"),
        ([submitted(), read(job(digest=""))], "wrong", "succeeded with"),
        ([submitted(), read(job("failed", error={"code": "lost"}))], "failed", "failed: lost"),
        ([submitted(), read(job("expired", error={"code": "deadline"}))], "failed", "expired: deadline"),
        ([*GOOD[:2], events((1, "queued"), (3, "succeeded"))], "gaps", "numbered [1, 3]"),
        ([*GOOD[:2], events((2, "started"), (3, "succeeded"))], "gaps", "numbered [2, 3]"),
        ([*GOOD[:2], events((1, "queued"), (2, "started"))], "gaps", "no end"),
        ([*GOOD[:2], events((1, "queued")), events((1, "queued"), (2, "succeeded"))], "gaps", "[1, 1, 2"),
        ([submitted(), read(job(attempts=4))], "overrun", "begun 4 times"),
    ],
)  # fmt: skip
def test_each_fault_is_found_and_found_alone(history: list[Op], kind: str, sentence: str) -> None:
    verdict = check(history, attempts=3)

    said = getattr(verdict, kind)
    assert said and sentence in said[0]
    assert verdict.faults == said


def test_a_wrong_answer_to_a_waiting_caller_is_found() -> None:
    answer = Op(client=0, call="ask", kind="ok", at=1.0, request=ASKED, job="j1", answer=job(digest="f" * 64))

    assert check([answer]).wrong


def test_a_refusal_counts_as_a_failure_unless_the_request_may_fail() -> None:
    refused = Op(client=0, call="ask", kind="fail", at=1.0, request=ASKED, status=500, answer={"code": "internal"})

    assert check([refused]).failed == ("'a' was answered 500 internal",)
    assert not check([replace(refused, request=replace(ASKED, may_fail=True))]).faults


def test_an_event_stream_that_was_gone_on_with_is_judged_as_one() -> None:
    pieces = [events((1, "queued"), (2, "started")), events((3, "requeued"), (4, "started"), (5, "succeeded"))]

    assert not check([*GOOD[:2], *pieces]).faults


def test_the_owed_digest_is_the_one_that_the_toy_works_out() -> None:
    from drills.toy.rung_toy.model import digest

    for request in (Request(text="a"), Request(text="é" * 100, rounds=1), Request(text="", rounds=17)):
        assert digest(request.text, request.rounds) == expected(request)


def test_what_is_right_may_be_another_thing_than_the_toys_digest() -> None:
    history = [submitted(), read(job(digest="as the sheet says")), *GOOD[2:]]

    assert check(history, right=lambda request: "as the sheet says") == Verdict(accepted=1, refused=0, unknown=0)
    assert check(history, right=lambda request: "otherwise").wrong == ("j1 succeeded with 'as the sheet says'",)
