"""What the catalogue promises of SAM 3D Objects, which nothing here can run."""

from dataclasses import replace

import pytest

from rung.apps.furniture.schema import Shaping
from rung.models.catalog.reconstruct import SAM_3D_OBJECTS, SAM_3D_SHAPE
from rung.runtime.engine.loads import load_limit_s
from rung.runtime.spec import Placement, Variant
from rung.runtime.tasks import ReconstructInput

BOTH = pytest.mark.parametrize("variant", [SAM_3D_OBJECTS, SAM_3D_SHAPE], ids=lambda one: one.name)
DEAR = ("mesh_cleanup", "texture", "layout", "vertex_colour")


@BOTH
def test_its_libraries_are_tamed_its_steps_measured_its_weights_gated_and_nothing_dear_is_on(variant: Variant) -> None:
    assert variant.env["SPCONV_ALGO_TIME_LIMIT"] == "100" and variant.env["SPCONV_TUNE_DEVICE"] == "0"
    assert (variant.options["steps"], variant.options["detail_steps"]) == (15, 8)
    assert variant.options["compile"] is False and variant.warmup == 0
    assert variant.licence is not None and variant.licence.gated
    (file,) = variant.weights
    assert file.licence.gated and not file.pulled and not file.sources
    fields = ReconstructInput.__dataclass_fields__
    assert all(fields[name].default is False for name in DEAR) and fields["preview"].default == "none"
    shaping = Shaping()
    assert not any(getattr(shaping, name) for name in DEAR) and shaping.preview == "none"
    assert shaping.max_image_size is fields["max_image_size"].default is None


@BOTH
def test_a_load_that_compiles_for_ten_minutes_and_more_is_not_ended(variant: Variant) -> None:
    (place,) = variant.places
    plain = Placement(
        variant=variant,
        device="cuda:0",
        precision=place.precision,
        threads=1,
        footprint=place.footprint,
        options=variant.options,
    )

    assert load_limit_s([plain]) < 600
    assert load_limit_s([replace(plain, options={**variant.options, "compile": True})]) > 2 * 600 + 100
