"""The drawings page in a real browser on a real server with real weights, on a sample sheet."""

import sys
from pathlib import Path

import pytest
from playwright.async_api import expect

from rung.runtime.testing.served import served

sys.path.append(str(Path(__file__).parents[1] / "editor"))

from browser_tools import visit

pytestmark = [pytest.mark.browser, pytest.mark.weights]
PATIENCE_S = 240
PRINTED = {
    "8×⌀75", "4×⌀0.4±0.2", "PCD825", "154", "106", "4.2", "2.4", "84", "0.8", "⌀370H7", "166", "R0.3", "1.2", "3.6",
    "258", "6.1±0.01", "C1", "4×⌀2.2", "Rz0.4", "⌀20", "⌀13.5+0/-0.1", "⌀22+0.05/-0.02", "⌀1.7±0.2", "9.4", "4.43",
    "⌀9.5H8", "27.5+0.2/-0.1", "⌀27.3", "12", "Ra1.6",
}  # fmt: skip
"""Every dimension of the sheet, as one sees it."""


async def test_a_visitor_opens_the_sample_sheet_reviews_a_dimension_and_gets_a_quotation() -> None:
    with served() as server:
        async with visit(server.url, patience_s=PATIENCE_S) as seen:
            await seen.open("/drawings")
            await seen.page.click(".rung-sample >> nth=0")
            rows = seen.page.locator("[data-name=dimensions] tbody tr")
            await expect(rows.first).to_be_visible()
            await expect(seen.page.locator(".rung-sheet img")).to_have_attribute("data-ready", "true")
            texts = await rows.locator("[data-row]").all_inner_texts()
            frames = await seen.page.locator("[data-name=frames] [data-row]").all_inner_texts()
            marks = await seen.page.locator("[data-mark^='dimensions/']").count()
            await rows.first.locator("[data-verify]").click()
            await expect(rows.first.locator("[data-status]")).to_have_text("right")
            await seen.page.click("[data-name=quote]")
            await expect(seen.page.locator("[data-name=incomplete], [data-name=total]")).to_be_visible()
            await seen.page.locator(".rung-account > summary").click()
            account = await seen.page.locator("[data-name=provenance] tbody tr").all_inner_texts()

    assert marks == len(texts)
    assert len(PRINTED & set(texts)) >= len(PRINTED) - 2, PRINTED - set(texts)
    assert len(set(texts) - PRINTED) <= 2, set(texts) - PRINTED
    assert {"⌖|⌀0.05|A|B|CⓂ", "⏤|⌀0.1", "⌰|0.03|A", "⌒|0.5"} == set(frames)
    models = {word for row in account for word in row.split()}
    assert {"ppocr-v6-find", "reader", "sheet-geometry"} <= models
    assert not any("mock" in row.split() for row in account)
