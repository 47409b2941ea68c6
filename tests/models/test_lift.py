"""The rungs that lift a box out of one picture: what they weigh, what they say, and what they keep per picture."""

import io
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_call import FakeCall, png
from PIL import ExifTags, Image

sys.path.insert(0, str(Path(__file__).parent / "geometry"))
from views import HEIGHT, WIDTH, Camera, box_corners, hull_mask

from rung.models.geometry import ply
from rung.models.geometry.camera import DIAGONAL_35, DepthMap, Focal, checked
from rung.models.lift import Net, told, usual_of
from rung.models.lines import lines
from rung.models.outline_lift import OutlineLift
from rung.runtime.errors import Cancelled, InvalidInput
from rung.runtime.model import Context, Error, Result
from rung.runtime.tasks import Picture, ReconstructInput, ReconstructOutput

SIDES, YAW, AT = (1.6, 0.6, 0.9), 0.5, (0.2, -3.2)
CAMERA = Camera(pitch=0.3)
PRIOR = ((1400.0, 420.0), (700.0, 210.0), (800.0, 240.0))


def room() -> np.ndarray:
    """A box on a floor of tiles that run as it does, before a wall of boards."""
    pixels = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    c, s = np.cos(YAW), np.sin(YAW)
    for offset in np.arange(-6, 6.1, 0.5):
        for way, other in (((c, -s), (s, c)), ((s, c), (-c, s))):
            ends = [(way[0] * t + other[0] * offset, 0.0, way[1] * t + other[1] * offset - 5) for t in (-3.5, 3.5)]
            _draw(pixels, np.array(ends))
        _draw(pixels, np.array([(offset, 0.3, -7), (offset, 2.6, -7)]))
    corners = box_corners(SIDES, YAW, AT)
    cv2.fillConvexPoly(pixels, cv2.convexHull(np.rint(CAMERA.pixels(corners)).astype(np.int32)), (150, 90, 40))
    return pixels


def _draw(pixels: np.ndarray, ends: np.ndarray) -> None:
    c, s = np.cos(CAMERA.pitch), np.sin(CAMERA.pitch)
    if ((-ends[:, 2] * c - (ends[:, 1] - CAMERA.up) * s) > 0.3).all():
        one, other = np.rint(CAMERA.pixels(ends)).astype(int).tolist()
        cv2.line(pixels, one, other, (60, 60, 60), 2, cv2.LINE_AA)


def asked(picture: Picture, **more: object) -> ReconstructInput:
    mask, box = hull_mask(CAMERA.pixels(box_corners(SIDES, YAW, AT)))
    fields = {"label": "sofa", "mask": mask, "mask_box": box, "focal_px": CAMERA.focal, "prior_mm": PRIOR, **more}
    return ReconstructInput(picture=picture, **fields)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def picture() -> Picture:
    return png(room())


def loaded(model: OutlineLift | None = None) -> OutlineLift:
    model = OutlineLift() if model is None else model
    model.load(Context(variant="v", task="reconstruct", device="cpu", precision="none", threads=1, weights={}))
    return model


def call_of(input: ReconstructInput, kept: dict[str, object] | None = None) -> FakeCall:
    call = FakeCall(input, {} if kept is None else kept)  # type: ignore[arg-type]
    call.variant = "outline-lift"  # type: ignore[attr-defined]
    return call


def answer(model: OutlineLift, call: FakeCall) -> ReconstructOutput:
    ((_, outcome),) = model.run([call])  # type: ignore[list-item]
    assert isinstance(outcome, Result)
    return outcome.output


def sides(output: ReconstructOutput) -> list[float]:
    return [one.value for one in (output.extents_m.width, output.extents_m.depth, output.extents_m.height)]


class Map:
    """A net that says the same of every picture."""

    def __init__(self, depth: np.ndarray) -> None:
        self.depth, self.asked = depth, 0

    def map(self, picture: Picture, focal: Focal) -> DepthMap:
        self.asked += 1
        return checked(self.depth, metric=True, focal=focal)


class WithNet(OutlineLift):
    _worth = Net(grain=0.03, scale=1.0, scale_sd=0.02)

    def __init__(self, net: Map) -> None:
        self._net = net


