from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from oip_server import Tensors, tensors


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Tensors]:
    async with tensors(tmp_path) as running:
        yield running
