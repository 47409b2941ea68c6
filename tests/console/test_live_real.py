"""The live page on a real server, with a real worker under a real job."""

import hashlib
import os
from pathlib import Path

import httpx
import pytest
from browser_tools import visit
from playwright.async_api import expect

from rung.runtime.testing.served import served

pytestmark = pytest.mark.browser
PEERS = Path(__file__).parents[2] / "bench" / "peers"
FOR_EVER = 10**12
"""Digests; a day of them."""


async def test_the_button_ends_a_job_that_would_run_for_a_day_and_its_worker_answers_the_next() -> None:
    found = [str(PEERS / "rung_toy"), str(PEERS), *filter(None, [os.environ.get("PYTHONPATH")])]
    with served(env={"PYTHONPATH": os.pathsep.join(found)}) as server:
        async with visit(server.url) as seen, httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            await seen.open("/jobs")
            asked = {"text": "rung", "times": FOR_EVER}
            job = (await http.post("/v1/toy/digest", json=asked, headers={"Prefer": "respond-async"})).json()
            row = seen.page.locator(f"[data-job='{job['id']}']")
            await expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuetext", "50% digesting")
            await expect(seen.page.locator("[data-variant=toy-digest]")).to_contain_text("1 running")
            await row.get_by_role("button").click()
            await expect(row).to_have_attribute("data-status", "canceled")
            ended = (await http.get(f"/v1/jobs/{job['id']}")).json()
            answer = (await http.post("/v1/toy/digest", json={"text": "rung"})).json()

    assert ended["status"] == "canceled"
    assert answer["output"]["sha256"] == hashlib.sha256(b"rung").hexdigest()
