"""What each family of variants needs to run."""

from __future__ import annotations

from collections.abc import Mapping

from rung.runtime.spec import Runtime

_PICTURES = ("numpy", "PIL.Image", "cv2", "rung.models.pictures")
"""What decoding a picture needs. Ours brings Pillow's readers, which would otherwise be imported at the first picture,
in each worker by itself: 2.2 MB that workers share with their template."""

RUNTIMES: Mapping[str, Runtime] = {
    runtime.name: runtime
    for runtime in (
        Runtime(name="numpy", modules=("numpy",)),
        Runtime(name="pictures", modules=_PICTURES, extra="vision"),
        Runtime(name="onnx", modules=(*_PICTURES, "onnxruntime"), extra="onnx"),
        # The same library with its CUDA provider, which only another build of it has. It asks CUDA for the device.
        Runtime(
            name="onnx-cuda",
            modules=(*_PICTURES, "onnxruntime"),
            files=("onnxruntime/capi/libonnxruntime_providers_cuda.so",),
            fork=False,
            remedy=(
                "Put ONNX Runtime's CUDA build in the place of the other: pip uninstall onnxruntime, then pip install"
                " 'onnxruntime-gpu[cuda,cudnn]'"
            ),
        ),
        # A program of the system, started for each call; no library of Python's.
        Runtime(
            name="tesseract",
            modules=_PICTURES,
            programs=("tesseract",),
            extra="vision",
            remedy=(
                "Install Tesseract 5 with Korean and English: apt install tesseract-ocr tesseract-ocr-kor, or"
                " brew install tesseract tesseract-lang"
            ),
        ),
        # Neither starts a thread when it is imported, so their templates can be forked (tests/models/test_runtimes.py).
        Runtime(name="gguf", modules=("numpy", "xllamacpp"), extra="gguf"),
        # It starts threads of its own, and asks CUDA for the device.
        Runtime(name="xgboost", modules=("numpy", "xgboost"), extra="trees", fork=False),
        Runtime(name="tflite", modules=(*_PICTURES, "ai_edge_litert.interpreter"), extra="tflite"),
        Runtime(name="torch", modules=(*_PICTURES, "torch"), extra="torch"),
        Runtime(
            name="diffusion",
            modules=(*_PICTURES, "torch", "transformers", "diffusers", "accelerate"),
            extra="diffusion",
        ),
        # AGPL-3.0, and wants torchvision: for an interpreter of the user's, so no extra of ours brings it.
        Runtime(name="ultralytics", modules=(*_PICTURES, "torch", "ultralytics"), fork=False),
        # Wants torchvision and a viewer of its own: for an interpreter of the user's.
        Runtime(name="moge", modules=(*_PICTURES, "torch", "moge"), fork=False),
        # TensorFlow and its authors' own code: for an interpreter of the user's.
        Runtime(name="edocr2", modules=(*_PICTURES, "tensorflow", "edocr2"), fork=False),
        # CUDA, kaolin, pytorch3d, gsplat and spconv, each pinned to one torch: for an interpreter of the user's.
        Runtime(name="sam3d", modules=(*_PICTURES, "torch", "sam3d_objects"), fork=False),
        # No variant names it: a library that models of another runtime need for a precision of theirs (planning/
        # precisions.py). Its worker imports it after the fork, since it asks CUDA for the device.
        Runtime(name="bitsandbytes", modules=("bitsandbytes",), extra="quant"),
    )
}
