"""Tiny pipelines made again with fewer bits, by the recipes of `rung weights quantize`. Holds no tests."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from rung.models.recipes import quantize_tensors

FORMS = ("fp8", "int8", "q4")


def forms() -> list[str]:
    """Without those whose library is not here."""
    return [*FORMS] if find_spec("bitsandbytes") is not None else ["fp8"]


def made(folder: Path, form: str) -> Path:
    """The pipeline beside itself, every component in that form that has something to gain."""
    few = folder.with_name(f"{folder.name}-{form}")
    shutil.copytree(folder, few)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantize_tensors, "LEAST", 64)  # the tiny have no weight of 4096 numbers
        for path in folder.rglob("*.safetensors"):
            getattr(quantize_tensors, form)({path.name: path}, few / "made")
            if (few / "made").exists():
                (few / "made").replace(few / path.relative_to(folder))
    return few
