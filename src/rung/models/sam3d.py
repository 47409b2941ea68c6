"""SAM 3D Objects by its authors' package: a thing made whole from one picture and a mask.

It runs under an interpreter that has `sam3d_objects` with all it wants (CUDA, kaolin, pytorch3d, gsplat, spconv), with
the user's own gated download: the file `pipeline.yaml`, beside which its checkpoints lie. The option `moge`, the path
of a `model.pt` of MoGe-2, makes the answer metric: published, its point map is MoGe-1's, which has no metres.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.depth_rung import unless_it_fails
from rung.models.focal import focal_of
from rung.models.geometry import ply, preview
from rung.models.geometry.camera import Focal, flat, points
from rung.models.geometry.cloud import Cloud, Floats
from rung.models.moge import MogeNet
from rung.models.pictures import decode
from rung.models.sam3d_pose import placed_cloud, placed_gaussians, pose_of
from rung.models.sam3d_shapes import Shape, map_of_eye, shape_of
from rung.runtime.errors import InvalidInput, LoadFailed, RungError
from rung.runtime.model import Call, Context, Error, Outcome, Progress, Result
from rung.runtime.sections import section
from rung.runtime.tasks import Extents, Picture, ReconstructInput, ReconstructOutput, Spread

ALLOWED: Final = ("sam3d_objects.", "moge.", "torch.", "torchvision.", "rung.models.sam3d_stages.")
"""What a configuration may construct: it names classes and functions, and they are called."""

FEWEST: Final = 100
"""Pixels of a mask; below, the published preprocessing fails."""
LEAST: Final = 0.5
"""Share of the mask of which the point map must say something."""
SHAPE_SD: Final = 0.06
"""Of the logarithm of each side: the replaced system saw 3 to 6 % from seed to seed."""
SCALE_SD: Final = 0.08
"""Of the logarithm of the scale that MoGe-2 gives, as in the lift's catalogue entry."""
STEPS: Final = 15
DETAIL_STEPS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a thing is made on. rgba: u8 [H, W, 4], the mask as alpha; map: f32 [H, W, 3], in the pipeline's axes;
    metric: whether it is in metres; seen: False where it only stands in for one."""

    rgba: NDArray[np.uint8]
    map: Floats
    metric: bool
    focal: Focal
    seen: bool = True
    notes: tuple[str, ...] = ()


class Sam3d:
    """Options: `steps`, `detail_steps` (where a call names none), `stages` (1: the shape only, with a third of the
    memory), `compile` (its rehearsal is part of the load: minutes), `moge` (a path)."""

    def load(self, context: Context) -> None:
        """Construct the pipeline. LoadFailed without CUDA, without the package, or for a configuration that names
        anything but its own classes."""
        if not context.device.startswith("cuda"):
            raise LoadFailed(f"{context.variant} runs on CUDA only: its sparse convolutions have no other form.")
        config = context.weight("pipeline.yaml")
        options = context.options
        self._whole = int(options.get("stages", 2)) > 1
        self._steps = int(options.get("steps", STEPS))
        self._detail_steps = int(options.get("detail_steps", DETAIL_STEPS))
        metric = str(options.get("moge", ""))
        self._moge = MogeNet(context, Path(metric)) if metric else None
        self._pipeline = _pipeline(config, context, whole=self._whole, own_map=self._moge is None)
        if options.get("compile"):
            self._rehearse()

    def run(self, calls: Sequence[Call[ReconstructInput]]) -> Iterator[tuple[int, Outcome]]:
        """One thing after the other: the seed is torch's own, for the whole process."""
        for index, call in enumerate(calls):
            try:
                yield index, Progress(0.0, "point map")
                ground = self._ground(call)
                call.check()
                yield index, Progress(0.2, "shape")
                made = self._pipeline.run(ground.rgba, None, **self._arguments(call, ground))
                call.check()
                yield index, Result(_output(call, shape_of(made), ground, made))
            except RungError as error:
                yield index, Error(error)

    def _ground(self, call: Call[ReconstructInput]) -> Ground:
        asked = call.input
        pixels = decode(asked.picture, max_side=asked.max_image_size)
        alpha = _alpha(asked, pixels.shape[:2])
        h, w = alpha.shape
        if (shown := int((alpha > 0).sum())) < FEWEST:
            raise InvalidInput(f"the mask has {shown} pixels at {w} x {h}; {call.variant} needs {FEWEST}", field="mask")
        rgba = np.concatenate([pixels, alpha[..., None]], axis=-1)
        key = f"pointmap:{asked.picture.key}:{asked.focal_px}:{w}"
        (seen,) = call.memo(key, lambda: (unless_it_fails(lambda: self._map(asked.picture, asked.focal_px, pixels)),))
        if seen is None:
            return _even(rgba, "picture")
        found, metric, focal = seen
        if np.isfinite(found[alpha > 0]).all(axis=-1).mean() < LEAST:
            return _even(rgba, "thing")
        notes = () if metric else ("the point map has no metres: sizes are right up to one factor",)
        return Ground(rgba=rgba, map=found, metric=metric, focal=focal, notes=notes)

    def _map(self, picture: Picture, given: float | None, pixels: NDArray[np.uint8]) -> tuple[Floats, bool, Focal]:
        """(f32 [H, W, 3] in the pipeline's axes, whether in metres, focal length), for all things of the picture."""
        focal, (h, w) = focal_of(picture, given), pixels.shape[:2]
        if self._moge is None:
            opaque = np.concatenate([pixels, np.full((h, w, 1), 255, np.uint8)], axis=-1)
            return self._pipeline.whole_map(opaque).float().cpu().numpy(), False, focal
        seen = self._moge.map(picture, focal)
        where = points(seen, picture.width, picture.height)
        where[~seen.valid] = np.nan
        large = cv2.resize(where, (w, h), interpolation=cv2.INTER_NEAREST)
        return map_of_eye(large), seen.metric, seen.focal

    def _arguments(self, call: Call[ReconstructInput], ground: Ground) -> dict[str, Any]:
        """What the published `run` is told; everything dear is off unless it was asked for."""
        asked = call.input
        wanted = asked.want in ("gaussians", "mesh")
        whole = self._whole and wanted
        if wanted and not whole:
            call.warn(f"{call.variant} has the shape only, not {asked.want}: the file holds its voxels as points")
        return {
            **_plain(ground.map, whole, asked.steps or self._steps, asked.detail_steps or self._detail_steps),
            "seed": 42 if call.seed is None else call.seed,
            "with_mesh_postprocess": asked.mesh_cleanup,
            "with_texture_baking": asked.texture,
            "with_layout_postprocess": asked.layout,
            "use_vertex_color": asked.vertex_colour,
            "decode_formats": ["gaussian", "mesh"] if asked.want == "mesh" else ["gaussian"],
        }

    def _rehearse(self) -> None:
        """One object through all stages that are here, so that what compiles does so now. A ball: of noise the first
        stage may make nothing, and the second fails on nothing."""
        ground = _even(_ball(512), "rehearsal")
        self._pipeline.run(ground.rgba, None, **_plain(ground.map, self._whole, self._steps, self._detail_steps))


