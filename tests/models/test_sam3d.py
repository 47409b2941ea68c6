"""SAM 3D Objects' loader against a stand-in for its authors' package, written after their published source: which
stages it constructs, what it is told, and what is made of its answer. The real one was never run here (it wants CUDA
and gated weights)."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_call import FakeCall, png

from rung.models import sam3d
from rung.models.geometry import ply
from rung.models.geometry.camera import Focal, checked
from rung.models.geometry.cloud import Gaussians
from rung.models.sam3d_pose import Pose, placed_gaussians, placed_points
from rung.models.sam3d_shapes import TURN, UPRIGHT, turned, voxel_volume
from rung.runtime.errors import InvalidInput, LoadFailed, OutOfMemory
from rung.runtime.model import Context, Error, Progress, Result
from rung.runtime.tasks import ReconstructInput, ReconstructOutput

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

SIDE = 64
FILES = ("slat_generator", "slat_decoder_gs", "slat_decoder_gs_4", "slat_decoder_mesh", "ss_generator", "ss_decoder")


class Published:
    """The published pipeline as far as the loader leans on it: what it constructs at its start, and `run`."""

    def __init__(self, depth_model: Any = None, **told: Any) -> None:
        self.depth_model, self.told, self.clip_pointmap_beyond_scale = depth_model, told, 3.0
        self.calls: list[dict[str, Any]] = []
        models = {
            "ss_generator": self.init_ss_generator("c", "w"),
            "slat_generator": self.init_slat_generator("c", "w"),
            "slat_decoder_gs": self.init_slat_decoder_gs("c", "w"),
            "slat_decoder_gs_4": self.init_slat_decoder_gs("c", "w"),
            "slat_decoder_mesh": self.init_slat_decoder_mesh("c", "w"),
            "slat_embedder": self.init_slat_condition_embedder("c", "w"),
        }
        self.override_slat_generator_cfg_config(models["slat_generator"], cfg_strength=5)
        self.models = {name for name, model in models.items() if model is not None}
        if told.get("compile_model"):
            self._warmup()

    def _made(self, *_: Any) -> object:
        return SimpleNamespace(inference_steps=0)

    init_ss_generator = init_slat_generator = init_slat_decoder_gs = _made
    init_slat_decoder_mesh = init_slat_condition_embedder = _made

    def override_slat_generator_cfg_config(self, generator: Any, cfg_strength: int) -> None:
        generator.inference_steps = cfg_strength

    def _warmup(self, num_warmup_iters: int = 3) -> None:
        raise AttributeError("run_layout_model")

    def compute_pointmap(self, rgba: np.ndarray) -> dict[str, Any]:
        assert self.clip_pointmap_beyond_scale is None and (rgba[..., 3] == 255).all()
        self.calls.append({"map": rgba.shape})
        if isinstance(self.depth_model, str):
            raise {"broken": RuntimeError, "short": torch.OutOfMemoryError}[self.depth_model]("within MoGe")
        return {"pointmap": torch.full((3, *rgba.shape[:2]), self.depth_model)}

    def run(self, image: np.ndarray, mask: None, **told: Any) -> dict[str, Any]:
        self.calls.append({"image": image, **told})
        block = np.argwhere(np.ones((32, 16, 48), bool)) + 4  # 0.5 wide, 0.25 deep, 0.75 high in the cube
        coords = torch.from_numpy(np.hstack([np.zeros((len(block), 1), int), block]))
        made: dict[str, Any] = {
            "scale": torch.full((1, 3), 2.0 * 1.25),
            "downsample_factor": 1.25,
            "rotation": torch.tensor([[0.5**0.5, 0.5**0.5, 0, 0]]) * 2,
            "translation": torch.tensor([[0.5, -0.25, 4.0]]),
            "coords": torch.cat([coords[:, :1], (coords[:, 1:] - 4) * 4 // 5], dim=1),
            "coords_original": coords,
        }
        if not told["stage1_only"]:
            made["gaussian"] = [splat((0.5, 0.25, 0.75))]
            made["glb"] = SimpleNamespace(export=lambda file_type: f"{file_type}!".encode())
        return made


def splat(sides: tuple[float, float, float]) -> SimpleNamespace:
    """The published class `Gaussian`: the surface of a block."""
    rng = np.random.default_rng(1)
    points = (rng.random((20_000, 3)) - 0.5) * sides
    face = rng.integers(0, 3, 20_000)
    points[np.arange(20_000), face] = rng.choice([-0.5, 0.5], 20_000) * np.array(sides)[face]
    count = len(points)
    turns = torch.zeros(count, 4)
    turns[:, 0] = 1
    return SimpleNamespace(
        get_xyz=torch.from_numpy(points),
        get_opacity=torch.full((count, 1), 0.9),
        get_scaling=torch.full((count, 3), 0.004),
        get_rotation=turns,
        _features_dc=torch.zeros(count, 1, 3),
    )


def matrix(w: float, x: float, y: float, z: float) -> np.ndarray:
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("hydra", "hydra.utils", "omegaconf", "sam3d_objects", "sam3d_objects.pipeline")
    made = {name: ModuleType(name) for name in (*names, "sam3d_objects.pipeline.inference_pipeline_pointmap")}
    made["sam3d_objects.pipeline.inference_pipeline_pointmap"].InferencePipelinePointMap = Published  # type: ignore[attr-defined]
    made["omegaconf"].OmegaConf = SimpleNamespace(load=lambda path: json.loads(Path(path).read_text()))  # type: ignore[attr-defined]
    made["hydra.utils"].instantiate = instantiate  # type: ignore[attr-defined]
    for name, module in made.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "rung.models.sam3d_stages", raising=False)


def instantiate(config: dict[str, Any]) -> Any:
    module, _, name = config["_target_"].rpartition(".")
    return getattr(importlib.import_module(module), name)(**{k: v for k, v in config.items() if k != "_target_"})


def loaded(folder: Path, depth_model: Any = 2.0, device: str = "cuda:0", **options: Any) -> sam3d.Sam3d:
    published = "sam3d_objects.pipeline.inference_pipeline_pointmap.InferencePipelinePointMap"
    (folder / "pipeline.yaml").write_text(json.dumps({"_target_": published, "depth_model": depth_model}))
    weights = {"sam-3d-objects/pipeline.yaml": folder / "pipeline.yaml"}
    model = sam3d.Sam3d()
    model.load(
        Context(
            variant="sam-3d-objects",
            task="reconstruct",
            device=device,
            precision="bf16",
            threads=1,
            weights=weights,
            options=options,
        )
    )
    return model


def asked(**more: Any) -> FakeCall:
    mask = np.full((20, 10), 255, np.uint8)
    fields = {"label": "chair", "mask": mask, "mask_box": (30, 20, 40, 40), **more}
    call = FakeCall(ReconstructInput(picture=png(np.full((SIDE, 80, 3), 7, np.uint8)), **fields))  # type: ignore[arg-type]
    call.variant = "sam-3d-objects"  # type: ignore[attr-defined]
    return call


def answer(model: sam3d.Sam3d, call: FakeCall) -> ReconstructOutput:
    *before, (_, last) = model.run([call])  # type: ignore[list-item]
    if isinstance(last, Error):
        raise last.error
    assert isinstance(last, Result) and all(isinstance(one, Progress) for _, one in before)
    return last.output


def sides(output: ReconstructOutput) -> list[float]:
    return [one.value for one in (output.extents_m.width, output.extents_m.depth, output.extents_m.height)]


def test_for_dimensions_the_first_stage_runs_with_the_steps_of_the_catalogue(package: None, tmp_path: Path) -> None:
    model = loaded(tmp_path, steps=15, detail_steps=8)

    output = answer(model, asked())

    told = model._pipeline.calls[-1]
    assert told["stage1_only"] and told["stage1_inference_steps"] == 15 and told["seed"] == 42
    assert not any(told[dear] for dear in ("with_mesh_postprocess", "with_texture_baking", "with_layout_postprocess"))
    assert (told["image"][20:40, 30:40, 3] == 255).all() and told["image"][..., 3].sum() == 200 * 255
    # The thinned grid is four fifths as fine, its scale five fourths as large: the block is 2 times the cube's.
    assert sides(output) == pytest.approx([1.0, 0.5, 1.5], rel=0.08)
    assert output.level == "generative" and not output.metric and "no metres" in output.notes[0]
    assert output.filled_m3 == pytest.approx(1.0 * 0.5 * 1.5, rel=0.15) and output.points is None


def test_the_shape_alone_leaves_the_second_stage_out_of_memory(package: None, tmp_path: Path) -> None:
    whole, shape = loaded(tmp_path, stages=2), loaded(tmp_path, stages=1)

    assert len(whole._pipeline.models) == 6 and shape._pipeline.models == {"ss_generator"}
    call = asked(want="gaussians")
    output = answer(shape, call)
    assert shape._pipeline.calls[-1]["stage1_only"] and "shape only" in call.warnings[0]
    assert output.ply is not None and len(ply.read_points(output.ply).points) == len(output.points)  # type: ignore[arg-type]


def test_a_splat_is_upright_in_metres_with_its_file(package: None, tmp_path: Path) -> None:
    model = loaded(tmp_path)

    output = answer(model, asked(want="gaussians", preview="png", steps=20, detail_steps=5))

    told = model._pipeline.calls[-1]
    assert (told["stage1_inference_steps"], told["stage2_inference_steps"]) == (20, 5)
    assert told["decode_formats"] == ["gaussian"] and not told["stage1_only"]
    assert sides(output) == pytest.approx([1.25, 0.625, 1.875], rel=0.02)
    assert output.ply is not None and output.preview is not None
    back = ply.read_gaussians(output.ply)
    assert np.ptp(back.points, axis=0) == pytest.approx([1.25, 1.875, 0.625], rel=0.01)  # y is up
    assert np.median(back.sizes) == pytest.approx(0.004 * 2.5, rel=0.01)
    assert output.filled_m3 == pytest.approx(1.25 * 0.625 * 1.875, rel=0.05)


def test_a_mesh_is_decoded_and_finished_only_as_far_as_was_asked(package: None, tmp_path: Path) -> None:
    model = loaded(tmp_path)

    output = answer(model, asked(want="mesh", texture=True, vertex_colour=True))

    told = model._pipeline.calls[-1]
    assert told["decode_formats"] == ["gaussian", "mesh"] and output.mesh == b"glb!"
    assert told["with_texture_baking"] and told["use_vertex_color"] and not told["with_mesh_postprocess"]


@pytest.mark.parametrize("stages", [1, 2])
def test_in_place_a_thing_stands_before_the_camera_where_its_pose_says(
    package: None, tmp_path: Path, stages: int
) -> None:
    """The quarter about x takes rows of the cube, upright along z, to the map's axes as our viewer's turn does; what
    the map has on the left and ahead lies at -x and -z before the eye."""
    model = loaded(tmp_path, stages=stages)

    output, own = answer(model, asked(want="gaussians", in_place=True)), answer(model, asked(want="gaussians"))

    assert output.points == pytest.approx(own.points + np.float32([-0.5, -0.25, -4.0]), abs=1e-5)  # type: ignore[operator]
    assert output.ply is not None and own.ply is not None
    there, here = ply.read_points(output.ply).points, ply.read_points(own.ply).points
    assert there == pytest.approx(here + np.float32([-0.5, -0.25, -4.0]), abs=1e-5)
    assert "camera's axes" in output.notes[-1] and output.extents_m == own.extents_m
    assert not any("in place" in note for note in own.notes)


def test_on_a_flat_map_nothing_is_in_place_and_it_is_said(package: None, tmp_path: Path) -> None:
    model = loaded(tmp_path, depth_model="broken")

    output = answer(model, asked(want="gaussians", in_place=True))

    assert "not in place" in output.notes[-1]
    assert np.abs(output.points.min(axis=0) + output.points.max(axis=0)).max() < 0.04  # type: ignore[union-attr]


def test_a_placed_gaussian_is_turned_as_its_points_are() -> None:
    """Its long axis stays on the line to a point that was put along it."""
    pose = Pose(turn=np.float32([0.5, 0.5, -0.5, 0.5]), shift=np.float32([1, 2, 3]))
    turn = np.float32([[0.8, 0.0, 0.6, 0.0], [0.6, 0.48, 0.0, 0.64]])
    axes = np.stack([matrix(*one)[:, 0] for one in turn]).astype(np.float32)
    grain = Gaussians(
        points=axes,
        colours=np.zeros((2, 3), np.uint8),
        opacity=np.ones(2, np.float32),
        sizes=np.full((2, 3), 0.1, np.float32),
        turns=turn,
    )

    placed = placed_gaussians(grain, pose)

    middle = placed_points(np.zeros((1, 3), np.float32), pose)
    assert np.stack([matrix(*one)[:, 0] for one in placed.turns]) == pytest.approx(placed.points - middle, abs=1e-5)
    assert middle[0] == pytest.approx([-1, 2, -3])


def test_the_point_map_is_made_once_for_all_things_of_a_picture(package: None, tmp_path: Path) -> None:
    model, kept = loaded(tmp_path), {}
    for _ in range(2):
        call = asked()
        call.kept = kept
        answer(model, call)

    assert sum("map" in call for call in model._pipeline.calls) == 1
    assert model._pipeline.clip_pointmap_beyond_scale == 3.0


def test_a_map_of_moge_2_in_its_axes_makes_the_answer_metric(
    package: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Net:
        def __init__(self, context: Context, checkpoint: Path) -> None:
            assert checkpoint == Path("/own/model.pt")

        def map(self, picture: Any, focal: Focal) -> Any:
            return checked(np.full((SIDE, 80), 3.0, np.float32), metric=True, focal=Focal(px=40, source="estimated"))

    monkeypatch.setattr(sam3d, "MogeNet", Net)
    model = loaded(tmp_path, moge="/own/model.pt")

    output = answer(model, asked())

    map = model._pipeline.calls[-1]["pointmap"].numpy()
    assert model._pipeline.depth_model is None and map.shape == (SIDE, 80, 3)
    assert map[0, 79] == pytest.approx((-3 * 39.5 / 40, 3 * 31.5 / 40, 3.0))  # left is positive, up, ahead
    assert output.metric and output.focal_source == "estimated" and output.notes == ()
    assert output.extents_m.width.sd / output.extents_m.width.value > 0.08


def test_a_failed_map_is_replaced_by_the_flat_one_and_no_metres_are_taken_from_it(
    package: None, tmp_path: Path
) -> None:
    model = loaded(tmp_path, depth_model=float("nan"))

    output = answer(model, asked())

    map = model._pipeline.calls[-1]["pointmap"].numpy()
    assert (map[..., 2] == 1).all() and map[0, 79, 0] == pytest.approx(-39.5 / 72)
    assert not output.metric and output.focal_px == pytest.approx(72) and "failed" in output.notes[0]


def test_an_estimator_that_raises_is_replaced_by_the_flat_map_for_all_things_of_the_picture(
    package: None, tmp_path: Path
) -> None:
    model, kept = loaded(tmp_path, depth_model="broken"), {}
    for _ in range(2):
        call = asked()
        call.kept = kept
        output = answer(model, call)

        map = model._pipeline.calls[-1]["pointmap"].numpy()
        assert (map[..., 2] == 1).all() and map[0, 79, 0] == pytest.approx(-39.5 / 72)
        assert not output.metric and output.focal_px == pytest.approx(72)
        assert output.notes == ("the depth net failed on this picture: its size is right up to one factor only",)
    assert sum("map" in call for call in model._pipeline.calls) == 1


def test_an_estimator_without_memory_says_so_to_the_engine(package: None, tmp_path: Path) -> None:
    with pytest.raises(OutOfMemory, match="within MoGe"):
        answer(loaded(tmp_path, depth_model="short"), asked())


def test_the_picture_is_never_shrunk_unless_it_is_asked_and_too_small_a_mask_is_refused(
    package: None, tmp_path: Path
) -> None:
    model = loaded(tmp_path)
    answer(model, asked())
    assert model._pipeline.calls[-1]["image"].shape == (SIDE, 80, 4)

    with pytest.raises(InvalidInput, match=r"the mask has \d+ pixels at 40 x 32"):
        answer(model, asked(max_image_size=40))


@pytest.mark.parametrize("stages", [1, 2])
def test_compiling_rehearses_all_stages_that_are_here_in_the_load(package: None, tmp_path: Path, stages: int) -> None:
    model = loaded(tmp_path, compile=True, stages=stages, steps=15, detail_steps=8)

    (told,) = model._pipeline.calls
    assert model._pipeline.told["compile_model"] and told["stage1_only"] == (stages == 1)
    assert (told["stage1_inference_steps"], told["stage2_inference_steps"]) == (15, 8)
    assert told["decode_formats"] == ["gaussian"] and not told["with_layout_postprocess"]
    shown = told["image"][..., 3] == 255
    assert shown.mean() == pytest.approx(np.pi / 16, rel=0.01) and told["pointmap"].shape == (*shown.shape, 3)
    assert np.ptp(told["image"][shown][:, 0]) > 100 and (told["image"][~shown][:, :3] == 128).all()
    assert loaded(tmp_path, stages=stages)._pipeline.calls == []


def test_what_cannot_be_loaded_is_refused_with_the_reason(package: None, tmp_path: Path) -> None:
    with pytest.raises(LoadFailed, match="CUDA only"):
        loaded(tmp_path, device="cpu")
    with pytest.raises(LoadFailed, match=r"would call 'os\.system'"):
        loaded(tmp_path, depth_model=[{"_target_": "os.system", "command": "true"}])


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hydra", None)

    with pytest.raises(LoadFailed, match="sam-3d-objects in an interpreter of its own"):
        loaded(tmp_path)


def test_the_turn_of_a_gaussian_is_the_turn_of_its_axes() -> None:
    turn = np.float32([0.5, 0.5, -0.5, 0.5])

    assert matrix(*turned(turn[None], TURN)[0]) == pytest.approx(UPRIGHT @ matrix(*turn), abs=1e-6)


def test_voxels_of_a_hollow_block_hold_what_is_inside() -> None:
    grid = np.zeros((64, 64, 64), bool)
    grid[10:42, 10:26, 10:58] = True
    grid[11:41, 11:25, 11:57] = False

    assert voxel_volume(np.argwhere(grid), 2.0) == pytest.approx(31 * 15 * 47 * (2 / 64) ** 3, rel=0.02)
