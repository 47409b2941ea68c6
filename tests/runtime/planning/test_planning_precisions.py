"""A precision that no library computes with on a device is refused in the plan, which names one that exists."""

from dataclasses import replace
from importlib.util import find_spec
from typing import get_args

import pytest
from planning_makers import machine, only, place, refused, variant, wishes

from rung.models.catalog import RUNTIMES
from rung.runtime.planning.plan import make_plan
from rung.runtime.planning.precisions import BACKENDS, backends, devices
from rung.runtime.settings import Settings
from rung.runtime.spec import DeviceKind, Facts, Precision


def torch_variant(*places, **more):
    return replace(variant("net", *places, **more), runtime="torch")


def planned(net, facts=Facts(), on=None, by=None):  # noqa: B008
    by = by or Settings(data_dir="/d", cache_dir="/c")
    return make_plan(on or machine(cards=(24,)), {"segment": [net]}, RUNTIMES, facts, by).tasks["segment"]


def test_a_4_bit_path_that_does_not_exist_on_a_cpu_is_refused_naming_the_one_that_does():
    net = torch_variant(place("cpu", 1.0, "q4"), options={"backend": "torchao"})

    (rejection,) = planned(net).rejected

    assert (rejection.code, rejection.reason) == (
        "device",
        "net: wants q4 on cpu, and torchao has no q4 path there.",
    )
    assert rejection.remedy == 'bitsandbytes has one: [variant.net.options] backend = "bitsandbytes".'


def test_the_remedy_works():
    net = torch_variant(place("cpu", 1.0, "q4"), options={"backend": "torchao"})
    by = wishes("net", options={"backend": "bitsandbytes"})

    (rung,) = planned(net, by=by).rungs

    assert (rung.device, rung.precision) == ("cpu", "q4")


def test_a_card_takes_what_a_cpu_cannot():
    net = torch_variant(place("cpu", 1.0, "q4"), place("cuda", 1.0, "q4"), options={"backend": "torchao"})

    (rung,) = planned(net).rungs

    assert rung.device == "cuda:0" and "it wants q4 on cpu, and torchao has no q4 path there" in rung.reason


def test_without_a_wish_the_first_library_that_has_the_device_is_taken():
    assert [r.device for r in planned(torch_variant(place("cpu", 1.0, "q4"))).rungs] == ["cpu"]


def test_a_precision_that_the_runtime_has_only_elsewhere_names_where():
    rejection = refused([variant("net", place("cuda", 1.0, "int8"))], machine(cards=(24,)))

    assert "wants int8 on cuda, and the runtime onnx has no int8 path there" in rejection.reason
    assert rejection.remedy == "int8 runs on cpu."


def test_a_precision_that_the_runtime_has_nowhere_names_those_that_it_has():
    rejection = refused([variant("net", place("cpu", 1.0, "fp8"))])

    assert "wants fp8 on cpu, and the runtime onnx has no fp8 path there" in rejection.reason
    assert rejection.remedy == "On cpu it has int8 and q4."


def test_a_library_that_is_not_here_is_named_with_what_brings_it():
    facts = Facts(runtimes={"bitsandbytes": "bitsandbytes cannot be imported"})

    (rejection,) = planned(torch_variant(place("cpu", 1.0, "int8")), facts).rejected

    assert (rejection.code, rejection.remedy) == ("library", "pip install 'rung[quant]'")
    assert "bitsandbytes computes with int8 on cpu, and bitsandbytes cannot be imported" in rejection.reason


@pytest.mark.parametrize("precision", ["fp32", "bf16", "none"])
def test_a_precision_that_needs_no_library_is_nobody_s_business(precision):
    assert only([variant("net", place("cpu", 1.0, precision))]).precision == precision


def test_a_runtime_of_another_package_is_left_to_its_author():
    net = replace(variant("net", place("cpu", 1.0, "q4")), runtime="theirs")
    runtimes = {**RUNTIMES, "theirs": replace(RUNTIMES["onnx"], name="theirs")}

    plan = make_plan(machine(), {"segment": [net]}, runtimes, Facts(), Settings(data_dir="/d", cache_dir="/c"))

    assert [r.precision for r in plan.tasks["segment"].rungs] == ["q4"]


def test_the_table_is_made_of_words_that_exist():
    for row in BACKENDS:
        assert {*row.runtimes} <= {*RUNTIMES} and row.runtimes and row.precision in get_args(Precision) and row.source
        assert row.devices and {*row.devices} <= {*get_args(DeviceKind)}
    assert devices("torch", "q4") == {"cpu", "cuda"} and devices("onnx", "fp8") == frozenset()


@pytest.mark.torch
@pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
def test_what_the_table_says_of_a_cpu_is_so_where_the_library_is_here(tmp_path):
    torch = pytest.importorskip("torch")
    tensors = pytest.importorskip("safetensors.torch")
    from rung.models.torch import bits, filling
    from rung.models.torch.checkpoint import open_checkpoint

    linear = torch.nn.Linear(64, 9)
    for precision in ("int8", "q4"):
        assert any("cpu" in row.devices for row in backends("diffusion", precision) if row.name == "bitsandbytes")
        tensors.save_file(
            {"bias": linear.bias.data, **bits.quantized(linear.weight.data, precision)}, tmp_path / "l.safetensors"
        )
        with open_checkpoint([tmp_path / "l.safetensors"]) as checkpoint:
            wanted = filling.Wanted(dtype=torch.float32, kept=precision)
            made = filling.build(lambda: torch.nn.Linear(64, 9), checkpoint, "cpu", wanted, "l")
        with torch.inference_mode():
            assert made(torch.ones(1, 64)).shape == (1, 9)


@pytest.mark.parametrize("precision", ["fp8", "int8", "q4"])
def test_a_pipeline_of_components_runs_in_few_bits_on_a_cpu_and_on_a_card_and_nowhere_else(precision):
    net = replace(torch_variant(place("cpu", 1.0, precision)), runtime="diffusion")

    assert [r.precision for r in planned(net).rungs] == [precision]
    assert devices("diffusion", precision) == {"cpu", "cuda"}


def test_a_backend_that_components_do_not_have_is_refused_by_name():
    net = replace(torch_variant(place("cpu", 1.0, "q4"), options={"backend": "torchao"}), runtime="diffusion")

    (rejection,) = planned(net).rejected

    assert rejection.reason == "net: wants q4 on cpu, and torchao has no q4 path there."
    assert rejection.remedy == 'bitsandbytes has one: [variant.net.options] backend = "bitsandbytes".'
