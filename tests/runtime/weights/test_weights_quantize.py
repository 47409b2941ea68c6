"""Files made again with fewer bits: refusals, what is written down, and the variant that follows from it."""

import json
from dataclasses import replace

import pytest

from rung.runtime.errors import Conflict, LoadFailed, WeightsError, WeightsMissing
from rung.runtime.spec import Component, Footprint, Placeable, Quality, Source, Variant
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.quantize import quantize
from rung.runtime.weights.quantized import derive, left_out, records, with_quantized
from rung.runtime.weights.store import WeightStore

GRAPH, DATA = b"graph" * 200, b"numbers!" * 800
RECIPES = {".onnx": {"int8": "m:int8"}, ".safetensors": {"fp8": "m:fp8"}}


@pytest.fixture
def quarter(tmp_path):
    """A store whose recipes keep every fourth byte of their inputs."""

    def run(recipe, inputs, out):
        out.write_bytes(b"".join(path.read_bytes() for _, path in sorted(inputs.items()))[::4])
        return {"maker": "1.0"}

    return WeightStore(layout=Layout(tmp_path / "weights"), run_recipe=run)


@pytest.fixture
def net(weight, tmp_path, quarter):
    """A variant of an ONNX graph with its data beside it and a file that is no weight, all in the store."""

    def part(data, name, **more):
        path = tmp_path / name.replace("/", "-")
        path.write_bytes(data)
        return weight(data, name=name, sources=(Source(kind="file", ref=str(path)),), **more)

    graph = part(GRAPH, "mapped/net.onnx")
    files = (graph, part(DATA, "mapped/net.onnx.data", beside=graph.name), part(b"{}", "mapped/labels.json"))
    quarter.pull(files)
    return Variant(
        name="net", task="matte", title="Net", loader="m:C", runtime="onnx", kind="real", weights=files,
        verified="ran", quality=Quality(value=0.9, metric="IoU"),
        places=(
            Placeable(device="cpu", precision="fp32", footprint=Footprint(resident=10_000, working=5), latency_s=1.0,
                      caps={"side": 512}),
        ),
    )  # fmt: skip


def test_what_was_made_is_a_variant_of_fewer_bits_whose_quality_nobody_measured(net, quarter):
    record = quantize(quarter, net, "int8", RECIPES)

    made = derive(net, record)

    assert made is not None
    assert (made.name, made.kind, made.quality.value, made.loader) == ("net-int8", "quantized", None, "m:C")
    assert "unmeasured: made of net on this machine by m" in made.quality.source
    (place,) = made.places
    less = len(GRAPH + DATA) - len((GRAPH + DATA)[::4])
    assert (place.precision, place.latency_s, dict(place.caps)) == ("int8", None, {"side": 512})
    assert place.footprint == Footprint(resident=10_000 - less, working=5)


def test_the_graph_s_data_are_inside_what_was_made_and_other_files_are_the_source_s_own(net, quarter):
    made = derive(net, quantize(quarter, net, "int8", RECIPES))

    assert [w.name for w in made.weights] == ["net-int8/net.onnx", "mapped/labels.json"]
    assert quarter.layout.file("net-int8/net.onnx").read_bytes() == (GRAPH + DATA)[::4]
    assert quarter.paths([made]).keys() == {"net-int8/net.onnx", "mapped/labels.json"}
    assert made.weights[0].licence == net.weights[0].licence and not made.weights[0].pulled


def test_the_manifest_says_of_what_and_how(net, quarter):
    quantize(quarter, net, "int8", RECIPES)

    about = json.loads(quarter.layout.manifest("net-int8/net.onnx").read_text())

    assert (about["recipe"], about["libraries"]) == ("m:int8", {"maker": "1.0"})
    assert about["inputs"] == {w.name: w.sha256 for w in net.weights[:2]}


def test_it_stands_right_below_its_source(net, quarter):
    record = quantize(quarter, net, "int8", RECIPES)
    assert records(quarter.layout) == ((record,), ())

    found = with_quantized({"matte": (net, replace(net, name="other"))}, [record])

    assert [v.name for v in found["matte"]] == ["net", "net-int8", "other"]


def test_a_source_that_has_changed_since_leaves_what_was_made_of_it_out(net, quarter):
    record = quantize(quarter, net, "int8", RECIPES)
    newer = replace(net, weights=(replace(net.weights[0], sha256="0" * 64), *net.weights[1:]))

    assert derive(newer, record) is None
    assert with_quantized({"matte": (newer,)}, [record]) == {"matte": (newer,)}


