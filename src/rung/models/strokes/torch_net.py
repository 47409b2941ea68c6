"""The same net as a torch module: for training, and for devices that NumPy does not reach."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from rung.models.strokes.net import Net
from rung.models.strokes.pixels import Ints

SAGE: Final = (32, 64, 128, 256, 512)
LINEAR: Final = (256, 128, 32)
"""Widths of the published net: five graph layers, then four linear ones, the last with a figure for each class."""


class Scale(nn.Module):  # type: ignore[misc]
    """Brings each feature to 0 and 1 by the mean and the deviation of the training set."""

    mean: Tensor
    std: Tensor

    def __init__(self, count: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("std", torch.ones(count))

    def forward(self, x: Tensor) -> Tensor:
        """The same, scaled."""
        return (x - self.mean) / self.std


class Sage(nn.Module):  # type: ignore[misc]
    """One graph layer, its matrices named as PyTorch Geometric's SAGEConv names them; `lin_b` is ours."""

    def __init__(self, taken: int, given: int, beside: bool) -> None:
        super().__init__()
        self.lin_l = nn.Linear(taken, given)
        self.lin_r = nn.Linear(taken, given, bias=False)
        self.lin_b = nn.Linear(taken, given, bias=False) if beside else None

    def forward(self, x: Tensor, touching: Tensor, beside: Tensor) -> Tensor:
        """f32 [N, given]; touching and beside: sparse [N, N], each row the shares of a mean."""
        found: Tensor = self.lin_r(x) + self.lin_l(touching @ x)
        return found if self.lin_b is None else found + self.lin_b(beside @ x)


class SageNet(nn.Module):  # type: ignore[misc]
    """Five graph layers and four linear ones unless other widths are given; answers logits."""

    def __init__(
        self,
        features: int,
        classes: int,
        beside: bool,
        sage: Sequence[int] = SAGE,
        linear: Sequence[int] = LINEAR,
    ) -> None:
        super().__init__()
        self.features = Scale(features)
        graph, dense = [features, *sage], [sage[-1], *linear, classes]
        self.convs = nn.ModuleList(Sage(a, b, beside) for a, b in pairwise(graph))
        self.lins = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(dense))
        self.apply(_begun)

    def forward(self, x: Tensor, touching: Tensor, beside: Tensor) -> Tensor:
        """f32 [N, classes]."""
        x = self.features(x)
        for conv in self.convs:
            x = conv(x, touching, beside).relu()
        for lin in self.lins[:-1]:
            x = lin(x).relu()
        found: Tensor = self.lins[-1](x)
        return found


def _begun(part: nn.Module) -> None:
    """He's beginning: with torch's own, nine layers hardly pass anything on and the first epochs learn nothing."""
    if isinstance(part, nn.Linear):
        nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
        if part.bias is not None:
            nn.init.zeros_(part.bias)


def averages(count: int, pairs: Ints) -> Tensor:
    """Sparse f32 [count, count]: row n times values is the mean over n's neighbours; a row of zeros where none is."""
    both = np.concatenate([pairs, pairs[:, ::-1]]).T
    degree = np.bincount(both[0], minlength=count)
    shares = (1.0 / degree[both[0]]).astype(np.float32)
    places = torch.from_numpy(np.ascontiguousarray(both))
    return torch.sparse_coo_tensor(places, torch.from_numpy(shares), (count, count), check_invariants=False).coalesce()


def module_of(net: Net) -> SageNet:
    """The module with the weights of a net that was read from a file."""
    made = SageNet(
        net.features,
        net.classes,
        any(c.beside is not None for c in net.convolutions),
        [len(c.bias) for c in net.convolutions],
        [len(m.bias) for m in net.linears[:-1]],
    )
    made.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in _tensors(net).items()})
    return made


def _tensors(net: Net) -> dict[str, Any]:
    found = {"features.mean": net.mean, "features.std": net.std}
    for n, conv in enumerate(net.convolutions):
        parts = {"lin_l.weight": conv.touching, "lin_l.bias": conv.bias, "lin_r.weight": conv.own}
        if conv.beside is not None:
            parts["lin_b.weight"] = conv.beside
        found |= {f"convs.{n}.{name}": value for name, value in parts.items()}
    for n, linear in enumerate(net.linears):
        found |= {f"lins.{n}.weight": linear.weight, f"lins.{n}.bias": linear.bias}
    return found
