"""What each family of variants needs to run."""

from __future__ import annotations

from collections.abc import Mapping

from rung.runtime.spec import Runtime

RUNTIMES: Mapping[str, Runtime] = {
    runtime.name: runtime
    for runtime in (
        Runtime(name="pictures", modules=("numpy", "PIL.Image", "cv2"), extra="vision"),
        Runtime(name="onnx", modules=("numpy", "PIL.Image", "cv2", "onnxruntime"), extra="onnx"),
        # Neither starts a thread when it is imported, so their templates can be forked (tests/models/test_runtimes.py).
        Runtime(name="gguf", modules=("numpy", "xllamacpp"), extra="gguf"),
        Runtime(name="tflite", modules=("numpy", "PIL.Image", "cv2", "ai_edge_litert.interpreter"), extra="tflite"),
        Runtime(name="torch", modules=("numpy", "PIL.Image", "cv2", "torch"), extra="torch"),
        Runtime(
            name="diffusion",
            modules=("numpy", "PIL.Image", "cv2", "torch", "transformers", "diffusers", "accelerate"),
            extra="diffusion",
        ),
        # AGPL-3.0, and wants torchvision: for an interpreter of the user's, so no extra of ours brings it.
        Runtime(name="ultralytics", modules=("numpy", "PIL.Image", "cv2", "torch", "ultralytics"), fork=False),
        # No variant names it: a library that models of another runtime need for a precision of theirs (planning/
        # precisions.py). Its worker imports it after the fork, since it asks CUDA for the device.
        Runtime(name="bitsandbytes", modules=("bitsandbytes",), extra="quant"),
    )
}
