from dataclasses import replace

import pytest
from planning_makers import (
    APACHE,
    RUNTIMES,
    gib,
    machine,
    only,
    place,
    plan_of,
    refused,
    settings,
    variant,
    weights,
    wishes,
)

from rung.runtime.errors import ConfigError
from rung.runtime.planning.plan import blocked, make_plan
from rung.runtime.settings import LicencePolicy, TaskSettings, VariantSettings
from rung.runtime.spec import Facts, Licence

AGPL = Licence(name="AGPL-3.0", commercial=True, copyleft=True, verified=True)
NC = Licence(name="CC-BY-NC", commercial=False, verified=True)
SILENT = Licence(name="none stated", commercial=None, verified=True)
SEOUL = Licence(name="K", commercial=True, region="KR", verified=True)
MOCK = variant("mock-fill", kind="mock", verified="never")


def mode(mode: str, *ladder: str):
    return settings(tasks={"segment": TaskSettings(mode=mode, ladder=ladder)})


def test_a_mock_is_never_a_rung_in_mode_real():
    rejection = refused([MOCK])

    assert rejection.code == "mock"
    assert '[task.segment] mode = "mock"' in rejection.remedy


def test_mode_mock_takes_mocks_only_and_marks_them():
    task = plan_of([variant("real"), MOCK], by=mode("mock"))

    (rung,) = task.rungs
    assert (rung.variant.name, rung.forced) == ("mock-fill", True)
    assert "Forced by configuration: mode = mock." in rung.reason
    assert [(r.variant, r.code) for r in task.rejected] == [("real", "config")]


def test_mode_off_has_no_rung_and_says_what_would_enable_it():
    task = plan_of([variant("a"), MOCK], by=mode("off"))

    assert task.rungs == ()
    assert [r.code for r in task.rejected] == ["off", "off"]
    assert task.note == 'segment is off by configuration. To switch it on: [task.segment] mode = "real" in rung.toml.'
    assert 'mode = "mock"' in plan_of([MOCK], by=mode("off")).note


def test_a_task_with_nothing_but_a_mock_says_how_to_switch_it_on_and_is_not_blocked():
    plan = make_plan(machine(), {"fill": [MOCK]}, RUNTIMES, Facts(), settings())

    assert "Nothing can answer fill here" in plan.tasks["fill"].note
    assert blocked(plan) == ()


def test_a_task_whose_real_rungs_are_all_refused_is_blocked():
    ladders = {"segment": [variant("huge", place("cpu", 900.0)), MOCK], "inpaint": [variant("b")]}

    assert blocked(make_plan(machine(), ladders, RUNTIMES, Facts(), settings())) == ("segment",)


def test_the_users_ladder_gives_the_order_and_leaves_the_rest_out():
    task = plan_of([variant(n) for n in "abc"], by=mode("real", "c", "a"))

    assert [r.variant.name for r in task.rungs] == ["c", "a"]
    assert task.ladder == ("c", "a", "b")
    assert [(r.variant, r.code) for r in task.rejected] == [("b", "config")]


def test_a_ladder_that_names_another_tasks_variant_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'sam2-tiny'"):
        plan_of([variant("sam2-tiny")], by=mode("real", "sam2-tyni"))


def test_an_option_that_the_variant_does_not_take_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'refine'"):
        plan_of([variant(options={"refine": True})], by=wishes("v", options={"refin": False}))


@pytest.mark.parametrize(
    ("licence", "policy", "passes"),
    [
        (AGPL, LicencePolicy(), False),
        (AGPL, LicencePolicy(allow="copyleft"), True),
        (NC, LicencePolicy(allow="any"), False),
        (NC, LicencePolicy(non_commercial=True), True),
        (SILENT, LicencePolicy(), False),
        (SILENT, LicencePolicy(non_commercial=True), True),
        (SEOUL, LicencePolicy(allow="copyleft"), False),
        (SEOUL, LicencePolicy(allow="any"), True),
        (APACHE, LicencePolicy(), True),
    ],
)
@pytest.mark.parametrize("of", ["code", "weights", "inputs"])
def test_the_licence_policy_binds_code_weights_and_what_they_are_made_from(licence, policy, passes, of):
    found = {
        "code": variant(licence=licence),
        "weights": variant(weights=(weights(licence=licence),)),
        "inputs": variant(weights=(weights(inputs=(weights("raw.pt", licence),)),)),
    }[of]

    task = plan_of([found], by=settings(licenses=policy))

    assert [r.code for r in task.rejected] == ([] if passes else ["licence"])


