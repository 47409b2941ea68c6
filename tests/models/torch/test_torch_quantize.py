"""Safetensors made again with fewer bits, by the recipe and then by the whole way that a user goes."""

import hashlib
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from safetensors.torch import load_file, save_file  # noqa: E402
from torch import nn  # noqa: E402

from rung.models.catalog import RUNTIMES  # noqa: E402
from rung.models.catalog.quantizing import QUANTIZERS  # noqa: E402
from rung.models.recipes import quantize_tensors  # noqa: E402
from rung.models.torch.model import TorchModel  # noqa: E402
from rung.runtime.model import Context  # noqa: E402
from rung.runtime.planning.plan import make_plan  # noqa: E402
from rung.runtime.settings import Settings  # noqa: E402
from rung.runtime.spec import (  # noqa: E402
    Device,
    Facts,
    Footprint,
    GiB,
    Licence,
    Machine,
    MiB,
    Placeable,
    Source,
    Variant,
    Weights,
)
from rung.runtime.weights.layout import Layout  # noqa: E402
from rung.runtime.weights.quantize import quantize  # noqa: E402
from rung.runtime.weights.quantized import derive  # noqa: E402
from rung.runtime.weights.store import WeightStore  # noqa: E402

pytestmark = pytest.mark.torch

SIZE = {"fp8": 0.55, "int8": 0.55, "q4": 0.42}
CLOSE = {"fp8": 0.06, "int8": 0.03, "q4": 0.2}


class Net(nn.Module):
    """A table, a norm and two products."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(32, 128)
        self.lin1 = nn.Linear(128, 256)
        self.norm = nn.LayerNorm(256)
        self.lin2 = nn.Linear(256, 64)

    def forward(self, x):
        return self.lin2(self.norm(torch.relu(self.lin1(self.embed(x)))))


class Served(TorchModel):
    """Answers with the net's numbers."""

    def prepare(self, context):
        self.net = self.module(context, Net)

    def answer(self, call):
        return self.net(torch.arange(32)).float().numpy()


@pytest.fixture
def bf16(tmp_path):
    """The net's checkpoint in bf16, and its answer."""
    torch.manual_seed(11)
    net = Net().eval()
    save_file({k: v.bfloat16() for k, v in net.state_dict().items()}, tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors", net(torch.arange(32)).detach().numpy()


def needs(form):
    if form != "fp8":
        pytest.importorskip("bitsandbytes")


def served(path, precision):
    model = Served()
    model.load(
        Context(variant="net", task="t", device="cpu", precision=precision, threads=1, weights={path.name: path})
    )
    ((_, outcome),) = model.run([None])
    return outcome.output


@pytest.mark.parametrize("form", ["fp8", "int8", "q4"])
def test_a_file_of_fewer_bits_is_smaller_whole_for_others_and_answers_close(tmp_path, bf16, form):
    needs(form)
    source, wanted = bf16

    getattr(quantize_tensors, form)({"n/net.safetensors": source}, tmp_path / "out.safetensors")

    held = load_file(tmp_path / "out.safetensors")  # the format's own library reads it
    assert held["embed.weight"].dtype == held["norm.weight"].dtype == held["lin1.bias"].dtype == torch.bfloat16
    data = sum(t.numel() * t.element_size() for t in held.values())
    assert data < SIZE[form] * sum(t.numel() * 2 for t in Net().state_dict().values()) + 32 * 128
    answer = served(tmp_path / "out.safetensors", form)
    assert np.linalg.norm(answer - wanted) / np.linalg.norm(wanted) < CLOSE[form]


def test_small_weights_survive_fp8_by_their_scale(tmp_path):
    weight = torch.randn(64, 128) * 1e-4
    save_file({"lin.weight": weight}, tmp_path / "net.safetensors")

    quantize_tensors.fp8({"n": tmp_path / "net.safetensors"}, tmp_path / "out.safetensors")

    held = load_file(tmp_path / "out.safetensors")
    again = held["lin.weight"].float() * held["lin.weight_scale"]
    assert ((again - weight).norm() / weight.norm()).item() < 0.04
    assert (weight.to(torch.float8_e4m3fn).float() - weight).norm() / weight.norm() > 0.9  # what a cast alone leaves


def test_of_a_file_with_nothing_to_gain_none_is_made(tmp_path):
    save_file({"norm.weight": torch.ones(9000), "embed.weight": torch.ones(90, 90)}, tmp_path / "net.safetensors")

    quantize_tensors.int8({"n": tmp_path / "net.safetensors"}, tmp_path / "out.safetensors")

    assert not (tmp_path / "out.safetensors").exists()


def test_shards_with_their_index_become_one_file(tmp_path, bf16):
    source, wanted = bf16
    tensors = load_file(source)
    shards = {f"net-{n}.safetensors": dict([*tensors.items()][n::2]) for n in (0, 1)}
    for name, part in shards.items():
        save_file(part, tmp_path / name)
    where = {tensor: name for name, part in shards.items() for tensor in part}
    (tmp_path / "net.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    inputs = {name: tmp_path / name for name in (*shards, "net.safetensors.index.json")}

    quantize_tensors.fp8(inputs, tmp_path / "out.safetensors")

    answer = served(tmp_path / "out.safetensors", "fp8")
    assert np.linalg.norm(answer - wanted) / np.linalg.norm(wanted) < CLOSE["fp8"]


def test_a_user_quantizes_a_variant_plans_it_and_it_answers(tmp_path, bf16):
    """The whole way, with the recipe in a process of its own."""
    source, wanted = bf16
    data = source.read_bytes()
    weights = Weights(
        name="net/net.safetensors",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        licence=Licence(name="MIT", commercial=True),
        sources=(Source(kind="file", ref=str(source)),),
    )
    place = Placeable(device="cpu", precision="bf16", footprint=Footprint(resident=MiB))
    net = Variant(
        name="net", task="t", title="Net", loader="m:C", runtime="torch", kind="real", places=(place,),
        weights=(weights,), verified="ran",
    )  # fmt: skip
    store = WeightStore(layout=Layout(tmp_path / "weights"))
    store.pull([weights])

    made = derive(net, quantize(store, net, "fp8", QUANTIZERS))

    cpu = Device(id="cpu", kind="cpu", memory_total=GiB, memory_free=GiB)
    machine = Machine(name="m", cores=2, ram_total=4 * GiB, ram_free=4 * GiB, devices=(cpu,))
    plan = make_plan(
        machine, {"t": (made,)}, RUNTIMES, Facts(weights=store.paths([made])), Settings(data_dir="", cache_dir="")
    )
    (rung,) = plan.tasks["t"].rungs
    assert rung.precision == "fp8" and "Its quality is unmeasured: made of net on this machine" in rung.reason
    answer = served(store.present(made.weights[0]), rung.precision)
    assert np.linalg.norm(answer - wanted) / np.linalg.norm(wanted) < CLOSE["fp8"]
