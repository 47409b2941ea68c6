"""What the loop reports while a server listens."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from rung.runtime.server.listen import Shortage

FULL: dict[str, Any] = {"message": "socket.accept() out of system resource", "exception": OSError(24, "Too many")}


async def test_a_shortage_of_descriptors_is_said_once_however_often_it_is_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop, handler = asyncio.get_running_loop(), Shortage()
    for _ in range(2048):
        handler(loop, FULL)

    assert [(line.levelno, line.exc_info) for line in caplog.records] == [(logging.ERROR, None)]


async def test_what_else_the_loop_reports_is_reported_as_ever(caplog: pytest.LogCaptureFixture) -> None:
    handler = Shortage()
    for _ in range(2):
        handler(asyncio.get_running_loop(), {"message": "a task failed", "exception": ValueError("x")})

    assert [line.message for line in caplog.records] == ["a task failed", "a task failed"]
