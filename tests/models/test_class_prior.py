"""The class-size rung gives back what the caller knew, in metres, and never calls it a measurement."""

import numpy as np
import pytest
from fake_call import FakeCall, png

from rung.models.class_prior import look_up
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import ReconstructInput

SOFA = ((2000.0, 300.0), (950.0, 80.0), (850.0, 70.0))


def asked(**more: object) -> FakeCall:
    fields = {"label": "sofa", "mask": np.full((4, 4), 255, np.uint8), "mask_box": (0, 0, 4, 4), **more}
    return FakeCall(ReconstructInput(picture=png(np.zeros((8, 8, 3), np.uint8)), **fields))  # type: ignore[arg-type]


def test_the_table_becomes_metres_and_is_labelled_as_no_measurement() -> None:
    call = asked(prior_mm=SOFA)

    output = look_up(call.input, call)  # type: ignore[arg-type]

    sides = (output.extents_m.width, output.extents_m.depth, output.extents_m.height)
    assert [(one.value, one.sd) for one in sides] == [(2.0, 0.3), (0.95, 0.08), (0.85, 0.07)]
    assert output.level == "prior" and not output.metric and output.points is None
    assert "nothing in the picture was measured" in output.notes[0] and not call.warnings


def test_a_class_of_which_nothing_is_known_is_refused_and_a_shape_is_not_promised() -> None:
    with pytest.raises(InvalidInput, match="usual size of 'sofa'"):
        look_up((call := asked()).input, call)  # type: ignore[arg-type]

    call = asked(prior_mm=SOFA, want="gaussians")
    look_up(call.input, call)  # type: ignore[arg-type]
    assert "there is no shape to give" in call.warnings[0]
