"""The server, the catalogue and every app load no model library: a machine without them can serve and plan."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "onnxruntime", "onnx", "cv2", "transformers", "safetensors", "huggingface_hub", "nicegui", "pynvml")

IMPORTS = {
    "server": "import rung.runtime.server.asgi, rung.runtime.engine, rung.runtime.workers.template",
    "catalogue": "import rung.models.catalog",
    "apps": "from rung.cli.compose import apps; assert [a.name for a in apps()]",
    "command line": "import rung.cli.main",
}


@pytest.mark.parametrize("what", IMPORTS)
def test_importing_it_loads_no_model_library(what: str) -> None:
    look = f"{IMPORTS[what]}; import sys; print(sorted(set(sys.modules) & {set(HEAVY)!r}))"

    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=60, check=True)

    assert seen.stdout.strip() == "[]"


def test_the_worker_side_imports_the_standard_library_and_numpy_only() -> None:
    look = (
        "import sys; before = set(sys.modules); import rung.runtime.workers.child, rung.runtime.model; "
        "new = {m.partition('.')[0] for m in set(sys.modules) - before}; "
        "print(sorted(new - set(sys.stdlib_module_names) - {'numpy', 'rung'}))"
    )

    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=60, check=True)

    assert seen.stdout.strip() == "[]"
