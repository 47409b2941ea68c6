"""A job comes back from its columns as it was."""

import asyncio
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from job_tools import on
from postgres import Postgres

from rung.runtime.jobs import Failure, JobRecord, Progress
from rung.runtime.jobs.codec import columns_of, provenance_values, record_of
from rung.runtime.spec import Cost, Policy, Provenance

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)
CALLS = st.builds(
    Provenance, task=TEXT, variant=TEXT, kind=st.just("mock"), node=TEXT, device=TEXT, precision=st.just("none"),
    seed=st.none() | st.integers(), queue_s=FINITE, load_s=FINITE, run_s=FINITE,
    peak_bytes=st.none() | st.integers(), cost=st.builds(Cost, amount=FINITE, currency=TEXT),
    degraded_from=st.none() | TEXT, reason=TEXT, step=TEXT, cached=st.lists(TEXT, max_size=2).map(tuple),
    attempts=st.integers(),
)  # fmt: skip
RECORDS = st.builds(
    JobRecord, id=st.just("a"), app=st.just("toy"), operation=st.just("sum"), created=FINITE,
    status=st.just("succeeded"), started=st.none() | FINITE, finished=st.none() | FINITE,
    progress=st.builds(Progress, stage=TEXT, frac=FINITE), output=st.none() | OBJECTS,
    error=st.none() | st.builds(Failure, code=TEXT, message=TEXT, retryable=st.booleans(), details=OBJECTS),
    provenance=st.lists(CALLS, max_size=2).map(tuple), warnings=st.lists(TEXT, max_size=2).map(tuple),
    policy=st.builds(Policy, variant=TEXT, seed=st.none() | st.integers(), allow_mock=st.none() | st.booleans()),
    deadline_s=FINITE, cancel=st.booleans(), priority=st.integers(-1, 1), deadline_at=st.none() | FINITE,
    epoch=st.integers(0, 2**40), durable=st.just(True),
)  # fmt: skip


@given(RECORDS)
def test_a_record_comes_back_from_its_columns_as_it_was(job: JobRecord) -> None:
    assert record_of(columns_of(job), ()) == job


@given(job=RECORDS)
@settings(max_examples=30, deadline=None)
def test_a_record_comes_back_from_postgres_as_it_was(postgres_server: Postgres, job: JobRecord) -> None:
    asyncio.run(_there_and_back(postgres_server.url(), job))


@given(job=RECORDS)
@settings(max_examples=30, deadline=None)
def test_a_record_comes_back_from_sqlite_as_it_was(tmp_path_factory: pytest.TempPathFactory, job: JobRecord) -> None:
    asyncio.run(_there_and_back(str(tmp_path_factory.getbasetemp() / "round-trip.db"), job))


async def _there_and_back(url: str, job: JobRecord) -> None:
    async with on(url) as jobs:
        await jobs.create(job)
        try:
            assert await jobs.get("a") == job
        finally:
            await jobs.delete("a")


@given(CALLS)
def test_a_provenance_is_told_whole(made: Provenance) -> None:
    assert provenance_values(made) == asdict(made)
