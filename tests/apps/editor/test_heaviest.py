from __future__ import annotations

import io

import pytest
from PIL import Image

from rung.apps.editor.app import APP
from rung.models.compute import _function


@pytest.mark.parametrize("pixels", [20_000, 90_000])
def test_the_editors_hungriest_work_runs_and_is_of_the_size_that_is_asked_for(pixels: int) -> None:
    maker = _function(APP.heaviest)
    asked = maker("compute", pixels)

    with Image.open(io.BytesIO(_function(asked.function)(**asked.arguments))) as image:
        assert (image.format, image.mode) == ("WEBP", "RGBA"), "transparency is what costs most"
        assert image.width * image.height == pytest.approx(pixels, rel=0.02)
