"""The rung of `predict-tolerance` that simulates: skin model shapes, measured by their minimum zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rung.models.skin.simulation import assumptions, grid_of, quantiles, unsure, zones_of
from rung.runtime.errors import RungError
from rung.runtime.model import Call, Context, Error, Outcome, Result
from rung.runtime.tasks import ToleranceInput, ToleranceOutput, check_tolerance


class SkinModel:
    """No weights. Without a seed every call draws the same surfaces."""

    def load(self, context: Context) -> None:
        """Nothing to load."""

    def run(self, calls: Sequence[Call[ToleranceInput]]) -> Iterator[tuple[int, Outcome]]:
        """One simulation per call; it can be cancelled between portions of surfaces."""
        for index, call in enumerate(calls):
            try:
                yield index, Result(simulated(call))
            except RungError as error:
                yield index, Error(error)


def simulated(call: Call[ToleranceInput]) -> ToleranceOutput:
    """The answer of a simulation. Raises InvalidInput where the surface is none that it can draw."""
    asked = call.input
    check_tolerance(asked)
    if grid_of(asked).coarse:
        call.warn(
            f"the grid has two points per correlation length of {asked.correlation_mm:g} mm, not four: so large a"
            " surface is measured up to 6 % of sigma too smooth"
        )
    widths = zones_of(asked, call.seed or 0, call.check)
    largest = max(widths.values(), key=lambda one: float(one.mean()))
    return ToleranceOutput(
        zones={name: quantiles(found) for name, found in widths.items()},
        how="simulation",
        samples=asked.samples,
        assumptions=(*assumptions(asked), unsure(largest)),
    )