def _plain(map: Floats, whole: bool, steps: int, detail_steps: int) -> dict[str, Any]:
    """What the published `run` is told where nothing dear is wanted."""
    return {
        "seed": 0,
        "stage1_only": not whole,
        "with_mesh_postprocess": False,
        "with_texture_baking": False,
        "with_layout_postprocess": False,
        "use_vertex_color": False,
        "stage1_inference_steps": steps,
        "stage2_inference_steps": detail_steps,
        "decode_formats": ["gaussian"],
        "pointmap": _torch().from_numpy(np.ascontiguousarray(map)),
    }


def _ball(side: int) -> NDArray[np.uint8]:
    """u8 [side, side, 4]: lit from the left above, half as wide as the picture, on grey; its mask as alpha."""
    y, x = (np.mgrid[:side, :side] + 0.5) * 4 / side - 2
    z = np.sqrt(np.clip(1 - x * x - y * y, 0, None))
    light = np.where(z > 0, 60 + 180 * np.clip((z - x - y) / np.sqrt(3), 0, 1), 128)
    return np.dstack([light, light, light, np.where(z > 0, 255, 0)]).astype(np.uint8)


def _even(rgba: NDArray[np.uint8], what: str) -> Ground:
    """The ground where the depth net failed on that: all at a distance of 1, and no metres taken from it."""
    h, w = rgba.shape[:2]
    level = flat(w, h, side=max(w, h))
    note = f"the depth net failed on this {what}: its size is right up to one factor only"
    return Ground(
        rgba=rgba, map=map_of_eye(points(level, w, h)), metric=False, focal=level.focal, seen=False, notes=(note,)
    )


