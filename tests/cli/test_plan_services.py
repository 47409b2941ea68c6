"""Each service of an app: whether it uses a GPU here, and why, in the plan's own words."""

import io

import pytest
from rich.console import Console

from rung.apps.drawings.app import APP as DRAWINGS
from rung.cli.plan_services import ServiceRow, services_of, services_table
from rung.models.catalog import LADDERS, RUNTIMES, VARIANTS
from rung.runtime.app import App, Service
from rung.runtime.planning.plan import make_plan
from rung.runtime.settings import Settings, VariantSettings
from rung.runtime.spec import Device, Facts, Footprint, GiB, Machine, Placeable, Runtime, Variant

CARD = Device(id="cuda:0", kind="cuda", memory_total=24 * GiB, memory_free=24 * GiB)


def rows(app: App, *cards: Device, ladders=LADDERS, known=VARIANTS, runtimes=RUNTIMES, **settings):
    cpu = Device(id="cpu", kind="cpu", memory_total=32 * GiB, memory_free=32 * GiB)
    machine = Machine(name="m", cores=4, ram_total=32 * GiB, ram_free=32 * GiB, devices=(cpu, *cards))
    weights = {w.name: "/w" for v in known.values() for w in v.weights}
    facts = Facts(weights=weights)
    plan = make_plan(machine, ladders, runtimes, facts, Settings(data_dir="", cache_dir="", **settings))
    return {row.service: row for row in services_of([app], plan, known)}


@pytest.mark.parametrize("cards", [(), (CARD,)])
def test_of_drawings_the_gateway_trees_and_remote_models_use_no_gpu_and_say_why(cards: tuple[Device, ...]) -> None:
    found = rows(DRAWINGS, *cards)

    gateway, trees, words = found["gateway"], found["tolerance trees"], found["vision-language"]
    assert [row.gpu for row in (gateway, trees, words)] == ["none"] * 3
    assert gateway.answers == "" and "nothing that a GPU computes" in gateway.why
    assert trees.answers == "skin-surrogate" and "nobody has measured" in trees.why
    assert words.why == "its models are served by others, by HTTP; describe-rules takes the CPU"


def test_a_provider_that_can_be_asked_is_named_and_takes_no_gpu() -> None:
    here = VariantSettings(options={"url": "http://127.0.0.1:1/v1"})

    row = rows(DRAWINGS, CARD, variants={"qwen2.5-vl-7b": here})

    assert (row["vision-language"].answers, row["vision-language"].gpu) == ("qwen2.5-vl-7b", "none")
    assert row["vision-language"].why == "others serve it, by HTTP"


def a_ladder(*variants: Variant) -> dict:
    return {
        "ladders": {"layout": variants},
        "known": {one.name: one for one in variants},
        "runtimes": {"r": Runtime(name="r", modules=())},
    }


def a_variant(name: str, *devices: str, gib: int = 2) -> Variant:
    places = tuple(Placeable(device=d, precision="fp16", footprint=Footprint(resident=gib * GiB)) for d in devices)
    return Variant(
        name=name, task="layout", title=name, loader="m:C", runtime="r", kind="real", places=places, verified="ran"
    )


APP = App(name="a", title="A", summary="", operations=(), services=(Service(name="detection", tasks=("layout",)),))


def test_a_net_for_both_takes_the_gpu_where_there_is_one_and_the_cpu_with_the_reason_where_there_is_none() -> None:
    both = a_ladder(a_variant("net", "cuda", "cpu"))

    on, off = rows(APP, CARD, **both)["detection"], rows(APP, **both)["detection"]

    assert (on.gpu, on.why) == ("cuda:0", "net runs there at fp16")
    assert off.gpu == "none" and "wants cuda, and this machine has no such device" in off.why


def test_a_gpu_s_variant_that_does_not_fit_is_named_with_its_numbers() -> None:
    row = rows(APP, CARD, **a_ladder(a_variant("large", "cuda", gib=90), a_variant("small", "cpu")))["detection"]

    assert (row.answers, row.gpu) == ("small", "none")
    assert row.why.startswith("large: needs 90.0 GiB VRAM at fp16, the largest budget is ")


def test_a_task_that_nothing_can_answer_is_a_question_mark() -> None:
    row = rows(APP, **a_ladder(a_variant("large", "cuda", gib=90)))["detection"]

    assert (row.answers, row.gpu) == ("", "?") and "Nothing can answer layout here." in row.why
    assert rows(APP, ladders={}, known={})["detection"].why == "no model of the task layout is in the catalogue"


def test_the_table_names_the_app_and_fits_a_terminal() -> None:
    row = ServiceRow(app="drawings", service="[OCR]", task="read", answers="net", gpu="none", why="long " * 40)
    console = Console(file=io.StringIO(), width=80)

    for part in services_table([row]):
        console.print(part)

    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "services of drawings" in text and "[OCR]" in text and max(map(len, text.splitlines())) <= 80
    assert services_table([]) == []
