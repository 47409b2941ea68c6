"""The last rung of reconstruct: how large things of a class usually are. It looks at no pixel, and says so."""

from __future__ import annotations

from rung.runtime.errors import InvalidInput
from rung.runtime.model import Call
from rung.runtime.tasks import Extents, ReconstructInput, ReconstructOutput, Spread


def look_up(input: ReconstructInput, call: Call[ReconstructInput]) -> ReconstructOutput:
    """The caller's own figures for the class, as metres. Raises InvalidInput where it gave none."""
    if input.prior_mm is None:
        raise InvalidInput(
            f"nothing is known of the usual size of {input.label!r}, and no rung that measures answered: give prior_mm,"
            " or install a rung that measures (rung plan --task reconstruct)",
            field="prior_mm",
        )
    if input.want != "dimensions" or input.preview != "none":
        call.warn(f"only the usual size of {input.label!r} is known: there is no shape to give")
    width, depth, height = (Spread(value=mean / 1000, sd=sd / 1000) for mean, sd in input.prior_mm)
    return ReconstructOutput(
        level="prior",
        metric=False,
        extents_m=Extents(width=width, depth=depth, height=height),
        notes=(f"the usual size of {input.label!r}; nothing in the picture was measured",),
    )
