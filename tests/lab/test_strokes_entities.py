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
        ("LINE", "00 TEX", "CONTINUOUS", "table"),
        ("LINE", "TABLE-1", "HIDDEN", "table"),
        ("LWPOLYLINE", "LEADER", "CONTINUOUS", "dimension"),
        ("CIRCLE", "0_SYM", "CONTINUOUS", "symbol"),
        ("LINE", "ASYMMETRIC", "CONTINUOUS", "contour"),
    ],
)
def test_the_type_goes_before_the_layers_name_and_that_before_the_line_type(
    kind: str, layer: str, linetype: str, expected: str
) -> None:
    assert layer_of(kind, layer, linetype) == expected and expected in LAYERS


def test_a_block_with_letters_is_a_form_unless_its_layer_says_what_it_is() -> None:
    assert layer_of("INSERT", "0", "CONTINUOUS", form=True) == "table"
    assert layer_of("INSERT", "0", "CONTINUOUS") == "contour"
    assert layer_of("INSERT", "BORDER", "CONTINUOUS", form=True) == "border"
