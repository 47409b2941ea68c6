"""A caller that answers `predict-tolerance` by the real simulation, in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rung.models.skin.simulation import assumptions, quantiles, zones_of
from rung.runtime.caller import Ask
from rung.runtime.spec import Answer, Cost, Provenance
from rung.runtime.tasks import ToleranceInput, ToleranceOutput


@dataclass
class Simulated:
    """asked: what came."""

    asked: list[ToleranceInput] = field(default_factory=list)

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        assert task == "predict-tolerance"
        self.asked.append(input)
        zones = {name: quantiles(widths) for name, widths in zones_of(input, 0).items()}
        output = ToleranceOutput(zones=zones, how="simulation", samples=input.samples, assumptions=assumptions(input))
        return Answer(output=output, provenance=PROVENANCE)


PROVENANCE = Provenance(
    task="predict-tolerance", variant="skin-monte-carlo", kind="real", node="local", device="cpu", precision="none",
    seed=None, queue_s=0, load_s=0, run_s=0, peak_bytes=None, cost=Cost(), degraded_from=None, reason="",
)  # fmt: skip
