"""The packing list of pictures and of pieces by hand."""

from __future__ import annotations

import pytest
from furniture_maker import Flat, picture, shape, thing
from pydantic import ValidationError

from rung.apps.furniture.loading import load_of, space_of, trucks
from rung.apps.furniture.pipeline import scene
from rung.apps.furniture.schema import PieceIn, SceneRequest, TruckIn
from rung.runtime.errors import InvalidInput

DESK = PieceIn(label="desk", width_mm=1400, depth_mm=700, height_mm=720, count=2)


def asked(**fields: object) -> SceneRequest:
    return SceneRequest.model_validate(fields)


async def test_seen_pieces_and_those_by_hand_are_one_list_with_one_volume() -> None:
    flat = Flat(
        {"a": [thing("couch", (20, 100, 220, 220)), thing("sink", (250, 100, 300, 150))]},
        {"couch": shape(2.0, 1.0, 0.9, sd=0.05)},
    )

    reply = await scene(flat.job(), asked(images=[picture()], pieces=[DESK], estimate_id="x"))

    assert reply.estimate_id == "x"
    assert [(one.label, one.level, one.image, one.object) for one in reply.pieces] == [
        ("couch", "depth", 1, "1"), ("desk", "given", None, None), ("desk", "given", None, None),
    ]  # fmt: skip
    assert reply.counts == {"sofa": 1, "desk": 2} and reply.not_loaded == {"sink": 1}
    sofa = reply.images[0].objects[0].box_volume_m3
    assert sofa is not None and reply.box_volume_m3 is not None
    desks = 2 * 1.4 * 0.7 * 0.72
    assert reply.box_volume_m3.value == pytest.approx(sofa.value + desks, abs=1e-3)
    assert reply.box_volume_m3.high - reply.box_volume_m3.value == pytest.approx(sofa.high - sofa.value, abs=1e-3)
    assert reply.box_volume_m3.sources == ["1 by depth", "2 by given"]


async def test_pieces_by_hand_alone_need_no_model() -> None:
    flat = Flat()

    reply = await scene(flat.job(), asked(pieces=[DESK]))

    assert not {"detect", "segment", "reconstruct"} & set(flat.tasks())
    assert reply.images == [] and reply.filled_volume_m3 == reply.box_volume_m3


async def test_pieces_of_which_nothing_told_what_they_fill_count_as_full_and_that_is_said() -> None:
    things = [thing("couch", (20, 100, 220, 220)), thing("chair", (250, 100, 300, 150))]
    told = {"couch": shape(2.0, 1.0, 0.9, filled_m3=0.9), "chair": shape(0.5, 0.5, 0.9, filled_m3=0.1)}
    some, all_told = Flat({"a": things}, {"couch": told["couch"]}).job(), Flat({"a": things}, told).job()

    reply = await scene(some, asked(images=[picture()], pieces=[DESK]))
    await scene(all_told, asked(images=[picture()]))

    assert [one for one in some.warnings if "filled_volume_m3" in one] == [
        "filled_volume_m3 counts 3 of 4 pieces as full boxes: nothing told how much of its box each fills"
    ]
    assert reply.filled_volume_m3 is not None and reply.box_volume_m3 is not None
    assert reply.filled_volume_m3.value < reply.box_volume_m3.value
    assert all_told.warnings == []


async def test_what_may_have_been_seen_twice_is_said() -> None:
    flat = Flat({"a": [thing("couch", (20, 100, 220, 220))], "b": [thing("couch", (20, 100, 220, 220))]})
    job = flat.job()

    reply = await scene(job, asked(images=[picture("a"), picture("b")]))

    assert len(reply.pieces) == 2 and "counted once for each" in job.warnings[0]


async def test_a_thing_of_unknown_size_is_not_loaded_and_is_counted() -> None:
    hand = {"box": [0, 0, 60, 60], "label": "aquarium"}

    reply = await scene(Flat({"a": []}).job(), asked(images=[picture()], boxes=[hand], shape="none"))

    assert reply.pieces == [] and reply.not_loaded == {"aquarium": 1} and reply.box_volume_m3 is None


async def test_a_thing_whose_shape_has_no_metres_is_not_loaded_either() -> None:
    hand = {"box": [0, 0, 60, 60], "label": "aquarium"}
    flat = Flat({"a": []}, {"aquarium": shape(1.0, 1.0, 1.0, level="generative", metric=False)})

    reply = await scene(flat.job(), asked(images=[picture()], boxes=[hand]))

    (found,) = reply.images[0].objects
    assert (found.width_mm, found.box_volume_m3, found.filled_volume_m3) == (None, None, None)
    assert reply.pieces == [] and reply.not_loaded == {"aquarium": 1} and reply.box_volume_m3 is None
    assert reply.images[0].scale is None


async def test_the_pieces_lie_in_trucks_as_their_classes_have_to() -> None:
    pieces = [
        PieceIn(label="refrigerator", width_mm=700, depth_mm=700, height_mm=700),
        PieceIn(label="box", width_mm=600, depth_mm=500, height_mm=400, count=2),
        PieceIn(label="aquarium", width_mm=600, depth_mm=500, height_mm=400),
    ]
    shaft = TruckIn(width_mm=700, length_mm=1400, height_mm=1200)  # two places on the floor, and room above each

    load = (await scene(Flat().job(), asked(pieces=pieces, truck=shaft, trucks=1))).load

    assert load is not None and load.left == [] and load.trucks_used == 1
    low = {one.item: one.z_mm for one in load.placements}
    assert low[0] == 0, "a refrigerator stands on the floor"
    assert sorted(low.values()) == [0, 0, 400, 800], "nothing on it, and nothing on what nobody knows"
    assert low[3] == 800


def test_a_scene_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="nothing to load"):
        asked()


def test_a_truck_is_a_name_of_the_table_or_a_load_space() -> None:
    assert space_of("1t") == ("1t", trucks()["1t"])
    assert space_of(TruckIn(width_mm=1, length_mm=2, height_mm=3)) == ("given", (1, 2, 3))
    with pytest.raises(InvalidInput, match=r"no truck '3t'; there is 1t, 2.5t, 5t"):
        space_of("3t")


def test_a_load_says_how_full_the_trucks_in_use_are() -> None:
    cube = {"x_mm": 0, "y_mm": 0, "z_mm": 0, "width_mm": 1000, "depth_mm": 1000, "height_mm": 1000}
    packed = {"placements": [{"item": 0, "truck": 0, **cube}, {"item": 2, "truck": 1, **cube}], "left": [1]}

    load = load_of("given", (2000, 1000, 2000), packed)

    assert (load.trucks_used, load.filled_share, load.volume_m3, load.left) == (2, 0.25, 4.0, [1])
    assert load_of("given", (1, 1, 1), {"placements": [], "left": [0]}).filled_share == 0
