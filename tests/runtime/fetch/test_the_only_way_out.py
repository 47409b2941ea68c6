import ast
from functools import cache
from pathlib import Path

import rung

SOURCE = Path(rung.__file__).parent
NETWORK = {"httpx", "requests", "urllib.request", "urllib3", "http.client", "aiohttp", "ftplib", "smtplib", "telnetlib"}
MAY = {
    "runtime/fetch": "URLs that somebody else named",
    "runtime/client.py": "Rung's own API, from the outside",
    "runtime/testing": "a server of the tests' own",
    "console": "this server itself",
    "runtime/nodes/providers": "only addresses of the catalogue and the operator's rung.toml, follows no redirect",
    "runtime/weights": "only the catalogue's files, and their clients run as programs",
}
CONNECTS = {
    "runtime/workers": "unix sockets of our own workers",
    "runtime/store": "the operator's own database",
    "cli/serve.py": "asks whether its own port is free",
}


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def called(tree: ast.AST) -> set[str]:
    return {n.func.attr for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}


@cache
def files() -> list[tuple[str, ast.AST]]:
    return [(str(p.relative_to(SOURCE)), ast.parse(p.read_text("utf-8"))) for p in sorted(SOURCE.rglob("*.py"))]


def test_nothing_but_fetch_and_a_named_few_can_speak_http() -> None:
    found = [(name, sorted(imported(tree) & NETWORK)) for name, tree in files()]
    assert any(libraries for name, libraries in found if name.startswith("runtime/fetch/"))

    assert [(name, libs) for name, libs in found if libs and not name.startswith(tuple(MAY))] == []


def test_nothing_but_fetch_and_a_named_few_can_open_a_connection() -> None:
    ways = {"open_connection", "create_connection", "connect", "connect_ex", "getaddrinfo", "connect_tcp", "urlopen"}
    uses = [(n, sorted(called(t) & ways)) for n, t in files() if imported(t) & {"socket", "asyncio", "anyio", "urllib"}]
    assert ("runtime/fetch/lookup.py", ["getaddrinfo"]) in uses

    allowed = (*MAY, *CONNECTS)
    assert [(name, found) for name, found in uses if found and not name.startswith(allowed)] == []
