"""The net in NumPy against sums by hand and against torch, and what its reader refuses."""

from pathlib import Path

import numpy as np
import pytest

from rung.models.strokes.net import Convolution, Linear, Net, Ties
from rung.models.strokes.net_file import net_of, read
from rung.runtime.errors import WeightsError

NONE = np.empty((0, 2), np.int64)


def eye(n: int) -> np.ndarray:
    return np.eye(n, dtype=np.float32)


def test_a_stroke_is_told_the_mean_of_those_that_touch_it_and_nothing_where_none_does() -> None:
    ties = Ties.of(4, np.array([[0, 1], [0, 2]]))
    values = np.array([[1.0], [10.0], [30.0], [7.0]], np.float32)
    assert ties.mean(values).ravel().tolist() == [20, 1, 1, 0]
    assert Ties.of(2, NONE).mean(values[:2]).ravel().tolist() == [0, 0]


def test_a_layer_adds_its_own_the_touching_and_the_beside_and_passes_the_positive_on() -> None:
    layer = Convolution(eye(2), 2 * eye(2), 4 * eye(2), np.array([0.0, -100.0], np.float32))
    last = Linear(eye(2), np.zeros(2, np.float32))
    net = Net(np.zeros(2, np.float32), np.ones(2, np.float32), (layer,), (last,))
    features = np.array([[1, 1], [2, 2], [3, 3]], np.float32)
    shares = net.shares(features, np.array([[0, 1]]), np.array([[1, 2]]))
    # 1 + 2*2, 2 + 2*1 + 4*3, 3 + 4*2; the second figure is below 0 everywhere.
    first = np.exp([5.0, 16.0, 11.0])
    assert shares[:, 0] == pytest.approx(first / (first + 1))


def state(features: int = 19, classes: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    """A small net as PyTorch Geometric names its tensors."""
    draw = np.random.default_rng(seed)

    def made(*shape: int) -> np.ndarray:
        return draw.normal(size=shape).astype(np.float32)

    return {
        "conv1.lin_l.weight": made(8, features),
        "conv1.lin_l.bias": made(8),
        "conv1.lin_r.weight": made(8, features),
        "conv2.lin_l.weight": made(16, 8),
        "conv2.lin_l.bias": made(16),
        "conv2.lin_r.weight": made(16, 8),
        "fc1.weight": made(6, 16),
        "fc1.bias": made(6),
        "fc2.weight": made(classes, 6),
        "fc2.bias": made(classes),
    }


@pytest.mark.torch
@pytest.mark.parametrize("nested", [False, True])
def test_a_users_pth_answers_what_torch_answers_and_none_of_its_code_is_run(tmp_path: Path, nested: bool) -> None:
    torch = pytest.importorskip("torch")
    tensors = {name: torch.from_numpy(value) for name, value in state().items()}
    torch.save({"epoch": 7, "model_state_dict": tensors} if nested else tensors, tmp_path / "own.pth")
    features = np.random.default_rng(1).normal(size=(5, 19)).astype(np.float32)
    x, mean = torch.from_numpy(features), torch.zeros(5, 5)
    mean[0, 1] = mean[1, 0] = 1.0
    for name in ("conv1", "conv2"):
        x = torch.nn.functional.linear(mean @ x, tensors[f"{name}.lin_l.weight"], tensors[f"{name}.lin_l.bias"]) + (
            x @ tensors[f"{name}.lin_r.weight"].T
        )
        x = x.relu()
    x = torch.nn.functional.linear(x, tensors["fc1.weight"], tensors["fc1.bias"]).relu()
    x = torch.nn.functional.linear(x, tensors["fc2.weight"], tensors["fc2.bias"]).softmax(dim=1)
    found = read(tmp_path / "own.pth").shares(features, np.array([[0, 1]]), NONE)
    assert found == pytest.approx(x.numpy(), abs=1e-5)


@pytest.mark.torch
def test_a_pth_that_pickles_its_module_is_refused_before_anything_runs(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save(torch.nn.Linear(3, 3), tmp_path / "module.pth")
    with pytest.raises(WeightsError, match=r"torch\.nn\.modules\.linear\.Linear, which is not on the allow-list"):
        read(tmp_path / "module.pth")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bn1.running_mean": np.zeros(8)}, "bn1.running_mean, which belongs to no"),
        ({"conv2.lin_r.weight": np.zeros((16, 9))}, "layer conv2 do not fit"),
        ({"fc1.weight": np.zeros((6, 17))}, "gives 16 figures and the next takes 17"),
        ({"fc2.bias": np.zeros(2)}, "fc2 holds"),
        ({"conv1.lin_r.weight": None}, "conv1 holds"),
    ],
)
def test_tensors_that_make_no_such_net_are_refused_by_name(change: dict[str, np.ndarray | None], said: str) -> None:
    tensors = {name: value for name, value in {**state(), **change}.items() if value is not None}
    with pytest.raises(WeightsError, match=said):
        net_of(tensors, "own.pth")
