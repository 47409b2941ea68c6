"""The model of bench/cores.py, apart from it so that a worker imports nothing else."""

from __future__ import annotations

import numpy as np

from rung.runtime.model import Result
from rung.runtime.tasks import InpaintOutput


class Chain:
    """Matrix products one after the other: nothing but cores."""

    def load(self, context):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = context.threads
        if not context.options["by_itself"]:  # as our adapters do: an idle worker's threads leave the cores to others
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(str(context.weight(".onnx")), options)
        side = self.session.get_inputs()[0].shape[0]
        self.x = np.full((side, side), 1 / side, np.float32)

    def run(self, calls):
        for index, call in enumerate(calls):
            self.session.run(None, {"x": self.x})
            yield index, Result(InpaintOutput(pixels=call.input.pixels))
