from __future__ import annotations

import numpy as np
import pytest
from fake_call import FakeCall, png, points

from rung.models.caps import warn_of_side
from rung.runtime.tasks import SegmentInput


@pytest.mark.parametrize(("width", "height", "said"), [(512, 300, 0), (513, 300, 1), (300, 2000, 1)])
def test_only_an_input_over_the_cap_is_said_to_be_reduced(width: int, height: int, said: int) -> None:
    call = FakeCall(SegmentInput(picture=png(np.zeros((1, 1, 3), np.uint8)), points=points((0, 0))))

    warn_of_side(call, "the picture", width, height, 512)

    assert len(call.warnings) == said
    assert all(f"{width} x {height}" in warning and "512" in warning for warning in call.warnings)
