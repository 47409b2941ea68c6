"""A module made without weights and filled tensor by tensor answers like the one that was saved."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from safetensors.torch import save_file  # noqa: E402
from torch import nn  # noqa: E402

from rung.models.torch import filling  # noqa: E402
from rung.models.torch.checkpoint import open_checkpoint  # noqa: E402
from rung.runtime.errors import LoadFailed  # noqa: E402

pytestmark = pytest.mark.torch


class Net(nn.Module):
    """Everything that makes filling hard: a tied weight, a norm with counts, a table that no file holds."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.embed = nn.Embedding(16, width)
        self.norm = nn.BatchNorm1d(width)
        self.head = nn.Linear(width, 16, bias=False)
        self.head.weight = self.embed.weight
        self.register_buffer("waves", torch.linspace(0, 1, width) ** 2, persistent=False)

    def forward(self, x):
        return self.head(self.norm(self.embed(x)) + self.waves)


@pytest.fixture
def saved(tmp_path):
    """A trained-looking Net, and its checkpoint without the tied name."""
    torch.manual_seed(3)
    net = Net().eval()
    net.norm.running_mean.normal_()
    state = {name: tensor for name, tensor in net.state_dict().items() if name != "head.weight"}
    save_file(state, tmp_path / "net.safetensors")
    return net, tmp_path / "net.safetensors"


def filled(path, make=Net, dtype=torch.float32):
    with open_checkpoint([path]) as checkpoint:
        return filling.build(make, checkpoint, "cpu", filling.Wanted(dtype=dtype), "net")


def test_a_hollow_module_has_no_memory_for_weights_and_its_own_tables():
    net = filling.hollow(Net)

    assert all(p.is_meta and not p.requires_grad for p in net.parameters()) and not net.training
    assert torch.equal(net.waves, Net().waves) and net.head.weight is net.embed.weight
    assert not nn.Linear(2, 2).weight.is_meta  # what others construct afterwards is whole again


def test_a_filled_module_answers_like_the_one_that_was_saved(saved):
    net, path = saved
    x = torch.arange(16)

    again = filled(path)

    assert torch.equal(again(x), net(x)) and again.head.weight is again.embed.weight
    assert not any(t.is_meta for t in (*again.parameters(), *again.buffers()))


def test_floating_tensors_take_the_plan_s_dtype_and_whole_numbers_keep_theirs(saved):
    again = filled(saved[1], dtype=torch.bfloat16)

    assert again.embed.weight.dtype == again.norm.running_mean.dtype == torch.bfloat16
    assert again.norm.num_batches_tracked.dtype == torch.int64
    assert again.waves.dtype == torch.float32  # computed, not loaded: its precision is the author's choice


def test_both_names_of_a_tied_weight_may_be_there(saved, tmp_path):
    net, _ = saved
    save_file({name: t.clone() for name, t in net.state_dict().items()}, tmp_path / "both.safetensors")

    again = filled(tmp_path / "both.safetensors")

    assert again.head.weight is again.embed.weight and torch.equal(again.embed.weight, net.embed.weight)


def test_missing_and_unexpected_tensors_are_named(saved, tmp_path):
    state = {"embed.weight": torch.zeros(16, 8), "norm.weight": torch.zeros(8), "old.bias": torch.zeros(1)}
    save_file(state, tmp_path / "other.safetensors")

    with pytest.raises(LoadFailed) as caught:
        filled(tmp_path / "other.safetensors")

    assert (
        "lacks 4 tensors (norm.bias, norm.running_mean, norm.running_var, norm.num_batches_tracked)"
        in caught.value.message
    )
    assert "no place for (old.bias)" in caught.value.message and "head.weight" not in caught.value.message


def test_a_checkpoint_of_another_size_is_refused_by_name(saved):
    with pytest.raises(LoadFailed, match=r"norm.weight is \[8\], the model's is \[4\]|embed.weight is \[16, 8\]"):
        filled(saved[1], lambda: Net(4))
