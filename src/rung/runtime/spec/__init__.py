"""The vocabulary of the runtime: frozen values that planning, scheduling and the rest speak in.

Bytes are plain integers, times are seconds, memory figures are peaks unless they say resident.
Imports the standard library only.
"""

from rung.runtime.spec.answer import Answer, Cost, Policy, Provenance
from rung.runtime.spec.figures import Footprint, Latency, Measured, Subject
from rung.runtime.spec.machine import Device, Machine
from rung.runtime.spec.plan import Facts, Placement, Plan, Rejection, Slowdown, TaskPlan
from rung.runtime.spec.variant import Component, Placeable, Provider, Quality, Runtime, Variant
from rung.runtime.spec.weights import Licence, Source, Weights
from rung.runtime.spec.words import (
    LARGEST_PIXELS,
    USUAL_PIXELS,
    DeviceKind,
    FigureSource,
    GiB,
    Kind,
    MiB,
    Mode,
    Precision,
    Privacy,
    SourceKind,
    Strategy,
    Verified,
)

__all__ = [
    "LARGEST_PIXELS",
    "USUAL_PIXELS",
    "Answer",
    "Component",
    "Cost",
    "Device",
    "DeviceKind",
    "Facts",
    "FigureSource",
    "Footprint",
    "GiB",
    "Kind",
    "Latency",
    "Licence",
    "Machine",
    "Measured",
    "MiB",
    "Mode",
    "Placeable",
    "Placement",
    "Plan",
    "Policy",
    "Precision",
    "Privacy",
    "Provenance",
    "Provider",
    "Quality",
    "Rejection",
    "Runtime",
    "Slowdown",
    "Source",
    "SourceKind",
    "Strategy",
    "Subject",
    "TaskPlan",
    "Variant",
    "Verified",
    "Weights",
]
