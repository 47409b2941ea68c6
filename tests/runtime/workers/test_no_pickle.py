"""Nothing that can run code when it is read crosses a wire or lies in a file of ours: the source is searched for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import rung

SOURCE = Path(rung.__file__).parent

ALLOWED = {
    ("models/recipes/checkpoint.py", "import pickle"): "an Unpickler that admits tensors only, at pull time, of a file "
    "whose sha256 was checked",
}
"""(file, what) -> why it is sound there. A new entry wants a reviewer who agrees with its reason."""

MODULES = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle", "code"}
BUILTINS = {"eval", "exec", "compile", "__import__"}
LOADERS = {"torch.load": "weights_only", "yaml.load": "", "yaml.unsafe_load": "", "yaml.full_load": ""}
"""Calls that are refused; with the keyword that makes them sound where it is True."""


def found_in(source: str) -> Iterator[str]:
    """Every use that could run what it reads, in words."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                yield from (f"import {n.name}" for n in names if n.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module)):
                if module.partition(".")[0] in MODULES:
                    yield f"import {module}"
            case ast.Call():
                yield from _calls(node)


def _calls(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func)
    flags = {k.arg: isinstance(k.value, ast.Constant) and k.value.value is True for k in node.keywords}
    literal = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
    if name in BUILTINS:
        yield f"{name}()"
    if name in LOADERS and not flags.get(LOADERS[name]):
        yield f"{name}()"
    if name.endswith("import_module") and str(literal).partition(".")[0] in MODULES:
        yield f"import {literal}"
    yield from (
        f"{flag}=..." for flag in ("allow_pickle", "trust_remote_code") if flag in flags and not _off(node, flag)
    )
    if flags.get("shell"):
        yield "shell=True"


def _off(node: ast.Call, flag: str) -> bool:
    (value,) = (k.value for k in node.keywords if k.arg == flag)
    return isinstance(value, ast.Constant) and value.value is False


def test_no_source_of_ours_reads_what_can_run():
    found = {
        (str(path.relative_to(SOURCE)), what) for path in SOURCE.rglob("*.py") for what in found_in(path.read_text())
    }

    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "import os, marshal as m",
        "from shelve import open",
        "from dill import loads",
        "importlib.import_module('pickle')",
        "eval(text)",
        "exec(text)",
        "yaml.load(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=flag)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_the_search_finds_each_way(line):
    assert list(found_in(line))


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(path, weights_only=True)",
        "np.load(path, allow_pickle=False)",
        "model.eval()",
        "yaml.safe_load(text)",
        "re.compile(text)",
        "AutoModel.from_pretrained(name, trust_remote_code=False)",
    ],
)
def test_the_search_lets_pass_what_is_sound(line):
    assert list(found_in(line)) == []
