"""The rung of reconstruct that needs no net: a box by its outline. Those that have one build on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rung.models.depth_rung import DepthNet, unless_it_fails
from rung.models.focal import focal_of
from rung.models.geometry import ply, preview
from rung.models.geometry.room import seen_frame
from rung.models.lift import Lifted, Net, Scene, lifted
from rung.models.lines import SIDE, lines
from rung.models.pictures import decode
from rung.runtime.errors import RungError
from rung.runtime.model import Call, Context, Error, Outcome, Result
from rung.runtime.tasks import Pixels, ReconstructInput, ReconstructOutput

WORKING: Final = 2 * SIDE
"""Longer side at which the picture is read for its lines and colours; masks keep their own size."""


class OutlineLift:
    """No net: the outline, the room's lines, and how high cameras are held."""

    _net: DepthNet | None = None
    _worth: Net | None = None

    def load(self, context: Context) -> None:
        """Nothing to load."""

    def run(self, calls: Sequence[Call[ReconstructInput]]) -> Iterator[tuple[int, Outcome]]:
        """A box per call; lines and depth are kept per picture."""
        for index, call in enumerate(calls):
            try:
                yield index, Result(self._answer(call))
            except RungError as error:
                yield index, Error(error)

    def _answer(self, call: Call[ReconstructInput]) -> ReconstructOutput:
        call.check()
        asked = call.input
        pixels, scene = self._scene(call)
        call.check()
        return output(call, lifted(asked, scene, pixels))

    def _scene(self, call: Call[ReconstructInput]) -> tuple[Pixels, Scene]:
        """What the picture shows of its room: made once for all its things."""
        picture, focal = call.input.picture, focal_of(call.input.picture, call.input.focal_px)
        key, net = f"{picture.key}:{focal.px:.2f}", self._net
        pixels = call.memo(f"picture:{picture.key}:{WORKING}", lambda: decode(picture, max_side=WORKING))
        map = None
        if net is not None:
            (map,) = call.memo(f"depth:{key}", lambda: (unless_it_fails(lambda: net.map(picture, focal)),))
        known = focal if map is None else map.focal  # some nets estimate it themselves
        (frame,) = call.memo(
            f"frame:{key}",
            lambda: (seen_frame(lines(pixels, picture.width, picture.height), known, picture.width, picture.height),),
        )
        focal = known if frame is None else frame.focal
        return pixels, Scene(
            width=picture.width, height=picture.height, focal=focal, frame=frame, map=map, net=self._worth
        )


def worth(context: Context) -> Net:
    """How good the net is, by the variant's options."""
    told = context.options
    return Net(grain=float(told["grain"]), scale=float(told["scale"]), scale_sd=float(told["scale_sd"]))


def output(call: Call[ReconstructInput], found: Lifted) -> ReconstructOutput:
    """The answer, with the files that were asked for."""
    asked = call.input
    if asked.want in ("gaussians", "mesh"):
        call.warn(f"{call.variant} has points only, not {asked.want}: the file holds the points that are seen")
    if asked.in_place:
        call.warn(f"{call.variant} puts nothing in place: the points are about the thing's own foot")
    shown = {"none": None, "png": preview.png, "gif": preview.gif}[asked.preview]
    with_points = asked.want != "dimensions"
    return ReconstructOutput(
        level="depth",
        metric=True,
        extents_m=found.extents,
        completed=found.completed,
        points=found.cloud.points if with_points else None,
        colours=found.cloud.colours if with_points else None,
        ply=ply.write_points(found.cloud) if with_points else None,
        preview=shown(found.cloud) if shown else None,
        focal_px=found.focal.px,
        focal_source=found.focal.source,
        notes=found.notes,
    )
