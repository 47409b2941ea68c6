"""Decides at which address this machine reaches a server of its own."""

from __future__ import annotations

from rung.runtime.settings import ServerSettings


def url_of(server: ServerSettings) -> str:
    """Of a server with these settings."""
    return f"http://{reachable(server.host)}:{server.port}"


def reachable(host: str) -> str:
    """The host as a destination: one that means every address means none as that."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}
    return everywhere.get(host, f"[{host}]" if ":" in host else host)