def test_a_file_that_went_away_is_made_again_by_a_pull(net, quarter):
    made = derive(net, quantize(quarter, net, "int8", RECIPES))
    path = quarter.layout.file("net-int8/net.onnx")
    path.unlink()

    quarter.pull(made.weights)

    assert path.read_bytes() == (GRAPH + DATA)[::4]


def test_what_is_left_out_of_the_ladders_is_said(net, quarter):
    record = quantize(quarter, net, "int8", RECIPES)
    newer = replace(net, weights=(replace(net.weights[0], sha256="0" * 64), *net.weights[1:]))
    same = replace(net, name="net-int8")

    assert left_out({"matte": (net,)}, [record]) == ()
    assert "of other files than net has now" in left_out({"matte": (newer,)}, [record])[0]
    assert "which is no variant any more" in left_out({}, [record])[0]
    assert "the catalogue has a variant of that name" in left_out({"matte": (net, same)}, [record])[0]
    assert [v.name for v in with_quantized({"matte": (net, same)}, [record])["matte"]] == ["net", "net-int8"]


@pytest.mark.parametrize(
    ("change", "to", "why"),
    [
        ({"kind": "substitute"}, "int8", "net is substitute, not a real model"),
        ({"kind": "quantized"}, "int8", "net is quantized, not a real model"),
        ({}, "bf16", "bf16 is not fewer bits: fp8, int8 and q4 are"),
        ({}, "fp8", "the runtime onnx has no fp8 path on cpu, where it runs; it has int8 and q4"),
        ({}, "q4", r"mapped/net\.onnx: \.onnx files can be made int8, not q4"),
        ({"runtime": "theirs"}, "int8", "the runtime theirs has no int8 path on cpu, where it runs"),
    ],
)
def test_what_cannot_be_is_refused_before_a_file_is_looked_at(net, quarter, change, to, why):
    with pytest.raises(Conflict, match=why):
        quantize(quarter, replace(net, **change), to, RECIPES)


@pytest.mark.parametrize(
    ("name", "why"),
    [("net/e.ort", "quantize the .onnx"), ("net/n.pth", "a pickle is not read"), ("net/x.json", "no file of a kind")],
)
def test_files_that_no_recipe_takes_are_named_with_what_to_do(net, quarter, weight, name, why):
    with pytest.raises(Conflict, match=why):
        quantize(quarter, replace(net, weights=(weight(b"x", name=name),)), "int8", RECIPES)


def test_files_that_are_not_here_are_named_with_the_command_that_brings_them(net, tmp_path):
    with pytest.raises(WeightsMissing, match=r"mapped/net\.onnx is not here: `rung weights pull net`"):
        quantize(WeightStore(layout=Layout(tmp_path / "empty")), net, "int8", RECIPES)


def test_a_file_of_the_user_s_own_is_not_taken_for_the_catalogue_s(net, quarter, tmp_path):
    (tmp_path / "mine.onnx").write_bytes(b"mine")
    mine = replace(quarter, local={"mapped/net.onnx": tmp_path / "mine.onnx"})

    with pytest.raises(Conflict, match="a file of your own"):
        quantize(mine, net, "int8", RECIPES)


@pytest.mark.parametrize("failure", [LoadFailed("no memory for it"), None], ids=["raises", "writes nothing"])
def test_a_recipe_that_fails_leaves_no_file_and_no_record(net, quarter, failure):
    def run(recipe, inputs, out):
        if failure is not None:
            out.write_bytes(b"half")
            raise failure
        return {}

    with pytest.raises((LoadFailed, WeightsError)):
        quantize(replace(quarter, run_recipe=run), net, "int8", RECIPES)

    left = [path for path in quarter.layout.root.rglob("*") if path.is_file()]
    assert not [path for path in left if "int8" in str(path)] and records(quarter.layout) == ((), ())


def test_a_damaged_record_is_named_and_the_others_are_read(net, quarter):
    record = quantize(quarter, net, "int8", RECIPES)
    (quarter.layout.quantized / "bad.json").write_text('{"variant": "x"}')
    (quarter.layout.quantized / "worse.json").write_text("[")

    found, damaged = records(quarter.layout)

    assert found == (record,) and [sentence.partition(" is damaged")[0][-10:] for sentence in damaged] == [
        "d/bad.json",
        "worse.json",
    ]