def true_depth() -> np.ndarray:
    """f32 [120, 160]: the nearest of many points of the floor and of the box in each cell."""
    rng = np.random.default_rng(6)
    floor = np.stack([rng.uniform(-6, 6, 400_000), np.zeros(400_000), rng.uniform(-9, -1, 400_000)], axis=1)
    low, across = box_corners(SIDES, YAW, AT)[0], box_corners(SIDES, YAW, AT)[[4, 2, 1]]
    shares = rng.random((200_000, 3))
    face = rng.integers(0, 3, 200_000)
    shares[np.arange(200_000), face] = rng.integers(0, 2, 200_000)
    points = np.vstack([floor, low + shares @ (across - low)])
    ahead = -points[:, 2] * np.cos(CAMERA.pitch) - (points[:, 1] - CAMERA.up) * np.sin(CAMERA.pitch)
    cells = np.floor(CAMERA.pixels(points) / 5).astype(int)
    inside = (ahead > 0.3) & (cells >= 0).all(axis=1) & (cells < (160, 120)).all(axis=1)
    depth = np.full((120, 160), np.inf, np.float32)
    np.minimum.at(depth, (cells[inside, 1], cells[inside, 0]), ahead[inside])
    return depth


def test_lines_are_found_where_they_are_drawn_in_pixels_of_the_large_picture() -> None:
    small = np.full((300, 400, 3), 255, np.uint8)
    cv2.line(small, (50, 100), (350, 100), (0, 0, 0), 3)

    found = lines(small, 1600, 1200)

    assert len(found) >= 1 and found[:, [0, 2]].max() == pytest.approx(1400, abs=20)
    assert found[:, [1, 3]].mean() == pytest.approx(400, abs=12)
    assert lines(np.zeros((50, 50, 3), np.uint8), 50, 50).shape == (0, 4)


def test_a_box_in_a_room_is_measured_from_its_outline_alone(picture: Picture) -> None:
    output = answer(loaded(), call_of(asked(picture)))

    assert sides(output) == pytest.approx(SIDES, rel=0.08)
    assert output.level == "depth" and output.metric and output.completed == ()
    assert output.focal_source == "given" and output.points is None and output.ply is None
    assert "height of 1.45 m" in output.notes[0] and len(output.notes) == 1
    for axis in (output.extents_m.width, output.extents_m.depth, output.extents_m.height):
        assert 0.05 < axis.sd / axis.value < 0.2  # the eye's height alone is unsure by 10 %


def test_the_focal_length_in_the_pictures_exif_is_taken_and_told() -> None:
    equivalent = round(CAMERA.focal * DIAGONAL_35 / np.hypot(WIDTH, HEIGHT))
    exif, file = Image.Exif(), io.BytesIO()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm.value] = equivalent
    Image.fromarray(room()).save(file, "JPEG", quality=95, exif=exif)
    photograph = replace(png(room()), data=file.getvalue(), key="with exif", media_type="image/jpeg")

    output = answer(loaded(), call_of(asked(photograph, focal_px=None)))

    assert output.focal_source == "exif" and output.focal_px == pytest.approx(CAMERA.focal, rel=0.02)
    assert sides(output) == pytest.approx(SIDES, rel=0.1)


def test_what_the_picture_shows_of_its_room_is_made_once_for_all_its_things(picture: Picture) -> None:
    net = Map(true_depth())
    model, kept = loaded(WithNet(net)), {}

    for _ in range(2):
        answer(model, call_of(asked(picture), kept))

    assert net.asked == 1
    assert sorted(key.partition(":")[0] for key in kept) == ["depth", "frame", "picture"]


def test_a_depth_map_mends_the_height_of_the_eye(picture: Picture) -> None:
    """It has the floor at 1.16 m: all is four fifths as large."""
    output = answer(loaded(WithNet(Map(0.8 * true_depth()))), call_of(asked(picture, prior_mm=None)))

    assert sides(output) == pytest.approx(0.8 * np.array(SIDES), rel=0.1)
    assert "and the depth map" in output.notes[0]


def test_a_depth_net_that_fails_is_said_and_got_round(picture: Picture) -> None:
    output = answer(loaded(WithNet(Map(np.full((30, 40), np.nan, np.float32)))), call_of(asked(picture)))

    assert sides(output) == pytest.approx(SIDES, rel=0.08)
    assert any("says nothing here" in note for note in output.notes)


