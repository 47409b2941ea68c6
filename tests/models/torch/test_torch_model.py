"""TorchModel: what an author's model is given, and the mode in which it runs."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from safetensors.torch import save_file  # noqa: E402
from torch import nn  # noqa: E402

from rung.models.torch.model import TorchModel  # noqa: E402
from rung.runtime.errors import LoadFailed  # noqa: E402
from rung.runtime.model import Context, Result  # noqa: E402

pytestmark = pytest.mark.torch


class Doubler(TorchModel):
    """answer: what it saw of the mode it ran in."""

    def prepare(self, context):
        self.net = self.module(context, lambda: nn.Linear(2, 2))

    def answer(self, call):
        return torch.is_inference_mode_enabled(), self.net(torch.ones(2, dtype=self.dtype))


def context(path: Path, precision: str = "fp32") -> Context:
    return Context(
        variant="doubler", task="t", device="cpu", precision=precision, threads=1, weights={"d/net.safetensors": path}
    )


@pytest.fixture
def path(tmp_path):
    save_file({"weight": torch.eye(2) * 2, "bias": torch.zeros(2)}, tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_calls_run_in_inference_mode_and_what_lies_between_them_does_not(path, precision, dtype):
    model = Doubler()
    model.load(context(path, precision))
    between = []

    for index, outcome in model.run([None, None]):
        between.append((index, torch.is_inference_mode_enabled()))
        assert isinstance(outcome, Result)
        inside, answer = outcome.output
        assert inside and answer.dtype == dtype and answer.tolist() == [2, 2]

    assert between == [(0, False), (1, False)]


def test_a_precision_that_it_cannot_run_in_is_refused_with_those_that_it_can(path):
    with pytest.raises(LoadFailed, match="doubler runs in fp32, fp16, bf16, fp8, int8, q4, not in none"):
        Doubler().load(context(path, "none"))


def test_weights_can_be_changed_outside_of_a_call(path):
    model = Doubler()
    model.load(context(path))

    model.net.weight.mul_(2)  # an inference tensor would refuse

    assert model.net.weight[0, 0] == 4
