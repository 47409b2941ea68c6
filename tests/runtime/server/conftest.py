from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from toy_app import Toy, toy_server


@pytest_asyncio.fixture
async def toy(tmp_path: Path) -> AsyncIterator[Toy]:
    async with toy_server(tmp_path) as running:
        yield running
        assert running.runner.open_jobs == 0, "a test left a job running"
