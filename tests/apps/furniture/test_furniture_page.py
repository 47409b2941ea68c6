"""The furniture page in a real browser, before drawn pieces instead of models."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from browser_tools import Visit, as_begun, begun, visit
from PIL import Image
from playwright.async_api import expect

pytestmark = pytest.mark.browser
FAKE = Path(__file__).parent / "furniture_fake.py"


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    with begun(FAKE) as origin:
        yield origin


@pytest.fixture(autouse=True)
def fresh(fake: str) -> None:
    as_begun(fake)


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    paths = []
    for name, shade in (("hall", 90), ("bedroom", 160)):
        path = tmp_path / f"{name}.png"
        Image.fromarray(np.full((300, 400, 3), shade, np.uint8)).save(path)
        paths.append(str(path))
    return paths


def asked(fake: str) -> list[dict]:
    return httpx.get(f"{fake}/fake/asked", timeout=30).json()


async def opened(seen: Visit, photos: list[str]) -> None:
    await seen.open("/furniture")
    await seen.page.set_input_files(".rung-picker input", photos)
    await expect(seen.page.locator(".rung-thumbnail")).to_have_count(len(photos))


async def measured(seen: Visit) -> None:
    await seen.page.click("[data-name=measure]")
    await expect(seen.page.locator("[data-name=pieces] tbody tr").first).to_be_visible()
    await expect(seen.page.locator("[data-name=course]")).to_have_count(0)


async def painted(seen: Visit, pieces: str = "1 2") -> None:
    await expect(seen.page.locator(".rung-pieces canvas")).to_have_attribute("data-painted", pieces)


async def test_photographs_become_masks_a_table_and_a_truck(fake: str, photos: list[str]) -> None:
    async with visit(fake) as seen:
        await opened(seen, photos)
        await measured(seen)
        await painted(seen)
        rows = await seen.page.locator("[data-name=pieces] tbody tr").all_inner_texts()
        boxes = await seen.page.locator(".rung-solids canvas").get_attribute("data-boxes")
        await expect(seen.page.locator("[data-name=volume]")).to_have_text("3.6 m³")
        await expect(seen.page.locator("[data-name=unseen]")).to_contain_text("wardrobe, desk")
        await expect(seen.page.locator("[data-name=filled]")).to_have_text("37 % of 2.5t, one truck filled")
        await expect(seen.page.locator(".rung-warning")).to_contain_text("counted once for each")

    assert [row.split()[:2] for row in rows] == [["1", "sofa"], ["1", "chair"], ["2", "sofa"], ["2", "chair"]]
    assert "2000" in rows[0] and "1600 – 2500" in rows[0] and "measured from a depth map" in rows[0]
    assert "goes on beyond the edge" in rows[1]
    assert boxes == "4" and len(asked(fake)[0]["images"]) == 2


async def test_a_piece_chosen_anywhere_is_chosen_everywhere(fake: str, photos: list[str]) -> None:
    async with visit(fake) as seen:
        await opened(seen, photos)
        await measured(seen)
        await painted(seen)
        await seen.click(0.9, 0.5)  # on the chair of the second photograph, which is shown
        row = seen.page.locator("[data-row='1.2']")
        await expect(row).to_have_attribute("aria-pressed", "true")
        cloud = seen.page.locator(".rung-solids canvas").first
        await expect(cloud).to_have_attribute("data-points", "3000")
        await seen.page.click("[data-row='0.1']")
        await expect(seen.page.locator("[data-photo='0']")).to_have_attribute("aria-pressed", "true")
        await expect(seen.page.locator("[data-piece='1']")).to_have_attribute("aria-pressed", "true")
        await expect(row).to_have_attribute("aria-pressed", "false")


async def test_a_click_on_a_box_in_the_truck_chooses_the_piece(fake: str, photos: list[str]) -> None:
    async with visit(fake) as seen:
        await opened(seen, photos)
        await measured(seen)
        truck = seen.page.get_by_role("img", name="In the truck")
        await truck.scroll_into_view_if_needed()
        x, y = await truck.evaluate(COLOURED)
        await truck.click(position={"x": x, "y": y})
        await expect(seen.page.locator(".rung-piece-row[aria-pressed=true]")).to_have_count(1)
        await expect(seen.page.locator(".rung-piece button[aria-pressed=true]")).to_have_count(1)
        await truck.click(position={"x": 3, "y": 3})
        await expect(seen.page.locator(".rung-piece-row[aria-pressed=true]")).to_have_count(0)


COLOURED = """canvas => {
    const { width: w, height: h } = canvas, { data } = canvas.getContext('2d').getImageData(0, 0, w, h);
    const strong = (i) => {
        const rgb = [data[i], data[i + 1], data[i + 2]];
        return Math.max(...rgb) - Math.min(...rgb) > 60;
    };
    for (let y = 8; y < h; y += 4) for (let x = 8; x < w - 8; x += 4)
        if ([-8, 0, 8].every(d => strong(4 * (y * w + x + d)))) return [x, y].map(v => v / devicePixelRatio);
}"""
"""A place on one of the boxes, which are the only strong colours there."""


async def test_the_truck_is_filled_step_by_step(fake: str, photos: list[str]) -> None:
    async with visit(fake) as seen:
        await opened(seen, photos)
        await measured(seen)
        await expect(seen.page.locator("[data-name=step]")).to_have_text("Loaded: 4 of 4")
        steps = seen.page.locator("[data-name=steps]")
        await steps.scroll_into_view_if_needed()
        await steps.click()  # in its middle
        await expect(seen.page.locator("[data-name=step]")).to_have_text("Loaded: 2 of 4")
        await expect(seen.page.locator(".rung-solids canvas")).to_have_attribute("data-boxes", "2")


async def test_what_the_detector_did_not_see_is_drawn_and_named(fake: str, photos: list[str]) -> None:
    async with visit(fake) as seen:
        await opened(seen, photos[:1])
        await measured(seen)
        await painted(seen)
        stage = await seen.page.locator(".rung-stage").bounding_box()
        assert stage is not None
        at = [(stage["x"] + x * stage["width"], stage["y"] + y * stage["height"]) for x, y in ((0.55, 0.2), (0.7, 0.9))]
        await seen.page.mouse.move(*at[0])
        await seen.page.mouse.down()
        await seen.page.mouse.move(*at[1], steps=4)
        await seen.page.mouse.up()
        await seen.page.locator("[data-name=what] input, input[data-name=what]").first.fill("wardrobe")
        await seen.page.keyboard.press("Enter")
        await seen.page.click("[data-name=add]")
        await expect(seen.page.locator(".rung-box b")).to_have_text("wardrobe")
        await expect(seen.page.locator(".rung-warning")).to_contain_text("before your last changes")
        await measured(seen)
        await painted(seen, "1 2 3")
        await seen.page.click("[data-row='0.3']")
        await expect(seen.page.locator("[data-name=no-points]")).to_be_visible()

    (hand,) = asked(fake)[1]["boxes"]
    assert (hand["image"], hand["label"]) == (1, "wardrobe")
    assert np.abs(np.array(hand["box"]) - (220, 60, 280, 270)).max() <= 2


async def test_a_job_tells_how_far_it_is_and_is_taken_back(fake: str, photos: list[str]) -> None:
    httpx.post(f"{fake}/fake/hold", timeout=30)
    async with visit(fake) as seen:
        await opened(seen, photos)
        await seen.page.click("[data-name=measure]")
        await expect(seen.page.locator("[data-name=course]")).to_have_text(
            "1 of 2 pictures looked at, 0 of 2 pieces measured"
        )
        await expect(seen.page.locator("[data-name=measure]")).to_be_disabled()
        await seen.page.click("[data-name=cancel]")
        httpx.post(f"{fake}/fake/release", timeout=30)
        await expect(seen.page.locator("[data-name=measure]")).to_be_enabled()
        await expect(seen.page.locator("[data-name=pieces]")).to_have_count(0)


async def test_what_cannot_be_done_is_said_and_a_mock_is_marked(fake: str, photos: list[str], tmp_path: Path) -> None:
    letter = tmp_path / "letter.png"
    letter.write_text("this is no picture")
    async with visit(fake) as seen:
        await opened(seen, photos)
        await seen.page.set_input_files(".rung-picker input", [str(letter)])
        error = seen.page.locator(".rung-error")
        await expect(error).to_contain_text("letter.png: file: the content is not PNG, JPEG or WebP")
        httpx.post(f"{fake}/fake/mode?mode=refuse", timeout=30)
        await seen.page.click("[data-name=measure]")
        await expect(error).to_contain_text("no rung of detect can answer")
        httpx.post(f"{fake}/fake/mode?mode=mock", timeout=30)
        await measured(seen)
        await expect(error).to_have_count(0)
        await expect(seen.page.locator(".rung-banner.rung-mock")).to_be_visible()


async def test_a_photograph_taken_off_takes_its_answer_along(fake: str, photos: list[str]) -> None:
    async with visit(fake, viewport={"width": 390, "height": 844}) as seen:
        await opened(seen, photos)
        await measured(seen)
        await seen.page.click("button[lang=ko]")
        await seen.page.get_by_text("트럭 적재", exact=True).wait_for()
        wide = await seen.page.evaluate("document.documentElement.scrollWidth")
        await seen.page.click("[data-remove='0']")
        await expect(seen.page.locator(".rung-thumbnail")).to_have_count(1)
        await expect(seen.page.locator("[data-name=pieces]")).to_have_count(0)

    assert wide <= 390
