"""The reader's net: a strip 32 pixels high to the shares of its signs, a step for every 4 pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rung.models.signs import ALPHABETS, SIGNS

CLASSES = len(SIGNS) + 1
NEVER = -1e4


class Unit(nn.Sequential):
    """Convolution, normalised, rectified."""

    def __init__(self, before: int, after: int, kernel: tuple[int, int], stride: tuple[int, int], pad: tuple[int, int]):
        super().__init__(
            nn.Conv2d(before, after, kernel, stride, pad, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
        )


class Mixer(nn.Module):
    """Each step hears of its neighbours: seven steps a channel, then all channels of a step."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.along = nn.Conv1d(width, width, 7, padding=3 * dilation, dilation=dilation, groups=width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.across = nn.Sequential(
            nn.Conv1d(width, 2 * width, 1), nn.ReLU(inplace=True), nn.Conv1d(2 * width, width, 1)
        )

    def forward(self, steps: Tensor) -> Tensor:
        """f32 [N, C, T] -> the same shape."""
        return steps + self.across(self.norm(self.along(steps)))


class ReaderNet(nn.Module):
    """f32 [N, 1, 32, W] -> scores f32 [N, W / 4, classes]; class 0 is CTC's blank."""

    def __init__(self, width: int = 192):
        super().__init__()
        self.eye = nn.Sequential(
            Unit(1, 32, (3, 3), (2, 2), (1, 1)),
            Unit(32, 64, (3, 3), (2, 1), (1, 1)),
            Unit(64, 96, (3, 3), (2, 2), (1, 1)),
            Unit(96, 128, (3, 3), (1, 1), (1, 1)),
            Unit(128, width, (4, 1), (1, 1), (0, 0)),
        )
        self.steps = nn.Sequential(Mixer(width, 1), Mixer(width, 1), Mixer(width, 2))
        self.drop = nn.Dropout(0.1)
        self.head = nn.Conv1d(width, CLASSES, 1)

    def forward(self, strips: Tensor) -> Tensor:
        """Scores by step."""
        return self.head(self.drop(self.steps(self.eye(strips).squeeze(2)))).transpose(1, 2)


def masks() -> dict[str, Tensor]:
    """Per alphabet f32 [classes]: 0 for the signs that it has and the blank, NEVER for the others."""
    places = {sign: place for place, sign in enumerate(SIGNS, 1)}
    out = {}
    for name, signs in ALPHABETS.items():
        mask = torch.full((CLASSES,), NEVER)
        mask[[0, *(places[sign] for sign in signs)]] = 0
        out[name] = mask
    return out
