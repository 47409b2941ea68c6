"""Which pieces of an answer leave together, by uvicorn's own cycle on a transport that writes down what it is given."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from rung.runtime.server.sending import TOGETHER, Sending

impl = pytest.importorskip("uvicorn.protocols.http.httptools_impl")
LOG = logging.getLogger("test")


class Told:
    """A transport, as uvloop's: it takes several pieces as they lie."""

    def __init__(self) -> None:
        self.writes: list[list[Any]] = []
        self.closed = False

    def write(self, data: Any) -> None:
        assert not self.closed, "written after the end"
        self.writes.append([data])

    def writelines(self, pieces: list[Any]) -> None:
        self.writes.append(list(pieces))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class Answer:
    """One answer under way."""

    def __init__(self, method: str = "GET", keep_alive: bool = True) -> None:
        self.transport = Told()
        self.done: list[int] = []
        self.cycle = impl.RequestResponseCycle(
            scope={"type": "http", "method": method}, transport=self.transport,
            flow=impl.FlowControl(self.transport), logger=LOG, access_logger=LOG, access_log=False,
            default_headers=[], message_event=asyncio.Event(), expect_100_continue=False, keep_alive=keep_alive,
            on_response=lambda: self.done.append(len(self.transport.writes)),
        )  # fmt: skip
        self.send = Sending(self.cycle)

    async def start(self, **headers: str) -> None:
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": 200, "headers": pairs})

    async def body(self, data: Any, more: bool = False) -> None:
        await self.send({"type": "http.response.body", "body": data, "more_body": more})


async def test_an_answer_of_small_pieces_is_one_write_before_the_next_request_begins() -> None:
    answer = Answer()
    await answer.start(content_length="7")
    await answer.body(b"abc", more=True)
    assert answer.transport.writes == []
    await answer.body(b"defg")

    assert answer.transport.writes == [[b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nabcdefg"]]
    assert answer.done == [1]


async def test_a_large_piece_goes_with_the_small_ones_and_is_not_copied() -> None:
    answer, large = Answer(), memoryview(bytes(TOGETHER))
    await answer.start(content_length=str(TOGETHER + 3))
    await answer.body(b"abc", more=True)
    await answer.body(large)

    ((head, small, last),) = answer.transport.writes
    assert (head[:15], small) == (b"HTTP/1.1 200 OK", b"abc") and last is large


async def test_a_stream_is_sent_as_it_comes() -> None:
    answer = Answer()
    await answer.start(content_type="text/event-stream")
    assert len(answer.transport.writes) == 1
    await answer.body(b"data: 1\n\n", more=True)
    assert len(answer.transport.writes) == 2


async def test_what_a_slow_caller_has_not_read_is_waited_for() -> None:
    answer = Answer()
    await answer.start(content_length="6")
    await answer.body(b"abc", more=True)
    answer.cycle.flow.pause_writing()
    last = asyncio.ensure_future(answer.body(b"def"))
    await asyncio.sleep(0)
    assert [b"".join(one)[-3:] for one in answer.transport.writes] == [b"abc"] and not last.done()
    answer.cycle.flow.resume_writing()
    await last

    assert answer.transport.writes[-1] == [b"def"]


async def test_the_last_answer_of_a_connection_is_sent_before_it_is_closed() -> None:
    answer = Answer(keep_alive=False)
    await answer.start(content_length="3")
    await answer.body(b"abc")

    assert answer.transport.closed and answer.transport.writes[0][0].endswith(b"\r\n\r\nabc")


async def test_the_head_of_a_body_that_is_not_sent_goes_alone() -> None:
    answer = Answer("HEAD")
    await answer.start(content_length="3")
    await answer.body(b"")

    assert answer.transport.writes == [[b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"]]


async def test_a_header_that_would_begin_another_line_is_still_refused() -> None:
    answer = Answer()
    with pytest.raises(RuntimeError, match="header"):
        await answer.start(content_length="3", x="a\r\nb: c")
    assert answer.transport.writes == [] and answer.cycle.transport is answer.transport
