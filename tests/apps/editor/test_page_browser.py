"""The editor's page in a real browser, before drawn masks instead of models."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from browser_tools import Visit, as_begun, begun, visit
from PIL import Image
from playwright.async_api import expect

pytestmark = pytest.mark.browser
FAKE = Path(__file__).parents[2] / "console" / "fake_api.py"


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    with begun(FAKE) as origin:
        yield origin


@pytest.fixture(autouse=True)
def fresh(fake: str) -> None:
    as_begun(fake)


@pytest.fixture
def scene(tmp_path: Path) -> str:
    return picture(tmp_path / "scene.png", 600, 400)


def picture(path: Path, width: int, height: int, **saving: object) -> str:
    ramp = np.linspace(0, 255, width, dtype=np.uint8)[None, :, None]
    Image.fromarray(np.broadcast_to(ramp, (height, width, 3)).copy()).save(path, **saving)
    return str(path)


def asked(fake: str, operation: str = "segment") -> list[dict]:
    return [one for one in httpx.get(f"{fake}/fake/asked", timeout=30).json() if one["operation"] == operation]


def points(fake: str) -> list[list[int]]:
    return json.loads(asked(fake)[-1]["points"])


async def inside(seen: Visit, path: str) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(await seen.fetch(path))))


async def test_a_sample_that_is_chosen_is_opened_and_says_whose_it_is(fake: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await expect(seen.page.locator(".rung-sample >> nth=0").locator(".rung-note")).to_contain_text(" · ")
        await seen.page.click(".rung-sample >> nth=0")
        await expect(seen.page.locator(".rung-stage img")).to_have_count(1)
        await expect(seen.page.locator(".rung-sample")).to_have_count(0)


async def test_points_are_added_subtracted_and_taken_back(fake: str, scene: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        await seen.click(0.5, 0.5)
        await seen.mask(1)
        await seen.click(0.6, 0.5, button="right")
        await seen.mask(2)
        await seen.page.keyboard.down("Shift")
        await seen.click(0.4, 0.5)
        await seen.page.keyboard.up("Shift")
        await seen.mask(3)
        labels = [point[2] for point in points(fake)]
        await seen.page.click("[data-name=undo]")
        await seen.mask(2)
        await seen.page.click("[data-name=clear]")
        await seen.page.wait_for_function("document.querySelector('.rung-stage canvas').dataset.mask === ''")

        assert labels == [1, 0, 0]
        await expect(seen.page.locator(".rung-point")).to_have_count(0)


@pytest.mark.parametrize("width", [500, 900, 1280])
@pytest.mark.parametrize("scale", [0.75, 1, 2])
async def test_positions_are_pixels_of_the_picture_at_every_size_on_the_screen(
    fake: str, scene: str, width: int, scale: float
) -> None:
    async with visit(fake, viewport={"width": width, "height": 700}, device_scale_factor=scale) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        await seen.click(0.25, 0.75)
        await seen.mask()

    (x, y, label) = points(fake)[0]
    assert (abs(x - 150) <= 2, abs(y - 300) <= 2, label) == (True, True, 1)


async def test_a_turned_photograph_of_12_megapixels_is_clicked_in_its_upright_pixels(fake: str, tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    photograph = picture(tmp_path / "turned.jpg", 4000, 3000, exif=turned)
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(photograph)
        await seen.click(0.5, 0.25)
        mask = await inside(seen, await seen.mask())

    (x, y, _) = points(fake)[0]
    assert abs(x - 1500) <= 8 and abs(y - 1000) <= 8
    assert mask.shape == (4000, 3000) and mask[y, x] == 255


async def test_the_mask_is_drawn_where_it_is(fake: str, scene: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        await seen.click(0.5, 0.5)
        mask = await inside(seen, await seen.mask())
        drawn = await seen.page.evaluate(
            """() => {
            const c = document.querySelector('.rung-stage canvas');
            return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 3);
            }"""
        )

    alpha = np.array(drawn).reshape(mask.shape)
    assert ((alpha > 0) == (mask > 127)).all()
    assert len(np.unique(alpha)) == 3, "nothing outside, a fill, and an edge that differs from it"


async def test_a_drag_draws_a_box(fake: str, scene: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        box = await seen.page.locator(".rung-stage").bounding_box()
        await seen.page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
        await seen.page.mouse.down()
        await seen.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.6, steps=4)
        await seen.page.mouse.up()
        await seen.mask(0)

    sent = json.loads(asked(fake)[-1]["box"])
    assert np.abs(np.array(sent) - (120, 80, 300, 240)).max() <= 3


async def test_while_one_click_is_answered_the_last_one_wins(fake: str, scene: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        httpx.post(f"{fake}/fake/hold", timeout=30)
        for x in (0.2, 0.4, 0.6, 0.8):
            await seen.click(x, 0.5)
        await seen.page.wait_for_function("document.querySelectorAll('.rung-point').length === 4")
        await expect(seen.page.locator(".rung-wait")).to_contain_text("Loading sam2-tiny")
        httpx.post(f"{fake}/fake/release", timeout=30)
        shown = await seen.mask(4)
        mask = await inside(seen, shown)

    assert len(asked(fake)) == 2, "the first click, and the last; the two between were never asked"
    assert mask[200, 120] == mask[200, 480] == 255


async def test_an_object_is_removed_compared_downloaded_and_the_result_edited_further(fake: str, scene: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        await seen.click(0.5, 0.5)
        mask = await inside(seen, await seen.mask())
        await seen.page.click("[data-name=remove]")
        after = await inside(seen, await seen.after())
        slider = seen.page.locator(".rung-compare input")
        await slider.fill("80")
        clip = await seen.page.locator(".rung-before").evaluate("e => getComputedStyle(e).clipPath")
        async with seen.page.expect_download() as download:
            await seen.page.click("a[download]")
        name = (await download.value).suggested_filename
        steps = seen.page.locator("[data-name=provenance] tbody tr td:first-child")
        await expect(steps).to_have_text(["segment", "inpaint"])
        await expect(seen.page.locator(".rung-warning")).to_contain_text("as large as a person")
        await seen.page.click("[data-name=continue]")
        await seen.page.wait_for_selector(".rung-stage canvas")
        await seen.click(0.1, 0.1)
        await seen.mask()

    before = np.array(Image.open(scene))
    assert (after[mask == 0] == before[mask == 0]).all() and (after[mask > 0] != before[mask > 0]).any()
    assert "20%" in clip and name == "scene-remove.png"
    assert asked(fake)[0]["image"] != asked(fake)[1]["image"]


async def test_what_cannot_be_done_is_said_in_the_servers_words(fake: str, scene: str, tmp_path: Path) -> None:
    text = tmp_path / "letter.png"
    text.write_text("this is no picture")
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.page.set_input_files(".rung-picker input", str(text))
        error = seen.page.locator(".rung-error")
        await expect(error).to_contain_text("letter.png: file: the content is not PNG, JPEG or WebP")
        await seen.show(scene)
        await expect(error).to_have_count(0)
        httpx.post(f"{fake}/fake/mode?mode=refuse", timeout=30)
        await seen.click(0.5, 0.5)
        await expect(error).to_contain_text("no rung of segment can answer: pull sam2-tiny")
        await expect(seen.page.locator("[data-name=fill-reason]")).to_contain_text('set mode = "mock"')
        await expect(seen.page.locator("button[data-name=fill]")).to_be_disabled()
        await expect(seen.page.locator("button[data-name=remove]")).to_be_disabled()


async def test_a_mock_is_marked_so_that_nobody_overlooks_it(fake: str, scene: str) -> None:
    httpx.post(f"{fake}/fake/mode?mode=mock", timeout=30)
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        await seen.click(0.5, 0.5)
        await seen.mask()
        await seen.page.click("[data-name=remove]")
        await seen.after()

        await expect(seen.page.locator(".rung-mock-badge")).to_have_text("MOCK")
        await expect(seen.page.locator(".rung-banner.rung-mock")).to_be_visible()


async def test_the_language_changes_in_place_and_is_remembered(fake: str, scene: str) -> None:
    async with visit(fake, viewport={"width": 390, "height": 844}) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        await seen.click(0.5, 0.5)
        await seen.mask()
        await seen.page.click("button[lang=ko]")
        await seen.page.get_by_text("지우기", exact=True).wait_for()
        kept = await seen.mask()
        wide = await seen.page.evaluate("document.documentElement.scrollWidth")
        await seen.open("/")
        await seen.page.get_by_text("작업", exact=True).first.wait_for()

        assert kept and wide <= 390
        await expect(seen.page.locator("html")).to_have_attribute("lang", "ko")


@pytest.mark.parametrize(
    "deed", ["new DragEvent('drop', {dataTransfer: d})", "new ClipboardEvent('paste', {clipboardData: d})"]
)
async def test_a_picture_dropped_or_pasted_opens(fake: str, scene: str, deed: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.page.evaluate(
            f"""bytes => {{ const d = new DataTransfer();
            d.items.add(new File([new Uint8Array(bytes)], 'given.png', {{type: 'image/png'}}));
            window.dispatchEvent({deed}); }}""",
            list(Path(scene).read_bytes()),
        )
        await seen.page.wait_for_selector(".rung-stage img")


async def test_the_keyboard_alone_selects_and_takes_back(fake: str, scene: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        await seen.page.focus(".rung-stage")
        await seen.page.keyboard.press("ArrowRight")
        await seen.page.keyboard.press("Enter")
        await seen.mask(1)
        await seen.page.keyboard.press("ArrowDown")
        await seen.page.keyboard.press("Delete")
        await seen.mask(2)
        sent = points(fake)
        await seen.page.keyboard.press("Control+z")
        await seen.mask(1)

    assert sent == [[312, 200, 1], [312, 212, 0]]


async def test_backgrounds_are_a_colour_a_blur_or_a_picture(fake: str, scene: str, tmp_path: Path) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        await seen.click(0.5, 0.5)
        await seen.mask()
        await seen.page.fill("[data-name=colour]", "#336699")
        for kind in ("Colour", "Blur", "Picture"):
            await seen.page.get_by_role("button", name=kind, exact=True).click()
            if kind == "Picture":
                await expect(seen.page.locator("button[data-name=replace]")).to_be_disabled()
                await seen.page.set_input_files(".rung-right input[type=file]", picture(tmp_path / "b.png", 30, 20))
                await seen.page.wait_for_selector(".rung-preview[src]")
            await seen.page.click("button[data-name=replace]:enabled")
            await seen.after()
            await seen.page.click("[data-name=back]")
            await seen.mask()

    colour, blur, image = asked(fake, "replace")
    assert (colour["colour"], blur["blur"]) == ("#336699", "12")
    assert json.loads(image["background"])["file"] != json.loads(image["image"])["file"]


async def test_without_a_selection_the_main_object_is_cut_out(fake: str, scene: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        await seen.page.click("button[data-name=cutout]:enabled")
        await seen.after()

    assert "mask" not in asked(fake, "cutout")[0]


async def test_visitors_do_not_see_each_others_work(fake: str, scene: str) -> None:
    async with visit(fake) as one, visit(fake) as other:
        await one.open("/editor")
        await other.open("/editor")
        await one.show(scene)
        await one.click(0.5, 0.5)
        await one.mask()

        await expect(other.page.locator(".rung-empty")).to_be_visible()
        await expect(other.page.locator(".rung-stage")).to_have_count(0)


async def test_a_fault_of_the_page_itself_is_shown_and_the_page_goes_on(fake: str, scene: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/editor")
        await seen.show(scene)
        httpx.post(f"{fake}/fake/mode?mode=broken", timeout=30)
        await seen.click(0.5, 0.5)
        await expect(seen.page.locator(".rung-error")).to_contain_text("The page itself failed: KeyError")
        httpx.post(f"{fake}/fake/mode?mode=", timeout=30)
        await seen.click(0.6, 0.5)
        await seen.mask(2)


async def test_the_start_page_tells_which_rung_answers_and_why(fake: str) -> None:
    async with visit(fake) as seen:
        await seen.open("/")
        await expect(seen.page.locator("[data-name=models] tbody tr").first).to_contain_text("not loaded")
        tasks = await seen.page.locator("[data-name=tasks] tbody tr").all_inner_texts()
        models = await seen.page.locator("[data-name=models] tbody tr").all_inner_texts()

    assert "sam2-tiny" in tasks[0] and "the highest rung" in tasks[0] and "passed over: 1" in tasks[0]
    assert "switched off" in tasks[-1]
    assert "256 MiB when loaded" in models[0]
