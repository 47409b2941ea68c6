"""Quotations over HTTP: the answer, the paper itself where it is asked for, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from rung.runtime.testing.served import served

RING = {"name": "bearing ring", "material": "S45C", "size": "OD120×ID80×50L", "quantity": 4}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with served("--no-console") as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def test_a_quotation_is_answered_with_its_papers_as_files(http: httpx.Client) -> None:
    got = http.post("/v1/drawings/quote", json={"items": [RING], "date": "2026-11-30"})

    assert got.status_code == 200, got.text
    output = got.json()["output"]
    assert output["complete"] and output["total_krw"] > 0 and output["items"][0]["lines"][0]["inputs"]
    assert http.get(output["pdf"]["url"]).content.startswith(b"%PDF-")
    assert http.get(output["xlsx"]["url"]).content.startswith(b"PK")


def test_whoever_asks_for_a_pdf_gets_the_paper(http: httpx.Client) -> None:
    got = http.post("/v1/drawings/quote", json={"items": [RING]}, headers={"Accept": "application/pdf"})

    assert (got.status_code, got.headers["content-type"]) == (200, "application/pdf")
    assert got.content.startswith(b"%PDF-")


def test_a_bill_without_a_heading_is_a_problem_and_no_empty_success(http: httpx.Client) -> None:
    got = http.post("/v1/drawings/bom", json={"rows": [["REV", "DATE"], ["A", "2024.1.1"]]})

    assert got.status_code == 422 and "no table is a parts list" in got.json()["detail"]


def test_a_wrong_price_is_refused_before_any_work(http: httpx.Client) -> None:
    got = http.post("/v1/drawings/quote", json={"items": [RING], "pricing": {"vatt": 1}})

    assert got.status_code == 422 and "pricing.vatt" in got.text
