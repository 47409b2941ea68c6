"""Opens ONNX Runtime sessions for every adapter, under one set of settings."""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort

from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context


def session(path: Path, context: Context) -> ort.InferenceSession:
    """A session on the CPU with the context's threads. Raises LoadFailed for another device.

    The arena is off: it gives the peak of the encoder back after the call. MobileSAM then rests at 0.34 GB
    instead of 0.75 GB and SAM 2 tiny at 0.63 GB instead of 1.64 GB, for about 0.06 s per encoding.
    Threads do not spin while they wait: workers share the cores with each other and with the server, and a
    spinning thread takes the core from the one that it waits for (MI-GAN beside two busy processes on 2 cores:
    1.84 s spinning, 1.41 s not; alone 0.62 s and 0.66 s).
    The option `prepack` (true where a variant does not say otherwise) re-lays weights for speed when the session
    opens, which copies them. Without it, weights that lie outside the graph (`recipes/external.py`) stay mapped:
    the catalogue says what either costs.
    """
    if context.device != "cpu":
        raise LoadFailed(
            f"{context.variant} runs on the CPU only (device {context.device} was asked for): set its device to cpu."
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = context.threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not context.options.get("prepack", True):
        options.add_session_config_entry("session.disable_prepacking", "1")
        # The level above re-lays the weights of convolutions in blocks, which copies them too.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
