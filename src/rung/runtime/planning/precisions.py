"""Which library computes with weights of 8 or 4 bits, in which runtime, on which kind of device: data, and what
follows from it.

What a row says was either run by us on that device, or its `source` says who states it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rung.runtime.planning.words import listed
from rung.runtime.sections import inner
from rung.runtime.spec import DeviceKind, Placeable, Precision, Variant

FEW_BITS: frozenset[Precision] = frozenset(("fp8", "int8", "q4"))
"""Precisions that need a library which computes with them. The others every runtime has, or its catalogue says not."""

OPTION = "backend"
"""The option of a variant that names the library, where its author or user wants another than the first that fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """name: of the library. runtimes: in which it is used. module: what has to be importable beside the runtime's own;
    empty: nothing."""

    name: str
    runtimes: tuple[str, ...]
    precision: Precision
    devices: tuple[DeviceKind, ...]
    module: str = ""
    source: str = ""


TORCH = ("torch", "diffusion")
"""Runtimes whose weights are in torch layers that models/torch/compressed.py can have compute with few bits."""

BACKENDS: tuple[Backend, ...] = (
    Backend(
        name="torch",
        runtimes=TORCH,
        precision="fp8",
        devices=("cpu", "cuda"),
        source="stored in fp8, cast layer by layer (models/torch/cast.py), run here on a CPU; torch has no fp8 on mps",
    ),
    Backend(
        name="bitsandbytes",
        runtimes=TORCH,
        precision="int8",
        devices=("cuda", "cpu"),
        module="bitsandbytes",
        source="0.50.2, run here on a CPU; CUDA as its documentation says",
    ),
    Backend(
        name="bitsandbytes",
        runtimes=TORCH,
        precision="q4",
        devices=("cuda", "cpu"),
        module="bitsandbytes",
        source="0.50.2, NF4, run here on a CPU; CUDA as its documentation says",
    ),
    Backend(
        name="torchao",
        runtimes=("torch",),
        precision="int8",
        devices=("cuda", "cpu"),
        module="torchao",
        source="0.18.0, Int8WeightOnlyConfig, run here on a CPU; for loaders that use it themselves",
    ),
    Backend(
        name="torchao",
        runtimes=("torch",),
        precision="q4",
        devices=("cuda",),
        module="torchao",
        source="0.18.0: every packing of Int4WeightOnlyConfig refused a CPU here; for loaders that use it themselves",
    ),
    Backend(
        name="onnxruntime",
        runtimes=("onnx",),
        precision="int8",
        devices=("cpu",),
        source="1.31.1, weights kept as int8 and made whole where they are used, run here",
    ),
    Backend(
        name="onnxruntime",
        runtimes=("onnx",),
        precision="q4",
        devices=("cpu",),
        source="1.31.1, MatMulNBits, run here",
    ),
)


def backends(runtime: str, precision: Precision) -> tuple[Backend, ...]:
    """Every library that computes with that precision in that runtime."""
    return tuple(b for b in BACKENDS if runtime in b.runtimes and b.precision == precision)


def devices(runtime: str, precision: Precision) -> frozenset[DeviceKind]:
    """The kinds of device on which that runtime computes with that precision, by any library."""
    return frozenset(kind for backend in backends(runtime, precision) for kind in backend.devices)


def precisions(runtime: str, device: DeviceKind) -> frozenset[Precision]:
    """The precisions of few bits with which that runtime computes on that kind of device."""
    return frozenset(b.precision for b in BACKENDS if runtime in b.runtimes and device in b.devices)


def backend_at(variant: Variant, place: Placeable, wish: object) -> Backend | None:
    """The library that would be used there: the one that is wished for by name, else the first that has the device.

    None where none has it, and where the precision needs none.
    """
    known = backends(variant.runtime, place.precision)
    wanted = [b for b in known if b.name == wish] if wish else list(known)
    return next((b for b in wanted if place.device in b.devices), None)


def objection(variant: Variant, place: Placeable, wish: object) -> tuple[str, str]:
    """Why the precision does not exist there, as it follows the variant's name, and the remedy; empty: it does.

    A runtime of which the table knows nothing (another package's) is left to its author.
    """
    foreign = all(variant.runtime not in b.runtimes for b in BACKENDS)
    if place.precision not in FEW_BITS or foreign or backend_at(variant, place, wish) is not None:
        return "", ""
    who = str(wish) if wish else f"the runtime {variant.runtime}"
    sentence = f"wants {place.precision} on {place.device}, and {who} has no {place.precision} path there"
    return sentence, _instead(variant, place)


def _instead(variant: Variant, place: Placeable) -> str:
    known = backends(variant.runtime, place.precision)
    here = [b.name for b in known if place.device in b.devices]
    if here:
        return f'{listed(here)} has one: {inner(variant.name, "options")} {OPTION} = "{here[0]}".'
    elsewhere: list[str] = sorted(devices(variant.runtime, place.precision))
    others: list[str] = sorted(precisions(variant.runtime, place.device))
    return " ".join(
        [
            *([f"{place.precision} runs on {listed(elsewhere)}."] if elsewhere else []),
            *([f"On {place.device} it has {listed(others)}."] if others else []),
        ]
    )