def test_a_lift_says_that_it_puts_nothing_in_place(picture: Picture) -> None:
    call = call_of(asked(picture, want="points", in_place=True))

    answer(loaded(), call)

    assert any("nothing in place" in one for one in call.warnings)


class Raises:
    """A net that fails in its own way."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def map(self, picture: Picture, focal: Focal) -> DepthMap:
        raise self.error


def test_a_depth_net_that_raises_leaves_the_outline_and_it_is_said(picture: Picture) -> None:
    output = answer(loaded(WithNet(Raises(IndexError("a shape")))), call_of(asked(picture)))

    assert sides(output) == pytest.approx(SIDES, rel=0.08)
    assert "the depth net failed on this picture: the outline alone was measured" in output.notes


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "out-of-memory"),
        (RuntimeError("CUDA error: out of memory"), "out-of-memory"),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), "out-of-memory"),
        (Cancelled("not wanted any more"), "cancelled"),
        (InvalidInput("no picture"), "invalid-input"),
    ],
)
def test_a_lack_of_memory_in_a_depth_net_and_our_own_errors_are_not_got_round(
    picture: Picture, error: BaseException, code: str
) -> None:
    ((_, outcome),) = loaded(WithNet(Raises(error))).run([call_of(asked(picture))])  # type: ignore[arg-type, list-item]

    assert isinstance(outcome, Error) and outcome.error.code == code


def test_points_lie_on_the_box_with_the_colours_of_the_picture(picture: Picture) -> None:
    call = call_of(asked(picture, want="gaussians", preview="png"))

    output = answer(loaded(), call)

    assert output.points is not None and output.colours is not None and output.ply is not None
    assert len(output.points) > 5_000 and np.abs(np.median(output.colours, axis=0) - (150, 90, 40)).max() <= 2
    half = np.array(sides(output)) / 2
    assert (np.abs(output.points[:, [0, 2]]) <= half[[0, 1]] * 1.1).all()
    assert output.points[:, 1].min() > -0.05 and output.points[:, 1].max() < half[2] * 2 * 1.1
    assert np.array_equal(ply.read_points(output.ply).points, output.points)
    assert output.preview is not None and output.preview.startswith(b"\x89PNG")
    assert "points only, not gaussians" in call.warnings[0]


def test_a_picture_without_lines_and_a_thing_at_its_edge_are_told() -> None:
    bare = png(np.full((HEIGHT, WIDTH, 3), 128, np.uint8))
    mask = np.full((200, 300), 255, np.uint8)

    output = answer(loaded(), call_of(asked(bare, mask=mask, mask_box=(500, 350, 800, 550), label="tv")))

    text = " ".join(output.notes)
    assert "no lines of a room" in text and "beyond the edge" in text and "stands on something" in text
    assert "completed by what is usual of its class" in text and output.completed


def test_a_seen_side_is_told_without_the_prior_and_an_unseen_one_is_the_prior() -> None:
    from rung.models.geometry.cuboid import WIDTH as FIRST
    from rung.models.geometry.cuboid import Fit

    usual = usual_of(asked(png(np.zeros((HEIGHT, WIDTH, 3), np.uint8))))
    at, cov = np.zeros(11), np.eye(11)
    # The width was measured as 2 m with an sd of 0.1 and then drawn to the prior; of the depth nothing was seen.
    precision = 1 / 0.1**2 + 1 / 0.3**2
    at[FIRST] = (np.log(2.0) / 0.1**2 + usual.sides[0] / 0.3**2) / precision
    cov[FIRST, FIRST] = 1 / precision
    at[FIRST + 1], cov[FIRST + 1, FIRST + 1] = usual.sides[1], 0.29**2
    at[FIRST + 2], cov[FIRST + 2, FIRST + 2] = np.log(0.9), 0.02**2

    extents, completed = told(Fit(at=at, cov=cov, cost=0.0), usual)

    assert completed == ("depth",)
    assert extents.width.value == pytest.approx(2.0) and extents.width.sd / 2 == pytest.approx(np.hypot(0.1, 0.08))
    assert extents.depth.value == pytest.approx(0.7) and extents.height.value == pytest.approx(0.9, rel=0.01)
