"""Which layer of ours an entity of a stranger's file is of."""

import pytest

from rung.lab.sheets.pen import LAYERS
from rung.lab.strokes.entities import layer_of


@pytest.mark.parametrize(
    ("kind", "layer", "linetype", "expected"),
    [
        ("DIMENSION", "0", "CONTINUOUS", "dimension"),
        ("LEADER", "CENTER", "CENTER", "dimension"),
        ("HATCH", "DIM", "CONTINUOUS", "hatch"),
        ("MTEXT", "0", "CONTINUOUS", "text"),
        ("LINE", "0", "CONTINUOUS", "contour"),
        ("LINE", "0", "ACAD_CENTER2", "centre"),
        ("LINE", "0", "HIDDEN", "hidden"),
        ("LINE", "중심선", "CONTINUOUS", "centre"),
        ("LWPOLYLINE", "BORDER", "HIDDEN", "border"),
        ("LINE", "TEXT", "CONTINUOUS", "table"),
    ],
)
def test_the_type_goes_before_the_layers_name_and_that_before_the_line_type(
    kind: str, layer: str, linetype: str, expected: str
) -> None:
    assert layer_of(kind, layer, linetype) == expected and expected in LAYERS
