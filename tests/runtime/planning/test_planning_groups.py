"""What a group's worker needs: equal components once."""

from __future__ import annotations

from rung.runtime.planning.groups import footprint_of_group, ram_of_group, room_of_group
from rung.runtime.spec import Component, Footprint, Placement, Strategy, Variant


def component(key: str, size: int) -> Component:
    return Component(name=key, bytes=size, key=key)


def placed(
    name: str, *components: Component, resident: int, working: int = 0, strategy: Strategy = "resident", ram: int = 0
) -> Placement:
    variant = Variant(
        name=name, task="generate", title="", loader="m:M", runtime="torch", kind="real", places=(), group="g",
        components=components,
    )  # fmt: skip
    footprint = Footprint(resident=resident, working=working)
    return Placement(
        variant=variant, device="cuda:0", precision="bf16", threads=1, footprint=footprint, group="g",
        strategy=strategy, ram=ram,
    )  # fmt: skip


TEXT = component("text", 8000)


def test_an_equal_component_counts_once():
    left = placed("left", TEXT, component("a", 500), resident=8500)
    right = placed("right", TEXT, component("b", 700), resident=8700)

    assert footprint_of_group([left, right]).resident == 8000 + 500 + 700


def test_what_is_no_component_counts_once():
    left = placed("left", TEXT, resident=8100)
    right = placed("right", component("b", 700), resident=900)

    assert footprint_of_group([left, right]).resident == 8700 + 200


def test_components_that_are_brought_in_turn_need_the_room_of_the_largest():
    left = placed("left", TEXT, component("a", 500), resident=8000, strategy="component-offload", ram=8500)
    right = placed("right", TEXT, component("b", 9000), resident=9000, strategy="component-offload", ram=17000)

    assert footprint_of_group([left, right]).resident == 9000
    assert ram_of_group([left, right]) == 8000 + 500 + 9000


def test_working_bytes_are_those_of_one_call():
    left = placed("left", TEXT, resident=8000, working=300)
    right = placed("right", TEXT, resident=8000, working=200)

    assert footprint_of_group([left, right]).working == 300


def test_a_variant_alone_keeps_its_own_figures():
    alone = placed("left", TEXT, TEXT, resident=16000, ram=5)

    assert footprint_of_group([alone]) is alone.footprint
    assert ram_of_group([alone]) == 5


def test_the_room_for_weights_is_never_less_than_one_component_needs_whatever_was_measured_of_an_empty_worker():
    parts = TEXT, component("a", 500)
    measured = placed("left", *parts, resident=300, working=9000, strategy="component-offload", ram=8500)
    fresh = placed("left", *parts, resident=8700, strategy="component-offload", ram=8500)

    assert room_of_group([measured]) == 8000
    assert room_of_group([fresh]) == 8700
    assert room_of_group([placed("left", *parts, resident=100)]) == 8500
    assert room_of_group([placed("piece", resident=100)]) is None


def test_members_that_come_from_the_disk_keep_one_buffer_in_ram():
    left = placed("left", TEXT, resident=100, strategy="group-offload-disk", ram=100)
    right = placed("right", component("b", 700), resident=80, strategy="group-offload-disk", ram=80)
    kept = placed("kept", component("c", 900), resident=900, strategy="component-offload", ram=900)

    assert ram_of_group([left, right]) == 100
    assert ram_of_group([left, right, kept]) == 1000
