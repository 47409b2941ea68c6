"""The drawings page in a real browser, before a drawn sheet instead of models."""

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.async_api import WebSocketRoute, expect

sys.path.append(str(Path(__file__).parents[1] / "editor"))

from browser_tools import Visit, as_begun, begun, visit
from drawings_fake import UPWARDS

pytestmark = pytest.mark.browser
FAKE = Path(__file__).parent / "drawings_fake.py"


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    with begun(FAKE) as origin:
        yield origin


@pytest.fixture(autouse=True)
def fresh(fake: str) -> None:
    as_begun(fake)


@pytest.fixture
def scan(tmp_path: Path) -> str:
    path = tmp_path / "plate.png"
    Image.fromarray(np.full((1100, 1600), 255, np.uint8)).save(path)
    return str(path)


def asked(fake: str) -> list[dict]:
    return httpx.get(f"{fake}/fake/asked", timeout=30).json()


async def opened(seen: Visit, file: str) -> None:
    await seen.open("/drawings")
    await seen.page.set_input_files(".rung-picker input", file)
    await expect(seen.page.locator("[data-name=dimensions] tbody tr")).to_have_count(3)
    await expect(seen.page.locator("[data-name=course]")).to_have_count(0)


async def scale(seen: Visit) -> float:
    return float(await seen.page.locator(".rung-sheet").get_attribute("data-scale") or 0)


