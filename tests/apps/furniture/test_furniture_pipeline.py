"""Furniture's pipelines on a scripted flat: what is answered, what fails alone, what is told meanwhile."""

from __future__ import annotations

import asyncio
import math

import pytest
from furniture_maker import Flat, picture, shape, thing
from pydantic import ValidationError

from rung.apps.furniture.pipeline import analyze, detect, reconstruct
from rung.apps.furniture.schema import AnalyzeRequest, DetectRequest, Hand, Piece, ReconstructRequest
from rung.runtime.app import Unread
from rung.runtime.errors import DeadlineExceeded, FetchFailed, InvalidInput, ModelFailed
from rung.runtime.tasks import Picture

SOFA, CHAIR, FRIDGE = (
    thing("couch", (20, 100, 220, 220)),
    thing("chair", (230, 120, 300, 250)),
    thing("refrigerator", (310, 30, 380, 250)),
)


def asked(*keys: str, **more: object) -> AnalyzeRequest:
    return AnalyzeRequest.model_validate({"images": [picture(key) for key in keys]} | more)


def labels(pieces: list[Piece]) -> list[str]:
    return [piece.label for piece in pieces]


# --- analyze -----------------------------------------------------------------------------------------------


async def test_every_picture_is_answered_under_its_id_with_its_own_pieces() -> None:
    flat = Flat({"a": [SOFA, CHAIR], "b": [FRIDGE]})

    reply = await analyze(flat.job(), asked("a", "b", ids=[31, "hall"], estimate_id=7))

    assert reply.estimate_id == 7 and [image.id for image in reply.images] == [31, "hall"]
    assert [labels(image.objects) for image in reply.images] == [["couch", "chair"], ["refrigerator"]]
    sofa = reply.images[0].objects[0]
    assert (sofa.id, sofa.class_, sofa.movable, sofa.origin, sofa.score) == ("1", "sofa", True, "detector", 0.9)
    assert sofa.mask is not None and (sofa.mask.width, sofa.mask.height) == (400, 300)
    assert not any(image.errors for image in reply.images)


async def test_each_measure_has_an_interval_a_level_and_its_sources() -> None:
    flat = Flat({"a": [SOFA, FRIDGE]}, {"couch": shape(2.1, 1.0, 0.9), "refrigerator": shape(0.92, 0.93, 1.8)})

    (image,) = (await analyze(flat.job(), asked("a"))).images

    sofa = image.objects[0]
    for measure in (sofa.width_mm, sofa.depth_mm, sofa.height_mm, sofa.box_volume_m3):
        assert measure is not None and measure.low < measure.value < measure.high
    assert sofa.width_mm is not None and sofa.width_mm.value == pytest.approx(2100, rel=0.1)
    assert sofa.width_mm.level == "depth"
    assert sofa.width_mm.sources[:2] == ["depth (metric)", "scale by refrigerator 2"]
    assert sofa.box_volume_m3 is not None and sofa.box_volume_m3.value == pytest.approx(1.89, rel=0.2)
    assert sofa.subtype == "2 seats"
    assert image.scale is not None and image.scale.value == pytest.approx(1.0, abs=0.1)


async def test_a_piece_in_metres_is_no_yardstick_of_one_without_nor_the_other_way_round() -> None:
    units = shape(0.46, 0.46, 0.9, sd=0.05, level="generative", metric=False)
    flat = Flat({"a": [SOFA, FRIDGE]}, {"couch": shape(2.1, 1.0, 0.9), "refrigerator": units})

    (image,) = (await analyze(flat.job(), asked("a"))).images

    sofa, fridge = image.objects
    assert sofa.width_mm is not None and fridge.width_mm is not None and image.scale is not None
    assert not any("refrigerator" in source for source in [*sofa.width_mm.sources, *image.scale.sources])
    assert not any("couch" in source for source in fridge.width_mm.sources)
    assert image.scale.level == "depth" and image.scale.value == pytest.approx(1.0, abs=0.1)
    assert fridge.width_mm.value == pytest.approx(900, rel=0.2)


async def test_a_side_that_a_rung_completed_from_the_prior_is_the_priors_and_no_surer_for_it() -> None:
    flat = Flat({"a": [SOFA]}, {"couch": shape(2.1, 1.1, 0.9, completed=("depth",))})

    (image,) = (await analyze(flat.job(), asked("a"))).images
    (looked_up,) = (await analyze(flat.job(), asked("a", shape="none"))).images

    seen, usual = image.objects[0].depth_mm, looked_up.objects[0].depth_mm
    assert seen is not None and usual is not None and image.objects[0].width_mm is not None
    assert (seen.level, seen.sources) == ("prior", ["class table (sofa)"])
    assert image.objects[0].width_mm.level == "depth"
    assert math.log(seen.high / seen.low) > 0.8 * math.log(usual.high / usual.low)