def test_a_copyleft_refusal_reads_as_a_sentence_and_force_overrules_it():
    yolo = variant("yolo11n-seg", licence=AGPL)

    assert "AGPL-3.0 (its code), copyleft; the licence policy allows permissive only" in refused([yolo]).reason
    assert only([yolo], by=wishes("yolo11n-seg", force=True)).forced


def test_an_unread_licence_is_said():
    unread = replace(APACHE, verified=False)

    assert "text not read by us: Apache-2.0" in only([variant(weights=(weights(licence=unread),))]).reason


def test_what_nobody_ran_is_refused_unless_forced():
    new = variant("new", verified="never")

    assert refused([new]).code == "unverified"
    assert "Nobody has run it here yet." in only([new], by=wishes("new", force=True)).reason


def test_what_is_not_worth_its_device_is_passed_over_with_the_reason_unless_forced():
    large = variant("on-gpu", not_worth="one row at a time is quicker on a CPU")

    rejection = refused([large])
    assert (rejection.code, rejection.reason) == ("worth", "on-gpu: one row at a time is quicker on a CPU.")
    assert only([large], by=wishes("on-gpu", force=True)).forced


def test_what_was_only_loaded_with_random_weights_is_feasible_and_says_so():
    assert "Only loaded with random weights" in only([variant(verified="loaded-random")]).reason


def test_missing_weights_name_the_command_and_the_bytes_to_fetch():
    made = weights("sam.onnx", inputs=(weights("sam.pt"), weights("extra.pt")))
    rejection = refused([variant("sam", weights=(made,))], facts=Facts())

    assert (rejection.code, rejection.remedy) == ("weights", "rung weights pull sam")
    assert "sam.onnx not on this machine (1.0 GiB to fetch)" in rejection.reason


def test_offline_the_remedy_does_not_promise_the_network():
    rejection = refused([variant("sam", weights=(weights(),))], by=settings(offline=True), facts=Facts())

    assert "Unset RUNG_OFFLINE" in rejection.remedy


def test_a_file_of_the_users_own_stands_in_and_marks_the_rung():
    two = variant(weights=(weights("m/encoder.ort"), weights("m/decoder.onnx")))
    facts = Facts(weights={"m/decoder.onnx": "/c/d"})

    rung = only([two], by=wishes("v", weights={"encoder.ort": "/mine/e"}), facts=facts)

    assert rung.weight_paths == {"m/encoder.ort": "/mine/e", "m/decoder.onnx": "/c/d"}
    assert "its own weight files (hash not checked)" in rung.reason


def test_one_path_for_several_files_is_refused():
    two = variant(weights=(weights("a.onnx"), weights("b.onnx")))

    rejection = refused([two], by=wishes("v", weights={"": "/mine/x"}))

    assert (rejection.code, rejection.remedy) == ("config", "Its files are a.onnx and b.onnx.")


def test_a_missing_library_names_the_extra():
    rejection = refused([variant()], facts=Facts(runtimes={"onnx": "onnxruntime cannot be imported"}))

    assert (rejection.code, rejection.remedy) == ("library", "pip install 'rung[onnx]'")


def test_nobody_is_told_to_fetch_what_would_not_fit():
    huge = variant("huge", place("cpu", 900.0), weights=(weights(),))

    assert refused([huge], facts=Facts(runtimes={"onnx": "gone"})).code == "memory"


def test_options_env_and_paths_reach_the_placement():
    by = settings(variants={"v": VariantSettings(options={"a": 2}, env={"X": "1"})})

    rung = only([variant(options={"a": 1, "b": 1})], by=by)

    assert (rung.options, rung.env) == ({"a": 2, "b": 1}, {"X": "1"})
    assert "options a" in rung.reason