async def test_a_drawing_that_is_opened_is_read_and_shown_with_its_layers(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        rows = await seen.page.locator("[data-name=dimensions] tbody tr").all_inner_texts()
        marks = seen.page.locator("[data-mark]")
        await expect(marks).to_have_count(10)  # 3 dimensions, a frame, 3 symbols, a field, a table, a place not read
        await seen.page.click("[data-layer=views]")
        await expect(marks).to_have_count(11)
        await seen.page.click("[data-layer=dimensions]")
        await expect(marks).to_have_count(8)
        await expect(seen.page.locator("[data-layer=dimensions]")).to_have_attribute("aria-pressed", "false")
        await expect(seen.page.locator("[data-table=t1] tr").nth(1)).to_contain_text("shaft <b>")

    assert [rows[0].split("\t")[at].strip().splitlines()[0] for at in (1, 4)] == ["⌀25H7", "25 +0.021 / 0 mm"]
    assert "4 × 5 mm" in rows[2] and "? 4×85" in rows[2] and "97%" in rows[2]
    assert asked(fake)[0]["mode"] == "hybrid" and asked(fake)[0]["text_layer"] is True


async def test_symbols_stand_in_a_table_that_shows_where_each_of_them_is(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        rows = [
            [text.strip() for text in row.split("\t")]
            for row in await seen.page.locator("[data-name=symbols] tbody tr").all_inner_texts()
        ]
        await seen.page.click("[data-layer=symbols]")
        await seen.page.click("[data-row='symbols/s2']")
        await expect(seen.page.locator("[data-mark='symbols/s2']")).to_have_class(
            "rung-mark rung-layer-symbols rung-chosen"
        )
        await seen.page.click("[data-page='2']")
        await expect(seen.page.locator("[data-name=symbols]")).to_have_count(0)

    assert rows == [
        ["", "surface finish", "removal", "Ra1.6", "98%", "⌀25H7"],
        ["", "balloon", "circle", "–", "97%", ""],
        ["", "gear mark", "", "–", "–", ""],
    ]


async def test_what_is_pointed_at_is_told_and_a_click_marks_its_row(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        await seen.page.locator("[data-mark='dimensions/d3']").hover(force=True)
        told = seen.page.locator(".rung-told")
        await expect(told).to_contain_text("radius 4 × 5 mm")
        await expect(told).to_contain_text("? 4×85")
        await seen.page.locator("[data-mark='dimensions/d3']").click(force=True)
        await expect(seen.page.locator("[data-row='dimensions/d3']")).to_have_attribute("aria-pressed", "true")


async def test_the_sheet_is_brought_near_to_what_is_chosen_in_the_table(fake: str, scan: str) -> None:
    async with visit(fake, viewport={"width": 700, "height": 500}) as seen:
        await opened(seen, scan)
        before = await scale(seen)
        await seen.page.click("[data-row='unread/0']")
        await expect(seen.page.locator("[data-mark='unread/0']")).to_have_class(
            "rung-mark rung-layer-unread rung-chosen"
        )
        nearer = await scale(seen)
        await seen.page.locator(".rung-sheet").scroll_into_view_if_needed()
        sheet = await seen.page.locator(".rung-sheet").bounding_box()
        mark = await seen.page.locator("[data-mark='unread/0']").bounding_box()
        await seen.page.locator(".rung-zoom button").nth(2).click()
        assert sheet is not None and mark is not None
        assert before < 0.5 and nearer == 1.0 and await scale(seen) == before
        await seen.page.locator("[data-mark='dimensions/d1']").hover(force=True)
        await expect(seen.page.locator(".rung-told")).to_be_visible()
        await seen.page.locator("[data-mark='dimensions/d1']").click(force=True)
        await seen.page.wait_for_function("+document.querySelector('.rung-sheet').dataset.scale > 0.5")
        # The sheet has moved away under the pointer: what was told is of something else.
        await expect(seen.page.locator(".rung-told")).to_have_count(0)

        assert sheet["x"] < mark["x"] and mark["x"] + mark["width"] < sheet["x"] + sheet["width"]
        assert sheet["y"] < mark["y"] and mark["y"] + mark["height"] < sheet["y"] + sheet["height"]


async def test_the_wheel_zooms_where_it_points_and_a_drag_moves_without_choosing(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        mark = seen.page.locator("[data-mark='dimensions/d2']")
        old = await mark.bounding_box()
        assert old is not None
        x, y = old["x"] + old["width"] / 2, old["y"] + old["height"] / 2
        await seen.page.mouse.move(x, y)
        await seen.page.mouse.wheel(0, -300)
        await seen.page.wait_for_function(
            "was => +document.querySelector('.rung-sheet').dataset.scale > 1.5 * was", arg=0.5
        )
        new = await mark.bounding_box()
        await seen.page.mouse.down()
        await seen.page.mouse.move(x - 120, y - 60, steps=4)
        await seen.page.mouse.up()
        moved = await mark.bounding_box()
        await expect(seen.page.locator(".rung-chosen")).to_have_count(0)
        assert new is not None and moved is not None

    assert new["width"] > 1.4 * old["width"]
    assert abs(new["x"] + new["width"] / 2 - x) < 3 and abs(new["y"] + new["height"] / 2 - y) < 3
    assert abs(moved["x"] - new["x"] + 120) < 2 and abs(moved["y"] - new["y"] + 60) < 2


async def test_a_dimension_is_verified_corrected_and_rejected(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        await seen.page.click("[data-verify=d1]")
        await expect(seen.page.locator("[data-status=d1]")).to_have_text("right")
        await seen.page.click("[data-modify=d2]")
        await seen.page.locator("[data-name=correct]").fill("120±0.2")
        await seen.page.click("[data-name=keep]")
        await expect(seen.page.locator("[data-status=d2]")).to_have_text("corrected")
        await expect(seen.page.locator("[data-row='dimensions/d2']")).to_have_text("120±0.2")
        await seen.page.click("[data-reject=d3]")
        await expect(seen.page.locator("[data-mark='dimensions/d3']")).to_have_class(
            "rung-mark rung-layer-dimensions rung-mark-rejected"
        )
        await expect(seen.page.locator("[data-name=reviewed]")).to_have_text("3 of 3 looked at")
        await seen.page.click("[data-reset=d3]")
        await expect(seen.page.locator("[data-name=reviewed]")).to_have_text("2 of 3 looked at")

    changes = [one["changes"][0] for one in asked(fake)[1:]]
    assert [(one["id"], one["status"], one.get("text")) for one in changes] == [
        ("d1", "verified", None), ("d2", "modified", "120±0.2"), ("d3", "rejected", None), ("d3", "pending", None),
    ]  # fmt: skip
    assert changes[1]["before"] == "120±0.1" and len(changes[1]["polygon"]) == 4 and changes[1]["dpi"] == 100


async def test_a_file_is_made_with_the_reviews_in_the_visitors_language_and_saved_under_the_drawings_name(
    fake: str, scan: str
) -> None:
    async with visit(fake, accept_downloads=True) as seen:
        await opened(seen, scan)
        await seen.page.click("[data-modify=d2]")
        await seen.page.locator("[data-name=correct]").fill("120±0.2")
        await seen.page.click("[data-name=keep]")
        await expect(seen.page.locator("[data-status=d2]")).to_have_text("corrected")
        await seen.page.click("button[lang=ko]")
        async with seen.page.expect_download() as coming:
            await seen.page.click("[data-file=xlsx]")
        found = await coming.value
        await expect(seen.page.locator("[data-file=xlsx]")).to_be_enabled()
        kinds = await seen.page.locator("[data-file]").count()

    assert found.url.endswith("?name=plate") and kinds == 5
    made = asked(fake)[-1]
    assert (made["kinds"], made["language"]) == (["xlsx"], "ko") and "120±0.2" in made["said"]


async def chosen(seen: Visit) -> str:
    """The row that has the keyboard."""
    return str(
        await seen.page.evaluate("document.activeElement.closest('tr')?.querySelector('[data-row]')?.dataset.row")
    )


async def test_dimensions_are_gone_through_and_reviewed_by_the_keyboard_alone(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        keyboard = seen.page.keyboard
        await seen.page.focus("[data-row='dimensions/d1']")
        await keyboard.press("v")
        await expect(seen.page.locator("[data-status=d1]")).to_have_text("right")
        assert await chosen(seen) == "dimensions/d2"
        await expect(seen.page.locator("[data-mark='dimensions/d2']")).to_have_class(re.compile("rung-chosen"))
        await keyboard.press("e")
        await expect(seen.page.locator("[data-name=correct]")).to_be_focused()
        await keyboard.press("Control+a")
        await keyboard.type("125v")
        await keyboard.press("Escape")
        await expect(seen.page.locator("[data-name=correct]")).to_have_count(0)
        await expect(seen.page.locator("[data-row='dimensions/d2']")).to_be_focused()
        await keyboard.press("e")
        await seen.page.locator("[data-name=correct]").fill("120±0.2")
        await keyboard.press("Enter")
        await expect(seen.page.locator("[data-status=d2]")).to_have_text("corrected")
        await expect(seen.page.locator("[data-row='dimensions/d2']")).to_be_focused()
        await keyboard.press("ArrowDown")
        await keyboard.press("x")
        await expect(seen.page.locator("[data-status=d3]")).to_have_text("rejected")
        await keyboard.press("u")
        await expect(seen.page.locator("[data-status=d3]")).to_have_text("not looked at")
        await keyboard.press("ArrowUp")
        await expect(seen.page.locator("[data-row='dimensions/d2']")).to_be_focused()

    changes = [one["changes"][0] for one in asked(fake) if one["operation"] == "review"]
    assert [(one["id"], one["status"]) for one in changes] == [
        ("d1", "verified"), ("d2", "modified"), ("d3", "rejected"), ("d3", "pending"),
    ]  # fmt: skip


async def test_dimensions_are_judged_at_the_sheet_one_after_the_other(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        picked = seen.page.locator("[data-name=picked]")
        await expect(picked).to_have_count(0)
        await seen.page.locator("[data-mark='dimensions/d2']").click(force=True)
        await expect(picked).to_contain_text("120±0.1")
        await expect(picked).to_be_in_viewport()
        await seen.page.focus(".rung-sheet")
        await seen.page.keyboard.press("v")
        await expect(picked).to_contain_text("4×R5")
        await seen.page.keyboard.press("x")
        await expect(picked).to_contain_text("⌀25H7")
        await seen.page.keyboard.press("e")
        await seen.page.locator("[data-name=correct]").fill("⌀26H7")
        await seen.page.keyboard.press("Enter")
        await expect(picked).to_contain_text("corrected")
        await seen.page.click("[data-picked-reset]")
        await expect(picked).to_contain_text("not looked at")

    changes = [one["changes"][0] for one in asked(fake) if one["operation"] == "review"]
    assert [(one["id"], one["status"]) for one in changes] == [
        ("d2", "verified"), ("d3", "rejected"), ("d1", "modified"), ("d1", "pending"),
    ]  # fmt: skip


async def test_a_correction_that_is_no_dimension_is_refused_where_it_is_written_and_stays_to_be_mended(
    fake: str, scan: str
) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        await seen.page.click("[data-modify=d2]")
        written = seen.page.locator("[data-name=correct]")
        await written.fill("120±±")
        await seen.page.keyboard.press("Enter")
        called = seen.page.locator(".q-notification")
        await expect(called).to_contain_text("is no dimension")
        await expect(called).not_to_contain_text("changes[0]")
        await expect(called).to_be_in_viewport(ratio=1)
        await expect(written).to_have_value("120±±")
        await written.fill("120±0.3")
        await seen.page.keyboard.press("Enter")
        await expect(seen.page.locator("[data-status=d2]")).to_have_text("corrected")
        await expect(written).to_have_count(0)
        await expect(seen.page.locator(".rung-error")).to_have_count(0)


async def test_a_dimension_is_written_where_nothing_could_be_read_and_taken_back(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        rows = seen.page.locator("[data-name=dimensions] tbody tr")
        for text in ("⌀8", "⌀8H7"):
            await seen.page.focus("[data-row='unread/0']")
            await seen.page.keyboard.press("e")
            await seen.page.locator("[data-name=correct]").fill(text)
            await seen.page.keyboard.press("Enter")
            await expect(seen.page.locator("[data-row='dimensions/1.a1']")).to_have_text(text)
        await expect(rows).to_have_count(4)
        await expect(seen.page.locator("[data-mark='dimensions/1.a1']")).to_have_count(1)
        await seen.page.click("[data-reset='1.a1']")
        await expect(rows).to_have_count(3)
        assert await seen.page.locator(".q-notification").count() == 0, "some press failed"

    changes = [one["changes"][0] for one in asked(fake) if one["operation"] == "review"]
    assert [(one["id"], one["status"], one.get("text")) for one in changes[:1] + changes[-1:]] == [
        ("", "modified", "⌀8"), ("", "pending", None),
    ]  # fmt: skip
    assert changes[0]["polygon"] == changes[-1]["polygon"] == [[1100, 700], [1180, 700], [1180, 730], [1100, 730]]


async def test_each_row_shows_upright_what_is_drawn_there(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        crops = seen.page.locator("[data-name=dimensions] tbody .rung-crop")
        await expect(crops).to_have_count(3)
        others = ("frames", "symbols", "title", "unread")
        shown = [await seen.page.locator(f"[data-name={name}] .rung-crop").count() for name in others]
        lost = await crops.evaluate_all(
            """(crops, corners) => crops.flatMap((crop, at) => {
                const box = crop.getBoundingClientRect(), matrix = crop.querySelector('image').getScreenCTM();
                const seen = corners[at].map(([x, y]) => new DOMPoint(x, y).matrixTransform(matrix));
                const within = (p) => p.x > box.left && p.x < box.right && p.y > box.top && p.y < box.bottom;
                const upright = seen[0].x < seen[1].x && seen[0].y < seen[3].y && Math.abs(seen[0].y - seen[1].y) < 1;
                return seen.every(within) && upright && box.height > 12 ? [] : [at];
            })""",
            [
                [[300, 200], [420, 200], [420, 236], [300, 236]],
                [[600, 820], [740, 820], [740, 856], [600, 856]],
                UPWARDS,
            ],
        )

    assert lost == [] and shown == [1, 3, 1, 1]


@pytest.mark.parametrize("width", [900, 1600])
async def test_no_deed_of_a_row_is_out_of_sight(fake: str, scan: str, width: int) -> None:
    async with visit(fake, viewport={"width": width, "height": 900}) as seen:
        await opened(seen, scan)
        right = "(all) => Math.max(...all.map((one) => one.getBoundingClientRect().right))"
        for deed in await seen.page.locator("[data-modify]").all():
            await expect(deed).to_be_visible(timeout=5000)
        deeds = await seen.page.locator("[data-modify]").evaluate_all(right)
        table = await seen.page.locator(".rung-scroll:has([data-name=dimensions])").evaluate_all(right)

    assert deeds < table


async def test_a_quotation_asks_for_what_is_missing_and_says_where_each_figure_is_from(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        await seen.page.click("[data-name=quote]")
        await expect(seen.page.locator("[data-name=incomplete]")).to_be_visible()
        await expect(seen.page.locator("[data-paper]")).to_have_count(0)
        await seen.page.click("[data-need=outer_mm] [data-candidate=d1]")
        await expect(seen.page.locator("[data-need=outer_mm]")).to_have_count(0)
        await seen.page.click("[data-need=length_mm] [data-candidate=d2]")
        await expect(seen.page.locator("[data-need=length_mm]")).to_have_count(0)
        for field, text in (("inner_mm", "10"), ("material", "S45C"), ("name", "bushing")):
            if await seen.page.locator(f"[data-answer={field}]").count():
                await seen.page.locator(f"[data-answer={field}]").fill(text)
                await seen.page.keyboard.press("Enter")
                await expect(seen.page.locator(f"[data-need={field}]")).to_have_count(0)
        total = await seen.page.locator("[data-name=total]").inner_text()
        lines = await seen.page.locator("[data-name=quote-lines] tbody tr").all_inner_texts()
        await expect(seen.page.locator("[data-paper=pdf]")).to_be_visible()
        await seen.page.click("[data-reject=d2]")
        await expect(seen.page.locator("[data-name=quote-stale]")).to_be_visible()

    assert total.startswith("₩") and int(total[1:].replace(",", "")) > 10_000
    assert any("S45C" in line and "given" in line for line in lines)


async def test_a_material_that_nobody_priced_is_quoted_at_the_visitors_own_rates(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        await seen.page.click("[data-name=given]")
        for name, text in (("name", "bushing"), ("material", "AL6061"), ("outer_mm", "25"), ("length_mm", "120")):
            await seen.page.locator(f"[data-given={name}]").fill(text)
        await seen.page.click("[data-name=quote]")
        await expect(seen.page.locator("[data-need=material]")).to_contain_text("AL6061")
        await seen.page.locator("[data-rate=price_per_kg]").fill("6500")
        await seen.page.locator("[data-rate=density]").fill("2.7")
        await seen.page.keyboard.press("Enter")
        await expect(seen.page.locator("[data-name=total]")).to_be_visible()
        await expect(seen.page.locator("[data-given=density]").last).to_have_value("2.7")
        lines = await seen.page.locator("[data-name=quote-lines] tbody tr").all_inner_texts()

    assert any("AL6061" in line and "6500" in line.replace(",", "") for line in lines), lines


async def test_the_quotation_is_beside_the_sheet_however_long_it_grows(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        ask, sheet = seen.page.locator("[data-name=quote]"), seen.page.locator(".rung-sheet")
        await expect(ask).to_be_in_viewport(ratio=1)
        await ask.click()
        await expect(seen.page.locator("[data-need=outer_mm]")).to_be_visible()
        await ask.scroll_into_view_if_needed()
        await expect(sheet).to_be_in_viewport(ratio=0.9)
        await seen.page.locator("[data-need=outer_mm] [data-candidate=d1]").hover()
        await expect(sheet).to_be_in_viewport(ratio=0.9)


async def test_another_page_shows_its_own_readings_and_what_failed_there(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        await expect(seen.page.locator(".rung-warning")).to_contain_text("2: segment: no rung of classify-strokes")
        await seen.page.click("[data-page='2']")
        await expect(seen.page.locator("[data-name=none]")).to_be_visible()
        await expect(seen.page.locator("[data-page='2']")).to_have_attribute("aria-pressed", "true")
        await expect(seen.page.locator("[data-name=frames]")).to_have_count(0)


async def test_how_it_is_read_is_asked_for_and_what_is_shown_is_called_old_until_then(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        await seen.page.click("[data-name=how]")
        await seen.page.click("[data-step=deskew]")
        await expect(seen.page.locator(".rung-warning")).to_contain_text("before your last changes")
        await seen.page.click("[data-name=read]")
        await expect(seen.page.locator(".rung-warning")).not_to_contain_text("before your last changes")

    assert [one["deskew"] for one in asked(fake)] == [False, True]


async def test_a_job_tells_how_far_it_is_and_is_taken_back(fake: str, scan: str) -> None:
    httpx.post(f"{fake}/fake/hold", timeout=30)
    async with visit(fake) as seen:
        await seen.open("/drawings")
        await seen.page.set_input_files(".rung-picker input", scan)
        await expect(seen.page.locator("[data-name=course]")).to_have_text("page 1 of 2: texts read")
        await expect(seen.page.locator(".rung-clock")).to_have_text(re.compile("^[1-9][0-9]* s$"))
        await expect(seen.page.locator(".rung-sheet img")).to_have_attribute("data-ready", "true")  # the file itself
        await expect(seen.page.locator("[data-name=read]")).to_be_disabled()
        await seen.page.click("[data-name=cancel]")
        httpx.post(f"{fake}/fake/release", timeout=30)
        await expect(seen.page.locator("[data-name=read]")).to_be_enabled()
        await expect(seen.page.locator("[data-name=dimensions]")).to_have_count(0)


async def test_a_document_that_no_browser_shows_is_shown_once_it_is_read(fake: str, tmp_path: Path) -> None:
    document = tmp_path / "plate.pdf"
    document.write_bytes(b"%PDF-1.7\n")
    httpx.post(f"{fake}/fake/hold", timeout=30)
    async with visit(fake) as seen:
        await seen.open("/drawings")
        await seen.page.set_input_files(".rung-picker input", str(document))
        await expect(seen.page.locator(".rung-empty")).to_contain_text("once it has been read")
        await expect(seen.page.locator(".rung-hint")).to_have_count(0)
        httpx.post(f"{fake}/fake/release", timeout=30)
        await expect(seen.page.locator(".rung-sheet img")).to_have_attribute("data-ready", "true")


async def test_a_document_that_was_not_read_is_not_said_to_be_on_its_way(fake: str, tmp_path: Path) -> None:
    document = tmp_path / "plate.pdf"
    document.write_bytes(b"%PDF-1.7\n")
    httpx.post(f"{fake}/fake/mode?mode=refuse", timeout=30)
    async with visit(fake) as seen:
        await seen.open("/drawings")
        await seen.page.set_input_files(".rung-picker input", str(document))
        await expect(seen.page.locator(".rung-error")).to_be_visible()
        await expect(seen.page.locator(".rung-empty")).to_contain_text("plate.pdf")
        await expect(seen.page.locator(".rung-empty")).to_contain_text("there is nothing to show")


async def test_who_is_on_the_papers_is_given_once_for_all_drawings(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await opened(seen, scan)
        await seen.page.click("[data-name=given]")
        for name, text in (("customer", "대한터빈"), ("supplier", "영신정밀"), ("delivery", "4주"), ("outer_mm", "25")):
            await seen.page.locator(f"[data-given={name}]").fill(text)
        await seen.page.set_input_files(".rung-picker input", scan)
        await expect(seen.page.locator("[data-given=outer_mm]")).to_have_value("")
        await expect(seen.page.locator("[data-name=quote]")).to_be_enabled()
        await seen.page.click("[data-name=quote]")
        await expect(seen.page.locator("[data-name=incomplete]")).to_be_visible()

    told = asked(fake)[-1]
    assert (told["customer"], told["supplier"], told["delivery"]) == ({"name": "대한터빈"}, {"name": "영신정밀"}, "4주")
    assert told["items"] == []


async def test_what_cannot_be_done_is_said_and_a_mock_is_marked(fake: str, scan: str, tmp_path: Path) -> None:
    letter = tmp_path / "letter.pdf"
    letter.write_text("this is no document")
    async with visit(fake) as seen:
        await seen.open("/drawings")
        await seen.page.set_input_files(".rung-picker input", str(letter))
        error = seen.page.locator(".rung-error")
        await expect(error).to_contain_text("letter.pdf: file: the content is not")
        httpx.post(f"{fake}/fake/mode?mode=refuse", timeout=30)
        await seen.page.set_input_files(".rung-picker input", scan)
        await expect(error).to_contain_text("no rung of find-text can answer")
        httpx.post(f"{fake}/fake/mode?mode=mock", timeout=30)
        await seen.page.click("[data-name=read]")
        await expect(seen.page.locator(".rung-banner.rung-mock")).to_be_visible()
        await expect(error).to_have_count(0)


async def test_on_a_phone_in_korean_nothing_is_wider_than_the_screen(fake: str, scan: str) -> None:
    async with visit(fake, viewport={"width": 390, "height": 844}) as seen:
        await opened(seen, scan)
        await seen.page.click("button[lang=ko]")
        await seen.page.get_by_text("읽지 못함", exact=True).first.wait_for()
        assert await seen.page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_on_the_korean_page_only_codes_units_and_what_was_read_are_not_korean(fake: str, scan: str) -> None:
    read = ("RB-1042", "no.", "part", "shaft <b>", "25H7", "H7", "Ra1.6", "gear mark")
    codes = ("Rung", "English", "JSON", "hybrid", "reader", "drawn", "cpu fp32", "mm", "CSV", "PDF", "PNG", "Excel")
    icons = ("keyboard_arrow_down", "arrow_drop_down")
    async with visit(fake) as seen:
        await opened(seen, scan)
        await seen.page.click("button[lang=ko]")
        await seen.page.click("[data-layer=views]")
        await seen.page.click("[data-layer=components]")
        await seen.page.locator(".rung-account > summary").click()
        told = []
        for mark in ("dimensions/d3", "frames/f1", "title/drawing_number", "tables/t1", "components/c1", "unread/0"):
            await seen.page.locator(f"[data-mark='{mark}']").hover(force=True)
            told.append(await seen.page.locator(".rung-told").inner_text())
        shown = await seen.page.locator("body").inner_text()

    text = "\n".join([*told, shown])
    for known in sorted((*read, *codes, *icons), key=len, reverse=True):
        text = text.replace(known, "")
    assert re.findall("[A-Za-z]{2,}", text) == []
    assert told[0].splitlines()[1] == "반지름 4 × 5 mm" and told[2].splitlines()[1] == "도면번호"
    assert told[5].splitlines()[1] == "표 2행 1열: 알아볼 수 있는 글자가 없습니다"


SLOW_S = 0.4
"""How long what the server says is on its way to a distant visitor."""


async def far_away(seen: Visit) -> None:
    """From the next page on, whatever the server says comes late; what the visitor does is heard at once."""

    def relayed(page: WebSocketRoute) -> None:
        server, loop = page.connect_to_server(), asyncio.get_running_loop()
        page.on_message(server.send)
        server.on_message(lambda said: loop.call_later(SLOW_S, page.send, said) and None)

    await seen.page.route_web_socket(re.compile("."), relayed)


async def test_clicks_on_layers_take_one_right_after_the_other(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await far_away(seen)
        await opened(seen, scan)
        for layer in ("views", "components", "texts"):
            await seen.page.click(f"[data-layer={layer}]")
        for layer in ("views", "components", "texts"):
            await expect(seen.page.locator(f"[data-layer={layer}]")).to_have_attribute("aria-pressed", "true")
        await expect(seen.page.locator("[data-mark]")).to_have_count(13)


async def test_clicks_right_after_a_change_of_language_take(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await far_away(seen)
        await opened(seen, scan)
        await seen.page.click("button[lang=ko]")
        for layer in ("views", "components"):
            await seen.page.click(f"[data-layer={layer}]")
        for layer in ("views", "components"):
            await expect(seen.page.locator(f"[data-layer={layer}]")).to_have_attribute("aria-pressed", "true")
        await expect(seen.page.locator("[data-layer=views]")).to_contain_text("투상도")


async def test_reviews_of_one_dimension_right_after_the_other_take(fake: str, scan: str) -> None:
    async with visit(fake) as seen:
        await far_away(seen)
        await opened(seen, scan)
        for id in ("d1", "d2", "d3"):
            await seen.page.click(f"[data-verify={id}]")
        await expect(seen.page.locator("[data-name=reviewed]")).to_have_text("3 of 3 looked at")


async def test_a_drawing_that_is_opened_while_another_is_read_is_read_too(fake: str, scan: str, tmp_path: Path) -> None:
    other = tmp_path / "shaft.png"
    Image.fromarray(np.full((900, 1200), 250, np.uint8)).save(other)
    httpx.post(f"{fake}/fake/hold", timeout=30)
    async with visit(fake) as seen:
        await seen.open("/drawings")
        await seen.page.set_input_files(".rung-picker input", scan)
        await expect(seen.page.locator("[data-name=course]")).to_have_text("page 1 of 2: texts read")
        await seen.page.set_input_files(".rung-picker input", str(other))
        await expect(seen.page.locator(".rung-sheet img")).to_have_attribute("alt", "shaft.png")
        httpx.post(f"{fake}/fake/release", timeout=30)
        await expect(seen.page.locator("[data-name=dimensions] tbody tr")).to_have_count(3)

    assert len({one["file"]["file"] for one in asked(fake)}) == 2
