"""Opens ONNX Runtime sessions for every adapter, under one set of settings."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import onnxruntime as ort

from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context

CPU: Final = "CPUExecutionProvider"
CUDA: Final = "CUDAExecutionProvider"


def session(path: Path, context: Context) -> ort.InferenceSession:
    """A session on the device of the plan, with the context's threads. Raises LoadFailed where ONNX Runtime has no
    provider for it.

    The arena is off: it gives the peak of the encoder back after the call. MobileSAM then rests at 0.34 GB
    instead of 0.75 GB and SAM 2 tiny at 0.63 GB instead of 1.64 GB, for about 0.06 s per encoding.
    Threads do not spin while they wait: workers share the cores with each other and with the server, and a
    spinning thread takes the core from the one that it waits for (MI-GAN beside two busy processes on 2 cores:
    1.84 s spinning, 1.41 s not; alone 0.62 s and 0.66 s).
    The option `prepack` (true where a variant does not say otherwise) re-lays weights for speed when the session
    opens, which copies them. Without it, weights that lie outside the graph (`recipes/external.py`) stay mapped:
    the catalogue says what either costs.
    """
    providers = _providers(context)
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
    made = ort.InferenceSession(str(path), options, providers=providers)
    if made.get_providers()[0] != providers[0]:  # it would go on on the CPU without a word
        raise _no_cuda(context, "its CUDA provider did not start: the libraries of CUDA and cuDNN are missing")
    return made


def _providers(context: Context) -> list[str]:
    """ONNX Runtime's, first the one that is wanted. The worker sees only the card that it was given."""
    if context.device == "cpu":
        return [CPU]
    if not context.device.startswith("cuda"):
        raise LoadFailed(
            f"{context.variant} runs on a CPU or by CUDA only (device {context.device} was asked for): set it to cpu."
        )
    if CUDA not in ort.get_available_providers():
        raise _no_cuda(context, "this build has no provider of it")
    if hasattr(ort, "preload_dlls"):  # since 1.21: what pip has brought of CUDA and cuDNN
        ort.preload_dlls()
    return [CUDA, CPU]


def _no_cuda(context: Context, why: str) -> LoadFailed:
    return LoadFailed(
        f"{context.variant} on {context.device} wants ONNX Runtime's CUDA build, and {why}: put"
        " onnxruntime-gpu[cuda,cudnn] in the place of onnxruntime, or set the variant's device to cpu."
    )
