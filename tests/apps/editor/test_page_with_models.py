"""The editor's page in a real browser on a real server with real weights."""

import io
import json

import numpy as np
import pytest
from browser_tools import Visit, visit
from editor_tools import SAMPLES
from PIL import Image

from rung.runtime.testing.served import served

pytestmark = [pytest.mark.browser, pytest.mark.weights]
ENTRY = json.loads(SAMPLES.joinpath("samples.json").read_text(encoding="utf-8"))[0]
PATIENCE_S = 240


async def picture(seen: Visit, path: str, mode: str) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(await seen.fetch(path))).convert(mode)).astype(int)


async def test_a_visitor_clicks_a_real_object_and_removes_it() -> None:
    width, height = Image.open(io.BytesIO(SAMPLES.joinpath(ENTRY["file"]).read_bytes())).size
    x, y = ENTRY["point"][:2]
    with served() as server:
        async with visit(server.url, patience_s=PATIENCE_S) as seen:
            # 1. open the sample and click the object
            await seen.open("/editor")
            await seen.page.click(".rung-sample >> nth=0")
            await seen.page.wait_for_function("document.querySelector('.rung-stage img')?.complete")
            await seen.click((x + 0.5) / width, (y + 0.5) / height)
            mask = await picture(seen, await seen.mask(), "L")
            # 2. remove it
            await seen.page.click("[data-name=remove]")
            after = await picture(seen, await seen.after(), "RGB")
            before = await picture(seen, str(await seen.page.locator(".rung-before").get_attribute("src")), "RGB")
            rows = await seen.page.locator("[data-name=provenance] tbody tr").all_inner_texts()

    assert mask.shape == (height, width) and mask[y, x] == 255
    assert 0.002 < (mask > 127).mean() < 0.5
    changed = (after != before).any(axis=2)
    assert changed[mask > 127].mean() > 0.5, "the object is still there"
    assert not changed[~near(mask > 127)].any(), "something changed beyond the object's surroundings"
    assert {"segment", "inpaint"} <= {row.split()[0] for row in rows}
    assert not any("mock" in row for row in rows)


def near(mask: np.ndarray) -> np.ndarray:
    """The box around the mask, grown by the automatic dilation (0.8 % of the longer side, at least 3) and a pixel."""
    ys, xs = mask.any(1).nonzero()[0], mask.any(0).nonzero()[0]
    grown = max(3, round(0.008 * max(mask.shape))) + 1
    box = np.zeros_like(mask)
    box[max(0, ys[0] - grown) : ys[-1] + grown + 1, max(0, xs[0] - grown) : xs[-1] + grown + 1] = True
    return box
