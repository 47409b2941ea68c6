"""The trivial models of bench/workers.py, apart from it so that a worker imports nothing else."""

from __future__ import annotations

import numpy as np

from rung.runtime.model import Result
from rung.runtime.tasks import InpaintOutput


class Onnx:
    """A session of one node."""

    def load(self, context):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = context.threads
        self.session = onnxruntime.InferenceSession(str(context.weight(".onnx")), options)

    def run(self, calls):
        for index, call in enumerate(calls):
            self.session.run(None, {"x": np.eye(2, dtype=np.float32)})
            yield index, Result(InpaintOutput(pixels=call.input.pixels))


class Torch:
    def load(self, context):
        import torch

        self.layer = torch.nn.Linear(2, 2)
        self.torch = torch

    def run(self, calls):
        for index, call in enumerate(calls):
            with self.torch.inference_mode():
                self.layer(self.torch.ones(1, 2))
            yield index, Result(InpaintOutput(pixels=call.input.pixels))
