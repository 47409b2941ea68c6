"""A real server with real weights, shared by the editor's tests."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from editor_tools import SAMPLES, Editor, Sample

from rung.runtime.testing.served import served


@pytest.fixture(scope="session")
def editor() -> Iterator[Editor]:
    with served("--no-console") as server, httpx.Client(base_url=server.url, timeout=240) as http:
        yield Editor(http, server)


@pytest.fixture(scope="session")
def sample() -> Sample:
    entry = json.loads(SAMPLES.joinpath("samples.json").read_text())[0]
    return Sample(SAMPLES.joinpath(entry["file"]).read_bytes(), entry["point"], entry["dilate"])


@pytest.fixture(scope="session")
def disc() -> np.ndarray:
    """A red disc of radius 60 at (160, 120) on green, 320 x 240."""
    y, x = np.mgrid[:240, :320]
    pixels = np.full((240, 320, 3), (70, 130, 70), np.uint8)
    pixels[(x - 160) ** 2 + (y - 120) ** 2 <= 60**2] = (220, 40, 40)
    return pixels