async def test_what_a_piece_fills_is_told_where_its_shape_tells_it() -> None:
    flat = Flat({"a": [SOFA, CHAIR]}, {"couch": shape(2.0, 1.0, 0.9, filled_m3=0.9)})

    (image,) = (await analyze(flat.job(), asked("a"))).images

    sofa, chair = image.objects
    assert sofa.filled_volume_m3 is not None and sofa.box_volume_m3 is not None
    assert sofa.filled_volume_m3.value == pytest.approx(sofa.box_volume_m3.value / 2, rel=0.01)
    assert chair.filled_volume_m3 is None


async def test_a_rung_that_only_looks_the_class_up_is_labelled_so_and_counted_once() -> None:
    flat = Flat({"a": [SOFA]}, {"couch": shape(2.09, 1.16, 0.9, level="prior", metric=False)})

    (image,) = (await analyze(flat.job(), asked("a"))).images
    (looked_up,) = (await analyze(flat.job(), asked("a", shape="none"))).images

    assert image.objects[0].width_mm == looked_up.objects[0].width_mm
    assert image.objects[0].width_mm is not None
    assert (image.objects[0].width_mm.level, image.objects[0].width_mm.sources) == ("prior", ["class table (sofa)"])
    assert image.scale is None and flat.tasks().count("reconstruct") == 1


async def test_one_piece_that_fails_leaves_its_usual_size_and_the_others_measured() -> None:
    flat = Flat({"a": [SOFA, CHAIR]}, {"chair": ModelFailed("no shape"), "couch": shape(2.0, 1.0, 0.9)})

    (image,) = (await analyze(flat.job(), asked("a"))).images

    sofa, chair = image.objects
    assert sofa.width_mm is not None and sofa.width_mm.level == "depth"
    assert chair.width_mm is not None and chair.width_mm.level == "prior"
    (error,) = image.errors
    assert (error.object, error.stage, error.code, error.message) == ("2", "reconstruct", "model-failed", "no shape")


async def test_one_picture_that_fails_says_why_and_the_others_are_answered() -> None:
    flat = Flat({"a": ModelFailed("broken"), "b": [SOFA]})

    first, second = (await analyze(flat.job(), asked("a", "b"))).images

    assert first.objects == [] and (first.errors[0].object, first.errors[0].stage) == (None, "detect")
    assert "sofa" in first.unseen_classes, "nobody looked"
    assert labels(second.objects) == ["couch"] and second.errors == []


async def test_where_no_picture_could_be_looked_at_the_job_fails() -> None:
    with pytest.raises(ModelFailed, match="broken"):
        await analyze(Flat({"a": ModelFailed("broken"), "b": ModelFailed("broken too")}).job(), asked("a", "b"))


async def test_a_url_that_gave_no_picture_is_answered_with_why_in_its_place() -> None:
    flat = Flat({"b": [SOFA]})
    unread = Unread(code="fetch-failed", message="photos.test: answered 404")

    first, second = (await analyze(flat.job(), asked(images=[unread, picture("b")], ids=["x", "y"]))).images

    assert (first.id, first.width, first.objects) == ("x", None, [])
    assert [(one.stage, one.code, one.message) for one in first.errors] == [
        ("fetch", "fetch-failed", "photos.test: answered 404")
    ]
    assert (second.id, labels(second.objects)) == ("y", ["couch"])
    with pytest.raises(FetchFailed, match="404"):
        await analyze(flat.job(), asked(images=[unread]))


async def test_without_a_mask_a_piece_is_not_measured_and_says_so() -> None:
    (image,) = (await analyze((flat := Flat({"a": [SOFA]}, segments=False)).job(), asked("a"))).images

    (sofa,) = image.objects
    assert sofa.mask is None and sofa.width_mm is not None and sofa.width_mm.level == "prior"
    assert [(error.stage, error.object) for error in image.errors] == [("segment", "1")]
    assert "reconstruct" not in flat.tasks()


async def test_a_detector_with_masks_is_not_asked_for_them_again() -> None:
    flat = Flat({"a": [thing("couch", (20, 100, 220, 220), masked=True)]})

    await analyze(flat.job(), asked("a"))

    assert "segment" not in flat.tasks()
    (piece,) = [input for task, input, _ in flat.asked if task == "reconstruct"]
    assert piece.mask.shape == (120, 200) and piece.mask_box == (20, 100, 220, 220)


async def test_what_the_rung_is_told_about_a_piece() -> None:
    flat = Flat({"a": [SOFA]})

    await analyze(
        flat.job(),
        asked("a", shape="gaussians", steps=15, detail_steps=8, max_image_size=512, focal_px=[810], in_place=True),
    )

    (input,) = [input for task, input, _ in flat.asked if task == "reconstruct"]
    assert (input.want, input.steps, input.detail_steps, input.max_image_size) == ("gaussians", 15, 8, 512)
    assert input.in_place
    assert (input.label, input.focal_px) == ("couch", 810) and input.prior_mm[2] == pytest.approx((900, 211), rel=0.01)


