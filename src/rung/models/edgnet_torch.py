"""EDGNet's net on a GPU; its strokes are traced on the CPU all the same, and that is most of the time."""

from __future__ import annotations

from typing import Any

import torch

from rung.models.edgnet import answer, figures, file_of, named, pixels_of
from rung.models.strokes.drawing import drawn
from rung.models.strokes.net_file import read
from rung.models.strokes.torch_net import averages, module_of
from rung.models.torch.model import TorchModel
from rung.runtime.model import Call, Context
from rung.runtime.tasks import ClassifyStrokesInput, ClassifyStrokesOutput


class EdgNetTorch(TorchModel):
    """The files and the option `classes` as `EdgNet` takes them."""

    def prepare(self, context: Context) -> None:
        """Read the net and bring it to the device."""
        net = read(file_of(context))
        self._classes = named(context, net)
        self._features = net.features
        self._module: Any = module_of(net).to(self.device)

    def answer(self, call: Call[ClassifyStrokesInput]) -> ClassifyStrokesOutput:
        """The strokes of the picture."""
        grey, scale = pixels_of(call)
        strokes = drawn(grey)
        call.check()
        count = len(strokes.controls)
        told = torch.from_numpy(figures(strokes, self._features)).to(self.device)
        ties = [averages(count, pairs).to(self.device) for pairs in (strokes.touching, strokes.beside)]
        shares = self._module(told, *ties).softmax(dim=1).cpu().numpy()
        return answer(call.input, strokes, scale, shares, self._classes)
