"""A model over one component, for a real worker. Holds no tests."""

from __future__ import annotations

import torch

from rung.models.torch.components import Recipe, Store
from rung.models.torch.device import TorchDevice
from rung.models.torch.ladder import Ladder
from rung.models.torch.model import TorchModel
from rung.runtime.tasks import ComputeOutput

WIDTH = 1024


class Layers(torch.nn.Module):
    """Square layers one after the other."""

    def __init__(self, count):
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(count))

    def forward(self, x):
        for layer in self.layers:
            x = (2 * layer(x)).tanh()  # so that it neither dies nor grows
        return x


class Tower(TorchModel):
    """Answers with the sum of what comes out of the top."""

    def prepare(self, context):
        member = context.members[context.variant]
        make = lambda: Layers(int(member.options["layers"]))  # noqa: E731
        files = list(member.weights.values())
        recipe = Recipe(name="tower", make=make, files=files, dtype=self.dtype, kept=member.precision)
        store = Store(TorchDevice(self.device), context.room)
        self.part = store.part("tower", recipe)
        self.ladder = Ladder(store, {member.variant: (member, [self.part])})
        self.ladder.settle()

    def answer(self, call):
        x = torch.linspace(-1, 1, WIDTH)[None].to(self.dtype)
        top = self.ladder.run(call, lambda: self.part.module(x))
        return ComputeOutput(value={"sum": float(top.sum()), "on_device": self.part.held})
