"""Words, units and sizes that all the other values speak in."""

from __future__ import annotations

from typing import Literal

DeviceKind = Literal["cpu", "cuda", "mps"]
Precision = Literal["fp32", "fp16", "bf16", "fp8", "int8", "q4", "none"]
Kind = Literal["real", "quantized", "substitute", "mock"]
Verified = Literal["ran", "loaded-random", "never"]
Mode = Literal["real", "mock", "off"]
SourceKind = Literal["package", "file", "hub", "pypi", "npm"]
Privacy = Literal["machine", "own", "any"]
Strategy = Literal["resident", "component-offload", "sequential-offload", "group-offload-disk"]
"""Where the components of a variant are between and during its calls; each next one needs less of the device and takes
longer. resident: all on the device. component-offload: in RAM, one on the device at a time. sequential-offload: in RAM,
one block of one component on the device at a time. group-offload-disk: the same from files on the local disk."""
FigureSource = Literal["catalogue", "measured"]
"""Where a figure comes from; measured: on this hardware."""

MiB = 1024 * 1024
GiB = 1024 * MiB

LARGEST_PIXELS = 25_000_000
"""Pixels of the largest picture that operations take unless they or rung.toml say otherwise."""

USUAL_PIXELS = 1_000_000
"""The picture for which one figure of a latency or of a peak is shown. A variant whose peak at this size fits is
feasible; each call is admitted by its own size, and one that is too large steps down or is refused with the numbers."""