def test_a_real_segmenter_and_a_real_inpainter_stand_beside_a_mocked_fill():
    ladders = {
        "segment": [variant("s")],
        "inpaint": [variant("i", task="inpaint")],
        "fill": [replace(MOCK, task="fill")],
    }
    by = settings(tasks={"fill": TaskSettings(mode="mock")})

    plan = make_plan(machine(ram=gib(16) / 2**30), ladders, RUNTIMES, Facts(), by)

    assert {t: [r.variant.kind for r in p.rungs] for t, p in plan.tasks.items()} == {
        "segment": ["real"],
        "inpaint": ["real"],
        "fill": ["mock"],
    }
    assert plan.tasks["fill"].note == 'Forced by configuration: [task.fill] mode = "mock".'


@pytest.mark.parametrize("ending", ["", ".onnx", "net/a.onnx"])
def test_a_users_own_graph_needs_no_data_beside_it(ending: str):
    raw = weights("net/a.onnx")
    graph = weights("mapped/net/a.onnx", inputs=(raw,))
    data = weights("mapped/net/a.onnx.data", inputs=(raw,), beside=graph.name)
    net = variant(weights=(graph, data))

    rung = only([net], by=wishes("v", weights={ending: "/mine/a.onnx"}), facts=Facts())
    rejection = refused([net], facts=Facts())

    assert rung.weight_paths == {graph.name: "/mine/a.onnx"} and not rung.weight_hashes
    assert "512 MiB to fetch" in rejection.reason


def test_what_the_catalogue_puts_into_the_environment_gives_way_to_the_users_own():
    own = VariantSettings(env={"X": "mine"})

    rung = only([variant("v", env={"X": "its", "Y": "2"})], by=settings(variants={"v": own}))

    assert rung.env == {"X": "mine", "Y": "2"}


def test_libraries_are_not_looked_for_here_when_the_user_names_an_interpreter():
    facts = Facts(runtimes={"onnx": "onnxruntime cannot be imported"})
    elsewhere = wishes("v", options={"python": "/opt/own/bin/python"})

    assert refused([variant("v", options={"python": ""})], facts=facts).code == "library"
    assert only([variant("v", options={"python": ""})], facts=facts, by=elsewhere).options["python"]


def test_a_file_that_nobody_here_has_seen_is_only_the_users_own():
    unseen = replace(weights("net.pt"), sha256="")
    facts = Facts()

    rejection = refused([variant("v", weights=(unseen,))], facts=facts)

    assert (rejection.code, "no source that we could check" in rejection.reason) == ("weights", True)
    assert rejection.remedy == 'Give your own: [variant.v] weights = { "net.pt" = "/where/it/is" }'
    assert only(
        [variant("v", weights=(unseen,))], facts=facts, by=wishes("v", weights={"net.pt": "/here"})
    ).weight_paths


OWN = variant("mine", weights=(weights("mine/net.onnx", licence=SILENT, own=True),))


def test_a_model_of_the_user_s_own_is_not_set_up_before_it_is_given_and_says_how():
    rejection = refused([OWN], facts=Facts())

    assert rejection.code == "unset"
    assert rejection.reason == "mine: it is for a model of your own, and none is given."
    assert rejection.remedy == '[variant.mine] weights = { "mine/net.onnx" = "/where/it/is" }'


@pytest.mark.parametrize(
    ("by", "facts", "code"),
    [
        (wishes("mine", weights={"": "/here/net.onnx"}), Facts(), "licence"),
        (wishes("mine", force=True), Facts(), "weights"),
        (settings(tasks={"segment": TaskSettings(ladder=("mine",))}), Facts(), "licence"),
        (settings(), Facts(weights={"mine/net.onnx": "/c/mine/net.onnx"}), "licence"),
    ],
)
def test_one_that_is_given_or_asked_for_in_any_way_is_refused_for_what_is_truly_wrong(by, facts, code):
    assert refused([OWN], by=by, facts=facts).code == code
