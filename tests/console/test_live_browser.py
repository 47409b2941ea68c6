"""The live page in a real browser, before an API that the test sets."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser_tools import Visit, begun, visit
from live_makers import GIB, job, model, state
from playwright.async_api import Error, expect

pytestmark = pytest.mark.browser
FAKE = Path(__file__).with_name("live_fake.py")
EMPTY = {"jobs": [], "models": [], "budgets": {"cpu": 8 * GIB}, "broken": ""}


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    with begun(FAKE) as origin:
        yield origin


@pytest.fixture(autouse=True)
def fresh(fake: str) -> None:
    put(fake, **EMPTY)


def put(fake: str, **shown: Any) -> None:
    httpx.post(f"{fake}/fake/set", json=shown, timeout=30).raise_for_status()


def asked(fake: str) -> dict[str, int]:
    return httpx.get(f"{fake}/fake/asked", timeout=30).json()


def row(seen: Visit, made: dict[str, Any]) -> Any:
    return seen.page.locator(f"[data-job='{made['id']}']")


async def test_a_job_moves_on_in_its_own_row_which_is_never_drawn_anew_though_others_come_above_it(fake: str) -> None:
    mine = job("mine", created=time.time(), progress={"stage": "segment", "frac": 0.25})
    put(fake, jobs=[mine])
    async with visit(fake) as seen:
        await seen.open("/jobs")
        bar = row(seen, mine).get_by_role("progressbar")
        await expect(bar).to_have_attribute("aria-valuenow", "25")
        await row(seen, mine).evaluate("e => e.mark = 'the same'")
        await row(seen, mine).get_by_role("button").focus()
        above = job("above", created=time.time() + 1)
        put(fake, jobs=[above, mine | {"progress": {"stage": "fill", "frac": 0.75}}])
        await expect(bar).to_have_attribute("aria-valuenow", "75")
        await expect(bar).to_have_attribute("aria-valuetext", "75% fill")

        assert await row(seen, mine).evaluate("e => e.mark") == "the same"
        await expect(row(seen, mine).get_by_role("button")).to_be_focused()
        mine["created"] = above["created"] + 1
        put(fake, jobs=[above, mine])
        await expect(seen.page.locator("[data-job]").first).to_have_attribute("data-job", mine["id"])

        assert await row(seen, mine).evaluate("e => e.mark") == "the same"
        await expect(row(seen, mine).get_by_role("button")).to_be_focused()


async def test_the_button_takes_back_its_own_job_and_the_keyboard_goes_on_beside_it(fake: str) -> None:
    mine, other = job("mine"), job("other", "queued")
    put(fake, jobs=[mine, other])
    async with visit(fake) as seen:
        await seen.open("/jobs")
        await seen.page.get_by_role("button", name="Cancel job ----mine").focus()
        await seen.page.keyboard.press("Enter")
        await expect(row(seen, mine)).to_have_attribute("data-status", "canceled")
        await expect(seen.page.get_by_role("status")).to_have_text("Job ----mine is cancelled.")
        await expect(row(seen, mine).get_by_role("button")).to_have_count(0)
        await expect(seen.page.get_by_role("heading", name="Jobs")).to_be_focused()
        await expect(row(seen, other)).to_have_attribute("data-status", "queued")

    assert {path: n for path, n in asked(fake).items() if path.startswith("cancel")} == {f"cancel {mine['id']}": 1}


async def test_where_nothing_is_there_the_page_says_so(fake: str) -> None:
    put(fake, models=[model("sam2-tiny", state(state="unloaded", bytes=None, reserved=0))])
    async with visit(fake) as seen:
        await seen.open("/jobs")
        await expect(seen.page.locator("[data-name=no-jobs]")).to_contain_text("No jobs yet")
        await expect(seen.page.locator("[data-name=no-workers]")).to_contain_text("No model is in memory")
        await expect(seen.page.get_by_text("Not loaded now: 1.")).to_be_visible()
        await expect(seen.page.get_by_role("meter")).to_have_attribute("aria-valuenow", "0")
        await expect(seen.page.locator("table")).to_have_count(0)


async def test_a_worker_in_trouble_says_why_and_memory_stands_against_its_budget(fake: str) -> None:
    trouble = {"state": "quarantined", "reason": "sam2-tiny: its weights are corrupt", "until_s": 90}
    sick = state(state="unloaded", bytes=None, reserved=0, trouble=trouble, restarts=3)
    put(fake, models=[model("migan", state(running=1)), model("sam2-tiny", sick)])
    async with visit(fake) as seen:
        await seen.open("/jobs")
        shown = seen.page.locator("[data-variant=sam2-tiny]")
        await expect(shown).to_contain_text("left alone")
        await expect(shown).to_contain_text("its weights are corrupt · next try in 1 min")
        await expect(seen.page.locator("[data-variant=migan]")).to_contain_text("1 running")
        await expect(seen.page.get_by_role("meter")).to_have_attribute("aria-valuenow", "25")
        await expect(seen.page.get_by_text("1.0 GiB used, 2.0 GiB reserved of 8.0 GiB")).to_be_visible()


async def test_what_was_seen_stays_with_a_warning_when_the_server_fails_and_the_warning_goes(fake: str) -> None:
    mine = job("mine")
    put(fake, jobs=[mine])
    async with visit(fake) as seen:
        await seen.open("/jobs")
        await expect(row(seen, mine)).to_be_visible()
        put(fake, broken="the database is away")
        await expect(seen.page.get_by_role("alert")).to_contain_text("the database is away")
        await expect(row(seen, mine)).to_be_visible()
        put(fake, broken="")
        await expect(seen.page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
async def test_it_fits_a_phone_and_a_desk_in_both_languages(fake: str, width: int) -> None:
    error = {"code": "worker-crashed", "detail": "a long sentence about what went wrong with this job " * 3}
    jobs = [job("mine", progress={"stage": "inpaint", "frac": 0.5}), job("bad", "failed", error=error)]
    trouble = {
        "state": "quarantined",
        "reason": "a long sentence about the model that will not load " * 3,
        "until_s": 9,
    }
    put(fake, jobs=jobs, models=[model("a-model-with-a-rather-long-name", state(trouble=trouble))])
    async with visit(fake, viewport={"width": width, "height": 800}) as seen:
        await seen.open("/jobs")
        english = await seen.page.evaluate("document.documentElement.scrollWidth")
        await seen.page.click("button[lang=ko]")
        await seen.page.get_by_role("heading", name="작업 프로세스").wait_for()
        korean = await seen.page.evaluate("document.documentElement.scrollWidth")
        button = seen.page.get_by_role("button", name="요청 ----mine 취소")
        await button.scroll_into_view_if_needed()

        assert english <= width and korean <= width
        await expect(button).to_be_in_viewport(ratio=1)


async def test_a_page_that_nobody_looks_at_asks_nothing_until_somebody_does(fake: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/jobs")
        await look(seen, hidden=True)
        await quiet(fake)
        put(fake, jobs=[job("mine")])
        await look(seen, hidden=False)
        await expect(row(seen, job("mine"))).to_be_visible()


async def test_when_the_visitors_browser_has_died_the_api_is_asked_no_more(fake: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/jobs")
        first = asked(fake)["jobs"]
        while asked(fake)["jobs"] < first + 2:
            await asyncio.sleep(0.1)
        with contextlib.suppress(Error):
            await seen.page.goto("chrome://crash")
        await quiet(fake)


async def look(seen: Visit, *, hidden: bool) -> None:
    await seen.page.evaluate(
        """hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        document.dispatchEvent(new Event('visibilitychange')); }""",
        hidden,
    )


async def quiet(fake: str) -> None:
    """Two looks, more than two of the page's turns apart, find the same count; ten pairs at most."""
    for _ in range(10):
        before = asked(fake)["jobs"]
        await asyncio.sleep(2.5)
        if asked(fake)["jobs"] == before:
            return
    raise AssertionError("the API is still asked")