def _torch() -> Any:
    import torch

    return torch


def _pipeline(config: Path, context: Context, *, whole: bool, own_map: bool) -> Any:
    try:
        from hydra.utils import instantiate
        from omegaconf import OmegaConf

        # Under this interpreter only; importing it is what tells that the package is here.
        import rung.models.sam3d_stages  # noqa: F401
    except ImportError as error:
        raise LoadFailed(
            f"{context.variant} needs its authors' package ({error}): install facebookresearch/sam-3d-objects in an"
            f' interpreter of its own: {section(context.variant)} options = {{ python = "/its/bin/python" }}'
        ) from error
    settings = OmegaConf.load(str(config))
    settings["_target_"] = f"rung.models.sam3d_stages.{'Whole' if whole else 'ShapeOnly'}"
    settings["rendering_engine"] = "pytorch3d"  # as its authors' own entry point sets it: nvdiffrast is not free
    settings["compile_model"] = bool(context.options.get("compile"))
    settings["workspace_dir"] = str(config.parent)
    if not own_map:
        settings["depth_model"] = None
    check_targets(settings, config)
    # Its sparse convolutions have been seen to leave another default behind, with which half of it fails.
    _torch().set_default_dtype(_torch().float32)
    return instantiate(settings)


def check_targets(settings: Any, config: Path) -> None:
    """LoadFailed for a `_target_` outside ALLOWED, at any depth."""
    if hasattr(settings, "items"):
        target = settings.get("_target_", "")
        if target and not str(target).startswith(ALLOWED):
            raise LoadFailed(f"{config} would call {target!r}; it may only call what begins with {', '.join(ALLOWED)}")
        for value in settings.values():
            check_targets(value, config)
    elif not isinstance(settings, str) and hasattr(settings, "__iter__"):
        for value in settings:
            check_targets(value, config)


def _alpha(asked: ReconstructInput, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """u8 [H, W], 0 or 255, of the picture as it was decoded."""
    whole = np.zeros((asked.picture.height, asked.picture.width), np.uint8)
    x0, y0, x1, y1 = asked.mask_box
    whole[y0:y1, x0:x1] = np.where(asked.mask > 0, 255, 0)
    if whole.shape == shape:
        return whole
    alpha: NDArray[np.uint8] = cv2.resize(whole, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return alpha


IN_PLACE: Final = "in place: its points are in the camera's axes (x right, y up, z backward), as all of its picture"
NOT_IN_PLACE: Final = "nothing says where it stands: its points are about its own middle, not in place"


def _standing(asked: ReconstructInput, shape: Shape, ground: Ground, made: Any) -> tuple[Cloud, bytes, tuple[str, ...]]:
    """The points, their PLY, and what to say: about its own middle, or where the picture shows it."""
    cloud, gaussians = shape.cloud, shape.gaussians
    said: tuple[str, ...] = ()
    if asked.in_place and not ground.seen:
        said = (NOT_IN_PLACE,)
    elif asked.in_place:
        pose, said = pose_of(made), (IN_PLACE,)
        cloud = placed_cloud(cloud, pose)
        gaussians = None if gaussians is None else placed_gaussians(gaussians, pose)
    return cloud, ply.write_points(cloud) if gaussians is None else ply.write_gaussians(gaussians), said


def _output(call: Call[ReconstructInput], shape: Shape, ground: Ground, made: Any) -> ReconstructOutput:
    asked, mesh = call.input, made.get("glb")
    sd = float(np.hypot(SHAPE_SD, np.hypot(SCALE_SD, ground.focal.doubt))) if ground.metric else SHAPE_SD
    width, depth, height = (Spread(value=side, sd=side * sd) for side in shape.sides)
    with_points = asked.want != "dimensions"
    cloud, file, said = _standing(asked, shape, ground, made) if with_points else (None, None, ())
    shown = {"none": None, "png": preview.png, "gif": preview.gif}[asked.preview]
    return ReconstructOutput(
        level="generative",
        metric=ground.metric,
        extents_m=Extents(width=width, depth=depth, height=height),
        points=None if cloud is None else cloud.points,
        colours=None if cloud is None else cloud.colours,
        filled_m3=shape.filled,
        ply=file,
        mesh=None if mesh is None else bytes(mesh.export(file_type="glb")),
        preview=shown(shape.cloud) if shown else None,
        focal_px=ground.focal.px,
        focal_source=ground.focal.source,
        notes=(*ground.notes, *said),
    )
