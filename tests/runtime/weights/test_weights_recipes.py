import json

import pytest

from rung.runtime.errors import LoadFailed, WeightsCorrupt, WeightsError
from rung.runtime.spec import Source, Variant
from rung.runtime.weights import rows
from rung.runtime.weights.layout import Layout
from rung.runtime.weights.recipe import run_in_process
from rung.runtime.weights.store import WeightStore

RAW, MADE = b"raw" * 100, b"RAW" * 100


@pytest.fixture
def derived(weight, tmp_path):
    """A weight made by `recipe` from one input that a file source brings."""
    (tmp_path / "raw.pt").write_bytes(RAW)

    def make(recipe="shout:upper", made=MADE, **more):
        part = weight(RAW, name="net/raw.pt", sources=(Source(kind="file", ref=str(tmp_path / "raw.pt")),))
        return weight(made, recipe=recipe, inputs=(part,), **more)

    return make


@pytest.fixture
def recipes(tmp_path, monkeypatch):
    """A module `shout` that child processes can import."""
    code = (
        "import sys\n"
        "def upper(inputs, out): out.write_bytes(inputs['net/raw.pt'].read_bytes().upper())\n"
        "def nothing(inputs, out): pass\n"
        "def broken(inputs, out):\n"
        "    out.write_bytes(b'half'); raise ValueError('the checkpoint has no tensor named x')\n"
    )
    (tmp_path / "shout.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_a_derived_file_is_made_in_a_process_verified_and_described(store, derived, recipes):
    wanted = derived()
    path = store.pull([wanted])[wanted.name]
    about = json.loads(store.layout.manifest(wanted.name).read_text())
    assert path.read_bytes() == MADE
    assert (about["name"], about["sha256"], about["recipe"]) == (wanted.name, wanted.sha256, "shout:upper")
    assert about["inputs"] == {"net/raw.pt": wanted.inputs[0].sha256} and "python" in about["libraries"]


def test_a_recipe_that_makes_other_bytes_is_refused_with_both_hashes(store, derived, recipes, weight):
    wanted = derived(made=b"rAW" * 100)
    with pytest.raises(WeightsCorrupt) as caught:
        store.pull([wanted])
    assert wanted.sha256 in caught.value.message and weight(MADE).sha256 in caught.value.message
    assert not store.layout.file(wanted.name).exists()


@pytest.mark.parametrize(
    ("recipe", "why"), [("shout:broken", "no tensor named x"), ("shout:nothing", "no file"), ("absent:x", "absent")]
)
def test_a_recipe_that_fails_leaves_nothing_and_its_last_words(store, derived, recipes, recipe, why):
    wanted = derived(recipe)
    with pytest.raises(WeightsError, match=why):
        store.pull([wanted])
    folder = store.layout.file(wanted.name).parent
    assert sorted(path.name for path in folder.iterdir()) == [".raw.pt.manifest.json", "raw.pt"]


def test_the_caller_may_bring_a_runner_of_his_own_and_its_error_is_the_reason(tmp_path, derived):
    def refuse(recipe, inputs, out):
        raise LoadFailed(f"no worker for {recipe} with {sorted(inputs)}")

    store = WeightStore(layout=Layout(tmp_path / "w"), run_recipe=refuse)
    with pytest.raises(WeightsError, match=r"no worker for shout:upper with \['net/raw\.pt'\]"):
        store.pull([derived()])


def test_an_input_that_cannot_be_had_is_the_reason_of_the_derived_file(store, derived, tmp_path):
    wanted = derived()
    (tmp_path / "raw.pt").unlink()
    with pytest.raises(WeightsError, match=r"net/raw\.pt could not be had"):
        store.pull([wanted])


def test_a_recipe_that_never_ends_is_ended(tmp_path, monkeypatch):
    (tmp_path / "slow.py").write_text("import time\ndef never(inputs, out):\n    time.sleep(600)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("rung.runtime.weights.recipe.LIMIT_S", 1.0)
    with pytest.raises(WeightsError, match="took longer"):
        run_in_process("slow:never", {}, tmp_path / "out")


@pytest.fixture
def split(weight, tmp_path, recipes):
    """Two files made of one input that is of no other use; a third that cannot be made of it."""
    (tmp_path / "raw.pt").write_bytes(RAW)
    part = weight(RAW, name="net/raw.pt", sources=(Source(kind="file", ref=str(tmp_path / "raw.pt")),), kept=False)

    def make(name, recipe="shout:upper", **more):
        return weight(MADE, name=name, recipe=recipe, inputs=(part,), **more)

    return part, make


def test_an_input_that_is_not_kept_goes_when_all_is_made_of_it(store, split):
    part, make = split
    came = store.pull([make("net/a"), make("net/b")])
    assert [path.read_bytes() for path in came.values()] == [MADE, MADE]
    assert not store.layout.file(part.name).exists() and not store.layout.manifest(part.name).exists()
    assert store.pull([make("net/a"), make("net/b")]) == came and not store.layout.file(part.name).exists()


def test_an_input_stays_while_something_is_still_to_be_made_of_it(store, split):
    part, make = split
    came = store.pull_each([make("net/a"), make("net/b", recipe="shout:broken")])
    assert isinstance(came["net/b"], WeightsError) and store.layout.file(part.name).read_bytes() == RAW


def test_an_input_that_is_wanted_for_itself_or_is_the_users_own_stays(store, split, tmp_path):
    part, make = split
    store.pull([make("net/a"), part])
    assert store.layout.file(part.name).read_bytes() == RAW
    mine = WeightStore(layout=Layout(tmp_path / "other"), local={part.name: tmp_path / "raw.pt"})
    mine.pull([make("net/a")])
    assert (tmp_path / "raw.pt").read_bytes() == RAW


def test_where_the_user_has_his_own_graph_the_data_beside_ours_are_not_wanted(store, split, tmp_path):
    _, make = split
    graph, data = make("net/a.onnx"), make("net/a.onnx.data", beside="net/a.onnx")
    mine = WeightStore(layout=store.layout, local={graph.name: tmp_path / "raw.pt"})
    assert mine.pull([graph, data]) == {graph.name: tmp_path / "raw.pt"}
    assert not store.layout.file(data.name).exists() and len(store.needed([graph, data])) == 2


def test_a_file_of_many_pieces_is_one_row_and_one_licence(store, weight):
    pieces = tuple(weight(RAW, name=f"net/{n}", kept=False) for n in range(5))
    net = Variant(
        name="v", task="t", title="", loader="m:C", runtime="r", kind="real", places=(),
        weights=(weight(MADE, recipe="shout:upper", inputs=pieces),),
    )  # fmt: skip

    (row,) = rows.files(store, [net])

    assert row.source.startswith("net/0 (") and row.source.endswith(" + 3 more by recipe")
    assert [one.part for one in rows.licences([net])] == ["net/model.onnx"]
