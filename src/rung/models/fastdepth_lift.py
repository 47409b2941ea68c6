"""The rung of reconstruct that has FastDepth's map beside the outline."""

from __future__ import annotations

from rung.models.fastdepth import FastDepthNet
from rung.models.outline_lift import OutlineLift, worth
from rung.runtime.model import Context


class FastDepthLift(OutlineLift):
    """Options: grain, scale, scale_sd (see `lift.Net`)."""

    def load(self, context: Context) -> None:
        """Open the net."""
        self._net = FastDepthNet(context)
        self._worth = worth(context)
