from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from job_tools import on

from rung.runtime.jobs import JobStore, MemoryJobs
from rung.runtime.jobs.sql import SqlJobs


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that is not there yet, of either kind."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return str(tmp_path / "rung.db")


@pytest.fixture
async def jobs(url: str) -> AsyncIterator[SqlJobs]:
    async with on(url) as opened:
        yield opened


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[JobStore]:
    """Every store of jobs there is, for what the protocol promises."""
    if request.param == "memory":
        yield MemoryJobs()
        return
    postgres = request.param == "postgres"
    async with on(request.getfixturevalue("postgres_url") if postgres else str(tmp_path / "rung.db")) as opened:
        yield opened