@pytest.mark.parametrize(("level", "said"), [("generative", True), ("depth", False)])
async def test_what_a_model_made_whole_beyond_the_edge_is_called_a_guess(level: str, said: bool) -> None:
    flat = Flat({"a": [thing("couch", (0, 100, 220, 220))]}, {"couch": shape(2.0, 1.0, 0.9, level=level)})

    (image,) = (await analyze(flat.job(), asked("a"))).images

    (sofa,) = image.objects
    assert sofa.truncated and any("is a guess" in note for note in sofa.notes) is said


async def test_files_of_the_shape_are_files_of_the_answer() -> None:
    flat = Flat({"a": [SOFA]}, {"couch": shape(2.0, 1.0, 0.9, ply=b"ply...", mesh=b"glTF", preview=b"GIF89a")})

    (image,) = (await analyze(flat.job(), asked("a", shape="points"))).images

    files = image.objects[0].points, image.objects[0].mesh, image.objects[0].preview
    assert [one and one.media_type for one in files] == ["model/ply", "model/gltf-binary", "image/gif"]


async def test_steps_name_picture_and_piece() -> None:
    flat = Flat({"a": [SOFA, CHAIR]})

    await analyze(flat.job(), asked("a", ids=["hall"]))

    assert sorted(step for task, _, step in flat.asked if task != "compute") == [
        "detect hall", "reconstruct hall.1", "reconstruct hall.2", "segment hall.1", "segment hall.2",
    ]  # fmt: skip


async def test_the_progress_tells_pictures_and_pieces_and_never_falls() -> None:
    told: list[tuple[str, float]] = []
    flat = Flat({"a": [SOFA, CHAIR], "b": [], "c": [FRIDGE]})

    await analyze(flat.job(report=lambda stage, share: told.append((stage, share))), asked("a", "b", "c"))

    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)
    assert told[-1][0] == "3 of 3 pictures looked at, 3 of 3 pieces measured"
    assert len(told) == 6


async def test_the_largest_pieces_of_all_pictures_begin_first() -> None:
    flat = Flat({"a": [CHAIR, SOFA], "b": [thing("bed", (0, 0, 390, 290))], "c": []})

    await analyze(flat.job(), asked("a", "b", "c"))

    steps = [step for task, _, step in flat.asked if task == "reconstruct"]
    assert steps == ["reconstruct 2.1", "reconstruct 1.2", "reconstruct 1.1"]


async def test_a_picture_that_cannot_be_looked_at_does_not_hold_up_the_pieces_of_the_others() -> None:
    flat = Flat({"a": ModelFailed("broken"), "b": [SOFA]})

    async with asyncio.timeout(5):
        await analyze(flat.job(), asked("a", "b"))


async def test_the_pieces_of_all_pictures_are_under_way_at_once_and_cancelling_ends_them_all() -> None:
    gate = asyncio.Event()
    flat = Flat({"a": [SOFA, CHAIR], "b": [FRIDGE]}, gate=gate.wait)
    job = asyncio.create_task(analyze(flat.job(), asked("a", "b")))
    while flat.tasks().count("reconstruct") < 3:
        await asyncio.sleep(0)

    assert flat.running == 3
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert flat.running == 0


async def test_the_deadline_of_a_call_is_an_error_of_its_piece_and_a_fault_of_ours_ends_the_job() -> None:
    late = await analyze(Flat({"a": [SOFA]}, {"couch": DeadlineExceeded("late")}).job(), asked("a"))
    assert late.images[0].errors[0].code == "deadline"

    broken = Flat({"a": [SOFA]}, {"couch": "no output"})  # type: ignore[dict-item]
    with pytest.raises(ExceptionGroup):
        await analyze(broken.job(), asked("a"))


# --- what is found ------------------------------------------------------------------------------------------


async def test_people_specks_and_what_is_seen_twice_are_no_pieces() -> None:
    twice = thing("chair", (22, 102, 220, 220), score=0.5)
    flat = Flat({"a": [SOFA, thing("person", (5, 5, 90, 90)), thing("tv", (5, 5, 24, 90)), twice]})

    reply = await detect(flat.job(), DetectRequest(image=picture("a")))

    assert labels(reply.objects) == ["couch"]
    assert {"wardrobe", "desk", "drawer", "bookshelf"} <= set(reply.unseen_classes)


async def test_a_class_may_ask_for_a_higher_score_than_the_caller() -> None:
    doubtful = thing("nightstand", (5, 5, 90, 90), score=0.45)

    assert (await detect(Flat({"a": [doubtful]}).job(), DetectRequest(image=picture("a")))).objects == []