def test_while_it_is_made_somebody_is_told(net, quarter):
    heard = []

    quantize(quarter, net, "int8", RECIPES, heard.append)

    assert [(step.name, step.stage) for step in heard if step.stage != "waiting"] == [
        ("net-int8/net.onnx", "converting"),
        ("net-int8/net.onnx", "done"),
    ]


# --- components ---------------------------------------------------------------------------------------


def test_a_graph_may_stand_beside_others_of_its_name(net, weight, tmp_path, quarter):
    path = tmp_path / "second"
    path.write_bytes(GRAPH)
    second = weight(GRAPH, name="other/net.onnx", sources=(Source(kind="file", ref=str(path)),))
    quarter.pull([second])

    both = replace(net, weights=(*net.weights, second))

    made = derive(both, quantize(quarter, both, "int8", RECIPES))

    names = ["net-int8/mapped/net.onnx", "net-int8/other/net.onnx"]
    assert [w.name for w in made.weights if w.name.endswith("onnx")] == names
    assert all(quarter.layout.file(name).exists() for name in names)


FILES = {
    "pipe/text/model-00001-of-00002.safetensors": b"one" * 400,
    "pipe/text/model-00002-of-00002.safetensors": b"two" * 400,
    "pipe/text/model.safetensors.index.json": b'{"weight_map": {}}',
    "pipe/text/config.json": b"{}",
    "pipe/core/model.safetensors": b"core" * 1000,
    "pipe/core/config.json": b"{}",
    "pipe/vae/model.safetensors": b"vae" * 80,
}


@pytest.fixture
def pipe(weight, tmp_path, quarter):
    """A pipeline: a text encoder in two shards, a transformer, a decoder that is a thirtieth of it."""
    made = []
    for name, data in FILES.items():
        path = tmp_path / name.replace("/", "-")
        path.write_bytes(data)
        made.append(weight(data, name=name, sources=(Source(kind="file", ref=str(path)),)))
    quarter.pull(made)
    size = {folder: sum(w.size for w in made if f"/{folder}/" in w.name) for folder in ("text", "core", "vae")}
    return Variant(
        name="pipe", task="generate", title="Pipe", loader="m:C", runtime="diffusion", kind="real", verified="ran",
        weights=tuple(made), group="pipes",
        places=(Placeable(device="cuda", precision="bf16", footprint=Footprint(resident=9_000, working=5)),),
        components=tuple(
            Component(
                name=folder, bytes=size[folder], key=folder, block=size[folder] // 4, passes=2,
                weights=tuple(w.name for w in made if f"/{folder}/" in w.name),
            )
            for folder in size
        ),
    )  # fmt: skip


def test_the_components_of_a_pipeline_are_made_each_in_its_folder_and_shards_become_one_file(pipe, quarter):
    made = derive(pipe, quantize(quarter, pipe, "fp8", RECIPES))

    assert {w.name for w in made.weights} == {
        "pipe-fp8/text/model.safetensors",
        "pipe/text/config.json",
        "pipe-fp8/core/model.safetensors",
        "pipe/core/config.json",
        "pipe/vae/model.safetensors",
    }
    inputs = b"".join(FILES[name] for name in sorted(FILES) if "/text/model" in name)
    assert quarter.layout.file("pipe-fp8/text/model.safetensors").read_bytes() == inputs[::4]


def test_a_component_of_fewer_bits_has_its_own_bytes_and_content_and_the_others_are_the_source_s(pipe, quarter):
    made = derive(pipe, quantize(quarter, pipe, "fp8", RECIPES))

    text, core, vae = made.components
    assert vae == pipe.components[2]  # its share is not worth it, and a group's worker has it once
    assert (core.bytes, core.block, core.passes) == (1002, 250, 2)
    assert core.weights == ("pipe-fp8/core/model.safetensors", "pipe/core/config.json")
    assert core.key != "core" and core.key != text.key and text.key != "text"
    (place,) = made.places
    less = sum(c.bytes for c in pipe.components) - sum(c.bytes for c in made.components)
    assert place.footprint == Footprint(resident=9_000 - less, working=5)
    assert (made.group, place.precision) == ("pipes", "fp8")


def test_a_component_in_which_nothing_is_worth_it_stays_and_the_others_are_made(pipe, quarter):
    def run(recipe, inputs, out):
        if all("/text/" not in name for name in inputs):
            out.write_bytes(b"made")
        return {}

    record = quantize(replace(quarter, run_recipe=run), pipe, "fp8", RECIPES)

    assert [made.name for made in record.files] == ["pipe-fp8/core/model.safetensors"]
    assert derive(pipe, record).components[0] == pipe.components[0]
