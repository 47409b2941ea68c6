"""The surrogate of `tolerance` against the simulation, on surfaces that a seed draws."""

from __future__ import annotations

import random
import statistics
from typing import Any

from _report import Figure
from rung.runtime.client import Client
from rung.runtime.errors import RungError

GOAL = 0.05
SURFACES = 24
SAMPLES = 2000
"""Of each simulation: the 95 % quantile of so many has an error of its own of about one in a hundred."""


def tolerance(client: Client) -> list[Figure]:
    """Median relative error of the zones, and whether a surface far outside the range is refused."""
    rungs = [rung["variant"] for one in client.tasks()["tasks"] if one["task"] == "predict-tolerance"
             for rung in one["rungs"]]  # fmt: skip
    surrogate = next((name for name in rungs if "surrogate" in name and "cuda" not in name), None)
    simulation = next(name for name in rungs if "surrogate" not in name)
    if surrogate is None:
        return [Figure(name="tolerance: there is no surrogate", value=None, unit="", goal=f"< {GOAL}", holds=False)]
    errors, refused, rng = [], 0, random.Random(20261130)
    for number in range(SURFACES):
        asked = surface(rng)
        try:
            quick = _zones(client, surrogate, asked, number)
        except RungError:
            refused += 1
            continue
        exact = _zones(client, simulation, asked, number)
        errors += [abs(quick[key] - exact[key]) / exact[key] for key in exact if key in quick and exact[key] > 0]
    median = statistics.median(errors) if errors else None
    outside = _outside(client, surrogate)
    return [
        Figure(name=f"tolerance: surrogate against simulation, median relative error of {len(errors)} zones",
               value=median, unit="", goal=f"< {GOAL}", holds=median is not None and median < GOAL),
        Figure(name=f"tolerance: of {SURFACES} surfaces, refused by the surrogate", value=refused, unit=""),
        Figure(name="tolerance: a surface outside its range is refused, and simulated", value=float(outside), unit="",
               goal="1", holds=outside),
    ]  # fmt: skip


def surface(rng: random.Random) -> dict[str, Any]:
    """A plane or a cylinder of usual size, with how the process leaves it."""
    side = {"length": round(rng.uniform(20, 150), 1)}
    if rng.random() < 0.5:
        shape = {"surface": "plane", "width": round(rng.uniform(20, 150), 1), **side}
    else:
        shape = {"surface": "cylinder", "diameter": round(rng.uniform(15, 100), 1), **side}
    return {"surfaces": [shape], "sigma": round(rng.uniform(0.005, 0.04), 4),
            "correlation_length": round(rng.uniform(8, 30), 1)}  # fmt: skip


def _zones(client: Client, variant: str, asked: dict[str, Any], seed: int) -> dict[tuple[str, str], float]:
    reply = client.run(
        "drawings", "tolerance", options={"variant": variant, "seed": seed}, material="steel",
        manufacturing_process="machining", samples=SAMPLES, **asked,
    )  # fmt: skip
    zones = reply.output["surfaces"][0]["zones"]
    return {(name, share): zone[share] for name, zone in zones.items() for share in ("p50", "p95")}


def _outside(client: Client, variant: str) -> bool:
    """Fifty correlation lengths a side: the surrogate refuses it, and unforced the simulation answers."""
    far = {"surfaces": [{"surface": "plane", "length": 400.0, "width": 400.0}], "correlation_length": 8.0}
    try:
        _zones(client, variant, far, 0)
    except RungError:
        reply = client.run(
            "drawings", "tolerance", material="steel", manufacturing_process="machining", samples=50, **far
        )
        return bool(reply.output["surfaces"][0]["how"] == "simulation")
    return False
