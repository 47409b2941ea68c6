"""What only a GPU can show of loading: tensors that come through pinned buffers, and weights of few bits that stay so.
Not run where this was written: no such machine was at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from safetensors.torch import save_file  # noqa: E402
from torch import nn  # noqa: E402

from rung.models.recipes import quantize_tensors  # noqa: E402
from rung.models.torch import filling, lane  # noqa: E402
from rung.models.torch.checkpoint import open_checkpoint  # noqa: E402

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.torch,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device here"),
]
CUDA = torch.device("cuda:0")


@pytest.mark.parametrize("dtype", [None, torch.float16])
def test_a_tensor_of_many_buffers_arrives_whole(tmp_path: Path, dtype: object) -> None:
    """Each buffer is filled again while the copy from the other may still run."""
    held = {name: torch.randn(5 * lane.BUFFER // 4 + 3) for name in ("a", "b")}
    save_file(held, tmp_path / "net.safetensors")

    with open_checkpoint([tmp_path / "net.safetensors"]) as checkpoint:
        way = lane.Lane(CUDA)
        came = {name: way.tensor(checkpoint, name, dtype) for name in held}

    for name, tensor in held.items():
        assert came[name].device == CUDA
        assert torch.equal(came[name].cpu(), tensor.to(dtype or torch.float32))


class Net(nn.Module):
    """Two products."""

    def __init__(self) -> None:
        super().__init__()
        self.lin1 = nn.Linear(256, 512)
        self.lin2 = nn.Linear(512, 64)

    def forward(self, x: object) -> object:
        return self.lin2(torch.relu(self.lin1(x)))


@pytest.mark.parametrize(("form", "close"), [("fp8", 0.08), ("int8", 0.04), ("q4", 0.25)])
def test_weights_of_few_bits_stay_so_on_the_card_and_compute_close(tmp_path: Path, form: str, close: float) -> None:
    if form != "fp8":
        pytest.importorskip("bitsandbytes")
    torch.manual_seed(2)
    net, x = Net().eval(), torch.randn(32, 256)
    save_file(net.state_dict(), tmp_path / "net.safetensors")
    getattr(quantize_tensors, form)({"n": tmp_path / "net.safetensors"}, tmp_path / "few.safetensors")

    before = torch.cuda.memory_allocated()
    with open_checkpoint([tmp_path / "few.safetensors"]) as checkpoint, torch.no_grad():
        few = filling.build(Net, checkpoint, CUDA, filling.Wanted(dtype=torch.bfloat16, kept=form), "net")
    held = torch.cuda.memory_allocated() - before
    with torch.inference_mode():
        answer, wanted = few(x.to(CUDA, torch.bfloat16)).float().cpu(), net(x)

    assert held < 0.75 * 2 * sum(p.numel() for p in net.parameters())  # of what bf16 would take
    assert ((answer - wanted).norm() / wanted.norm()).item() < close
