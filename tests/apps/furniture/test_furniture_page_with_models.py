"""The furniture page in a real browser on a real server with real weights: the permissive rungs, on the sample room."""

import pytest
from browser_tools import visit
from playwright.async_api import expect

from rung.runtime.testing.served import served

pytestmark = [pytest.mark.browser, pytest.mark.weights]
PATIENCE_S = 240


async def test_a_visitor_measures_the_sample_room_and_sees_it_in_the_truck() -> None:
    with served() as server:
        async with visit(server.url, patience_s=PATIENCE_S) as seen:
            await seen.open("/furniture")
            await seen.page.click(".rung-sample >> nth=0")
            await expect(seen.page.locator(".rung-thumbnail")).to_have_count(1)
            await seen.page.click("[data-name=measure]")
            rows = seen.page.locator("[data-name=pieces] tbody tr")
            await expect(rows.first).to_be_visible()
            found = await rows.all_inner_texts()
            boxes = await seen.page.locator(".rung-solids canvas").get_attribute("data-boxes")
            await seen.page.wait_for_function("document.querySelector('.rung-pieces canvas').dataset.painted")
            await seen.page.locator(".rung-account > summary").click()
            account = await seen.page.locator("[data-name=provenance] tbody tr").all_inner_texts()
            await expect(seen.page.locator("[data-name=unseen]")).to_contain_text("wardrobe")

    assert {"bed", "chair"} & {row.split()[1] for row in found}, "what one sees in the room"
    assert boxes is not None and int(boxes) >= 1
    models = {word for row in account for word in row.split()}
    assert {"efficientdet-lite2", "mobile-sam"} <= models and "yolo11n-seg" not in models
    assert not any("mock" in row.split() for row in account)
