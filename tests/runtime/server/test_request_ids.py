"""Every answer and line of a request has its id; one line says what was answered, nothing says what was sent."""

import asyncio
import logging
import time
from typing import Any

import httpx
import pytest
from starlette.types import Message, Scope
from toy_app import Toy, encoded

from rung.runtime.keys import Caller
from rung.runtime.logs import JsonLines, Redactor, current_request, event
from rung.runtime.logs.events import fields_of
from rung.runtime.server.requestid import RequestIds


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8000", timeout=10)


def lines(caplog: pytest.LogCaptureFixture, logger: str = "rung.access") -> list[dict[str, Any]]:
    return [fields_of(record) for record in caplog.records if record.name == logger]


GIVEN = [
    ("0192f1c2-7e1d-7c3a-9f00-000000000001", True),
    ("req_ABCDEF123", True),
    ("A" * 64, True),
    ("", False),
    ("short", False),
    ("A" * 65, False),
    ("a b c d e f g h", False),
    ("line1234\tend", False),
    ("../../etc/passwd", False),
    ("sk-Zq7RxV2mKp9LtY4wBn8c", False),
    ("rung_7f3a9c_Zq7RxV2mKp9LtY4wBn8c", False),
    ("caf\xe9caf\xe9caf\xe9", False),
]


@pytest.mark.parametrize(("given", "kept"), GIVEN)
async def test_a_callers_id_is_kept_where_it_is_one_and_replaced_where_it_is_none(
    toy: Toy, given: str, kept: bool
) -> None:
    async with client(RequestIds(toy.app)) as http:
        got = await http.get("/healthz", headers={"X-Request-ID": given.encode("latin-1")})  # type: ignore[dict-item]

    said = got.headers["x-request-id"]
    assert (said == given) is kept
    assert kept or (len(said) == 36 and said[14] == "7")


async def test_two_ids_in_one_request_are_none(toy: Toy) -> None:
    async with client(RequestIds(toy.app)) as http:
        got = await http.get("/healthz", headers=[("X-Request-ID", "first-id-1"), ("X-Request-ID", "second-id")])

    assert got.headers.get_list("x-request-id") not in (["first-id-1"], ["second-id"])
    assert len(got.headers.get_list("x-request-id")) == 1


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/jobs", 200), ("/v1/nothing", 404), ("/v1/toy/sum", 405), ("/v1/jobs/gone", 404)]
)
async def test_every_answer_has_an_id_errors_too(toy: Toy, path: str, status: int) -> None:
    async with client(RequestIds(toy.app)) as http:
        got = await http.get(path)
        foreign = await http.get(path, headers={"Host": "evil.example"})

    assert (got.status_code, foreign.status_code) == (status, 421)
    assert got.headers["x-request-id"] != foreign.headers["x-request-id"]


async def test_one_line_says_what_was_answered_and_nothing_of_what_was_sent(
    toy: Toy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with client(RequestIds(toy.app)) as http:
        sent = {"points": [[1, 2, 1]], "note": "a private vase"}
        got = await http.post("/v1/toy/sum?token=private", json=sent, headers={"X-Request-ID": "mine-1234"})
        await http.get(f"/v1/jobs/{got.headers['rung-job']}")
        await http.request("PRIVATE", "/private")

    answered, job, odd = lines(caplog)
    assert (answered["method"], answered["route"], answered["status"]) == ("POST", "/v1/toy/sum", 200)
    assert (answered["bytes"], answered["request"]) == (len(got.content), "mine-1234")
    assert 0 < answered["seconds"] < 5
    assert job["route"] == "/v1/jobs/{job}"
    assert (odd["method"], odd["status"], odd.get("route")) == ("other", 404, None)
    written = [JsonLines(Redactor()).format(record) for record in caplog.records if record.name.startswith("rung")]
    assert "rivate" not in "".join(written)


async def test_the_probes_are_silent_at_the_usual_level(toy: Toy, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with client(RequestIds(toy.app)) as http:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await http.get(path)).status_code == 200
        await http.get("/v1/jobs")

    assert [line["route"] for line in lines(caplog)] == ["/v1/jobs"]


async def test_the_key_that_the_guard_left_is_named_by_its_id(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        scope["state"] = {"caller": Caller(key="7f3a9c")}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Request-ID", b"inner")]})
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})
        await send({"type": "http.response.body", "body": b"de"})

    async with client(RequestIds(app)) as http:
        got = await http.get("/x")

    assert (lines(caplog)[0]["key"], lines(caplog)[0]["bytes"]) == ("7f3a9c", 5)
    assert got.headers.get_list("x-request-id") == [lines(caplog)[0]["request"]]


async def test_what_a_request_starts_has_its_id_and_two_requests_do_not_mix(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log, both = logging.getLogger("rung.inner"), asyncio.Barrier(2)

    async def work() -> None:
        await both.wait()
        event(log, "working", reason=current_request())

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        await asyncio.create_task(work())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with client(RequestIds(app)) as http, asyncio.timeout(5):
        await asyncio.gather(*(http.get("/x", headers={"X-Request-ID": f"request-{n}"}) for n in (1, 2)))

    worked = lines(caplog, "rung.inner")
    assert {line["request"] for line in worked} == {"request-1", "request-2"}
    assert all(line["request"] == line["reason"] for line in worked)
    assert current_request() == ""


async def test_a_request_that_fails_below_still_has_its_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async with client(RequestIds(app)) as http:
            await http.get("/x")

    assert [line["status"] for line in lines(caplog)] == [499]


async def test_a_job_that_a_request_began_and_its_stream_are_lines_of_their_own(
    toy: Toy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with client(RequestIds(toy.app)) as http:
        painted = await http.post("/v1/toy/paint", files={"image": ("a", encoded())}, headers={"Accept": "image/png"})
        stream = await http.get(f"/v1/jobs/{painted.headers['rung-job']}/events")

    assert [line["route"] for line in lines(caplog)] == ["/v1/toy/paint", "/v1/jobs/{job}/events"]
    assert lines(caplog)[1]["bytes"] == len(stream.content) > 100


async def test_the_ring_costs_little() -> None:
    """Id, contextvar, header and line together."""

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Message) -> None:
        pass

    ring, seconds = RequestIds(app), []
    access = logging.getLogger("rung.access")
    kept, access.handlers, access.propagate, level = (
        access.handlers,
        [logging.StreamHandler(_Nowhere())],
        False,
        access.level,
    )
    access.handlers[0].setFormatter(JsonLines(Redactor()))
    access.setLevel(logging.INFO)
    try:
        for _ in range(5):
            begun = time.process_time()
            for _ in range(400):
                await ring({"type": "http", "method": "GET", "path": "/x", "headers": []}, None, send)  # type: ignore[arg-type]
            seconds.append((time.process_time() - begun) / 400)
    finally:
        access.handlers, access.propagate = kept, True
        access.setLevel(level)

    print(f"{min(seconds) * 1e6:.1f} us a request")
    assert min(seconds) < 200e-6


class _Nowhere:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass
