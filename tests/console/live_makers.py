"""Jobs and models as the API gives them."""

from __future__ import annotations

from typing import Any

GIB = 2**30


def job(name: str, status: str = "running", **more: Any) -> dict[str, Any]:
    """A job whose id ends with that name."""
    made = {
        "id": f"0192f0c1d2e3-{name:->8}",
        "app": "editor",
        "operation": "remove",
        "status": status,
        "queue_position": None,
        "progress": {"stage": "", "frac": 0.0},
        "created": 1000.0,
        "started": None if status == "queued" else 1001.0,
        "finished": None if status in ("queued", "running") else 1003.5,
        "attempts": [],
        "error": None,
        "cancel_requested": False,
    }
    return made | more


def model(name: str, state: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {"variant": name, "task": "segment", "feasible": True, "device": "cpu", "state": state} | more


def state(**more: Any) -> dict[str, Any]:
    made = {"state": "ready", "device": "cpu", "running": 0, "queued": 0, "pinned": False, "bytes": GIB, "load_s": 0.4}
    return made | {"reserved": 2 * GIB, "restarts": 0} | more
