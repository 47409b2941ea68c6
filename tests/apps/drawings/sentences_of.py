"""The sentences and steps that modules make, found in their source: what is added there is not forgotten elsewhere."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import product
from types import ModuleType

FILLING = "7"
"""Stands in a sentence where a value would."""
MADE = ("off", "note", "ask", "tell", "made", "fail", "without")
"""Of `page_steps.Steps`: their first argument is the step's name, behind the job that `ask` is given."""
TOLD = (ast.Raise, ast.Assert)
"""What is raised is told elsewhere."""


def sentences(module: ModuleType) -> set[str]:
    """Texts of three words and more in the module's functions and constants: no docstrings, nothing that is raised."""
    return {text for node in _said(_tree(module)) for text in _texts(node, module) if len(text.split()) > 2}


def steps(module: ModuleType) -> set[str]:
    """Names of steps that the module writes down as they stand."""
    calls = [node for node in ast.walk(_tree(module)) if isinstance(node, ast.Call)]
    made = [one for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr in MADE]
    named = [call.args[1 if call.func.attr == "ask" else 0] for call in made if call.args]
    return {one.value for one in named if _is_text(one)}


def computed(module: ModuleType) -> set[str]:
    """Names of what the module has computed in a worker (`package.module:name`), under which provenance tells of it."""
    return set(re.findall(r"[\w}]:([a-z]\w+)\"", inspect.getsource(module)))


def _texts(node: ast.AST, module: ModuleType) -> list[str]:
    """Every text that the expression can be, as far as it is written down."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return ["".join(parts) for parts in product(*(_texts(value, module) for value in values))]
        case ast.FormattedValue(value=value):
            return _texts(value, module)
        case ast.IfExp(body=body, orelse=other):
            return [*_texts(body, module), *_texts(other, module)]
        case ast.Name(id=name) if isinstance(text := getattr(module, name, None), str):
            return [text]
        case _:
            return [FILLING]


def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _said(node: ast.AST) -> Iterator[ast.AST]:
    """The outermost texts below a node."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, TOLD) or (isinstance(child, ast.Expr) and _is_text(child.value)):
            continue
        if isinstance(child, ast.JoinedStr) or _is_text(child):
            yield child
        else:
            yield from _said(child)
