"""What a call takes while it runs, as the scheduler is told."""

from rung.models.catalog.compute import COMPUTE
from rung.runtime.engine.needs import working_of
from rung.runtime.spec import Placement
from rung.runtime.tasks import ComputeInput, Picture

PICTURE = Picture(data=b"", key="k", width=9_000, height=7_000, media_type="image/png")


def test_work_that_says_what_it_takes_is_held_to_it_and_other_work_to_its_pixels() -> None:
    place = COMPUTE.places[0]
    compute = Placement(
        variant=COMPUTE, device="cpu", precision="none", threads=1, footprint=place.footprint, reason="fits"
    )

    unsaid = ComputeInput(function="m:f", arguments={"picture": PICTURE})
    said = ComputeInput(function="m:f", arguments={"picture": PICTURE}, working=5)

    assert working_of(compute, unsaid, 63_000_000) == 63_000_000 * 47 + place.footprint.working
    assert working_of(compute, said, 63_000_000) == 5
    assert working_of(compute, PICTURE, 100) == place.footprint.working_at(100)
