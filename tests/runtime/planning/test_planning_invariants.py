from hypothesis import given
from hypothesis import strategies as st
from planning_makers import RUNTIMES, gib, machine, place, settings, variant, weights

from rung.runtime.planning.budgets import allowed
from rung.runtime.planning.plan import make_plan
from rung.runtime.settings import MachineSettings, TaskSettings, VariantSettings
from rung.runtime.spec import Facts

DEVICES = ("cpu", "cuda", "cuda:0", "cuda:1", "mps")
SIZES = st.floats(0.1, 40)
PLACES = st.builds(place, st.sampled_from(("cpu", "cuda", "mps")), SIZES, st.sampled_from(("fp32", "fp16", "int8")))
NAMES = ("a", "b", "c", "d", "e")


@st.composite
def ladders(draw):
    return [
        variant(
            name,
            *draw(st.lists(PLACES, min_size=1, max_size=3)),
            kind=draw(st.sampled_from(("real", "quantized", "substitute", "mock"))),
            verified=draw(st.sampled_from(("ran", "loaded-random", "never"))),
            weights=tuple(weights(f"{name}{n}") for n in range(draw(st.integers(0, 2)))),
        )
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
    ]


WISHES = st.builds(
    VariantSettings,
    device=st.sampled_from(("auto", *DEVICES)),
    precision=st.sampled_from((None, "fp16", "int8")),
    threads=st.sampled_from((None, 1, 64)),
    force=st.booleans(),
)
MACHINES = st.builds(
    machine, ram=SIZES, cards=st.lists(st.floats(1, 48), max_size=4).map(tuple), cores=st.integers(1, 64)
)
LIMITS = st.builds(
    MachineSettings,
    devices=st.lists(st.sampled_from(DEVICES), max_size=3).map(tuple),
    ram_budget=st.none() | SIZES.map(gib),
    vram_budget=st.dictionaries(st.sampled_from(("cuda", "cuda:0", "cuda:1")), SIZES.map(gib)),
    threads=st.none() | st.integers(1, 64),
)


@st.composite
def plans(draw):
    ladder = draw(ladders())
    order = draw(st.permutations([v.name for v in ladder]))[: draw(st.integers(0, len(ladder)))]
    by = settings(
        draw(LIMITS),
        tasks={"segment": TaskSettings(mode=draw(st.sampled_from(("real", "mock", "off"))), ladder=tuple(order))},
        variants=draw(st.dictionaries(st.sampled_from(NAMES), WISHES)),
    )
    here = [w.name for v in ladder for w in v.weights if draw(st.booleans())]
    facts = Facts(weights={n: f"/c/{n}" for n in here}, runtimes=draw(st.sampled_from(({}, {"onnx": "gone"}))))
    return ladder, by, make_plan(draw(MACHINES), {"segment": ladder}, RUNTIMES, facts, by)


@given(plans())
def test_every_variant_is_once_a_rung_or_a_rejection_and_the_order_is_kept(made):
    ladder, by, plan = made
    task = plan.tasks["segment"]
    rungs, rejected = [r.variant.name for r in task.rungs], [r.variant for r in task.rejected]

    assert sorted(rungs + rejected) == sorted(v.name for v in ladder)
    assert rungs == [name for name in task.ladder if name in rungs]
    assert rejected == [name for name in task.ladder if name in rejected]
    user = by.tasks["segment"].ladder
    assert task.ladder == (*user, *(v.name for v in ladder if v.name not in user))


@given(plans())
def test_no_placement_exceeds_its_budget_or_the_cores_or_stands_on_a_device_not_allowed(made):
    _, by, plan = made

    for rung in plan.tasks["segment"].rungs:
        device = plan.machine.device(rung.device)
        assert rung.footprint.peak() <= plan.budgets[rung.device] <= device.memory_total
        assert 1 <= rung.threads <= plan.threads <= plan.machine.cores
        assert allowed(device, by.machine)
        assert any(p.device == device.kind and p.precision == rung.precision for p in rung.variant.places)


@given(plans())
def test_a_mock_is_never_a_rung_in_mode_real_nor_anything_else_in_mode_mock(made):
    _, by, plan = made
    kinds = {r.variant.kind == "mock" for r in plan.tasks["segment"].rungs}

    assert kinds <= {"real": {False}, "mock": {True}, "off": set()}[by.tasks["segment"].mode]


@given(plans())
def test_every_rung_has_its_weights_and_every_decision_its_sentence(made):
    task = made[2].tasks["segment"]

    assert all(set(r.weight_paths) == {w.name for w in r.variant.weights} for r in task.rungs)
    assert all(r.reason.endswith(".") for r in (*task.rungs, *task.rejected))
    assert all(r.remedy for r in task.rejected)
