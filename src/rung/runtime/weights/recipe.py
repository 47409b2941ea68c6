"""Runs a conversion recipe in a process of its own: isolated, its memory returned, its last words kept."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from rung.runtime.errors import WeightsError

RunRecipe = Callable[[str, Mapping[str, Path], Path], Mapping[str, str]]
"""(recipe, inputs by Weights.name, where to write) -> the versions of the libraries that took part.
It blocks until the file is written; it raises WeightsError with the reason otherwise."""

LIMIT_S = 1800.0
_OURS = re.compile(r"^rung\.runtime\.errors\.\w+: ")
"""How a traceback ends where an error of ours was raised: its sentence stands for itself."""


def run_in_process(recipe: str, inputs: Mapping[str, Path], out: Path) -> Mapping[str, str]:
    """The default runner: `python -m rung.runtime.weights.recipe_child`, at most LIMIT_S seconds."""
    with tempfile.TemporaryDirectory(prefix="rung-recipe-") as place:
        told = Path(place) / "libraries.json"
        order = {"inputs": {name: str(path) for name, path in inputs.items()}, "out": str(out), "libraries": str(told)}
        argv = [sys.executable, "-P", "-m", "rung.runtime.weights.recipe_child", recipe, json.dumps(order)]
        try:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise WeightsError(f"the recipe {recipe} took longer than {LIMIT_S:.0f} s and was ended") from error
        if done.returncode != 0:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            why = _OURS.sub("", lines[-1]) if lines else f"it ended with status {done.returncode} and said nothing"
            raise WeightsError(f"the recipe {recipe} failed: {why}")
        versions: dict[str, str] = json.loads(told.read_text("utf-8"))
        return versions
