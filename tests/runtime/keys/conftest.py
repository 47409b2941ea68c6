from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from key_tools import Clock, Counted, ring_of

from rung.runtime.keys import KEYS, KeyRing
from rung.runtime.store import open_database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Counted]:
    real = open_database(str(tmp_path / "rung.db"), [KEYS])
    yield Counted(real)
    await real.close()


@pytest.fixture
def ring(database: Counted, clock: Clock) -> KeyRing:
    return ring_of(database, clock)