async def test_a_box_by_hand_is_a_piece_and_corrects_what_the_detector_said() -> None:
    flat = Flat({"a": [SOFA, CHAIR]})
    hands = [
        Hand(box=(25, 95, 215, 220), label="massage chair"),
        Hand(box=(0, 0, 60, 60), label="aquarium", width_mm=900, depth_mm=400, height_mm=450),
    ]

    (image,) = (await analyze(flat.job(), asked("a", boxes=hands))).images

    assert labels(image.objects) == ["chair", "massage chair", "aquarium"]
    by_hand = image.objects[2]
    assert (by_hand.class_, by_hand.origin, by_hand.score) == (None, "hand", None)
    assert by_hand.width_mm is not None
    assert (by_hand.width_mm.value, by_hand.width_mm.level, by_hand.width_mm.sources) == (900, "given", ["given"])


async def test_a_thing_of_which_nothing_is_known_has_no_figures() -> None:
    flat = Flat({"a": []}, {"aquarium": ModelFailed("no")})

    (image,) = (await analyze(flat.job(), asked("a", boxes=[Hand(box=(0, 0, 60, 60), label="aquarium")]))).images

    (piece,) = image.objects
    assert piece.width_mm is None and piece.box_volume_m3 is None, "no figure is made up"


async def test_boxes_by_hand_are_answered_where_the_detector_fails() -> None:
    flat = Flat({"a": ModelFailed("broken")})

    (image,) = (await analyze(flat.job(), asked("a", boxes=[Hand(box=(0, 0, 60, 60), label="desk")]))).images

    assert labels(image.objects) == ["desk"] and image.errors[0].stage == "detect"


async def test_a_box_beyond_its_picture_is_refused_before_anything_runs() -> None:
    flat = Flat({"a": []})
    with pytest.raises(InvalidInput, match=r"boxes\[0\].box .picture 1. is \[0, 0, 500, 60\]"):
        await analyze(flat.job(), asked("a", boxes=[Hand(box=(0, 0, 500, 60), label="desk")]))
    assert flat.asked == []


async def test_without_masks_and_sizes_nobody_draws_and_nobody_measures() -> None:
    flat = Flat({"a": [SOFA]})

    reply = await detect(flat.job(), DetectRequest(image=picture("a"), masks=False))

    assert flat.tasks() == ["detect"] and reply.objects[0].mask is None


async def test_a_detector_that_does_not_say_what_it_sees_is_said_not_to() -> None:
    job = Flat({"a": []}, vocabulary=()).job()

    reply = await detect(job, DetectRequest(image=picture("a")))

    assert reply.unseen_classes == [] and "does not say which classes" in job.warnings[0]


# --- reconstruct --------------------------------------------------------------------------------------------


async def test_a_piece_in_a_box_is_reconstructed() -> None:
    flat = Flat(shapes={"sofa": shape(2.0, 1.0, 0.9, ply=b"ply", focal_px=500.0, focal_source="exif")})

    reply = await reconstruct(
        flat.job(), ReconstructRequest(image=picture(), box=(20, 100, 220, 220), label="sofa", shape="points")
    )

    assert flat.tasks() == ["segment", "reconstruct", "compute"]
    assert reply.metric and (reply.focal_px, reply.focal_source) == (500, "exif")
    assert reply.object.class_ == "sofa" and reply.object.points is not None


async def test_a_piece_by_its_mask_needs_no_segmenter() -> None:
    flat = Flat(shapes={"sofa": shape(2.0, 1.0, 0.9)})
    mask = picture("m")

    reply = await reconstruct(flat.job(), ReconstructRequest(image=picture(), mask=mask, label="sofa"))

    assert "segment" not in flat.tasks() and reply.object.box == (0, 0, 400, 300)


# --- requests -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ids": [1]}, "ids has 1 entries for 2 pictures"),
        ({"ids": [1, "1"]}, "ids holds one twice"),
        ({"focal_px": [500.0]}, "focal_px has 1 entries for 2 pictures"),
        ({"boxes": [{"box": [0, 0, 9, 9], "label": "desk"}]}, "which picture"),
        ({"boxes": [{"image": 3, "box": [0, 0, 9, 9], "label": "desk"}]}, "no picture 3; there is 1, 2"),
        ({"images": []}, "at least 1 item"),
        ({"steps": 0}, "greater than or equal to 1"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        asked("a", "b", **fields)


@pytest.mark.parametrize("fields", [{}, {"mask": picture(), "box": (0, 0, 9, 9)}])
def test_a_piece_is_meant_by_a_mask_or_a_box(fields: dict[str, Picture]) -> None:
    with pytest.raises(ValidationError, match="either a mask or a box"):
        ReconstructRequest(image=picture(), **fields)  # type: ignore[arg-type]
