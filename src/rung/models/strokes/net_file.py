"""Reads the net of a file: ours, or a user's own, of which no code is run; says what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from rung.models.recipes import checkpoint
from rung.models.strokes import features
from rung.models.strokes.net import Convolution, Floats, Linear, Net
from rung.models.torch.checkpoint import ENDING, open_checkpoint
from rung.runtime.errors import WeightsError
from rung.runtime.tasks import Array

TOUCHING, OWN, BESIDE = "lin_l", "lin_r", "lin_b"
"""How a layer's matrices are called: the first two as PyTorch Geometric's SAGEConv does, so that a net that was trained
with it is read as it stands; the third is ours."""
MEAN, STD = "features.mean", "features.std"
NESTED: Final = ("model_state_dict", "state_dict")
"""Where training scripts put the net's tensors inside a larger checkpoint."""
_FLOATS: Final = {"F32": np.float32, "F16": np.float16}


def read(path: Path) -> Net:
    """The net in a file. WeightsError where it is none, or its first layer takes neither 19 nor all our features."""
    net = net_of(_tensors(path), path.name)
    counts = (len(features.PAPER), len(features.PAPER) + len(features.ADDED))
    if net.features not in counts:
        raise WeightsError(
            f"{path.name}: its first layer takes {net.features} figures of a stroke; {counts[0]} (the published ones)"
            f" or {counts[1]} (and ours) are measured here."
        )
    return net


def _tensors(path: Path) -> dict[str, Array]:
    if path.suffix != ENDING:
        return checkpoint.read(path, within=NESTED)
    with open_checkpoint([path]) as opened:
        found = {}
        for entry in opened.entries:
            if entry.dtype not in _FLOATS:
                raise WeightsError(f"{path.name}: {entry.name} is {entry.dtype}; {' or '.join(_FLOATS)} is read here.")
            values = np.empty(entry.shape, _FLOATS[entry.dtype])
            opened.read(entry.name, 0, values.reshape(-1).view(np.uint8).data)
            found[entry.name] = values
        return found


def net_of(state: Mapping[str, Array], file: str) -> Net:
    """The net whose tensors these are, its layers in their order. WeightsError names what does not fit."""
    tensors = {name: np.asarray(value, np.float32) for name, value in state.items()}
    mean, std = tensors.pop(MEAN, None), tensors.pop(STD, None)
    layers: dict[str, dict[str, Floats]] = {}
    for name, value in tensors.items():
        layer, part = _part(name, file)
        layers.setdefault(layer, {})[part] = value
    convolutions = tuple(_convolution(n, parts, file) for n, parts in layers.items() if f"{OWN}.weight" in parts)
    linears = tuple(_linear(n, parts, file) for n, parts in layers.items() if f"{OWN}.weight" not in parts)
    if not convolutions or not linears:
        raise WeightsError(
            f"{file} holds {len(convolutions)} graph layers and {len(linears)} linear ones; each is needed."
        )
    _check_chain(convolutions, linears, file)
    width = convolutions[0].own.shape[1]
    return Net(
        np.zeros(width, np.float32) if mean is None else mean,
        np.ones(width, np.float32) if std is None else std,
        convolutions,
        linears,
    )


def _part(name: str, file: str) -> tuple[str, str]:
    """`convs.0.lin_l.weight` is part `lin_l.weight` of layer `convs.0`; `lins.0.bias` part `bias` of `lins.0`."""
    layer, _, kind = name.rpartition(".")
    above, _, matrix = layer.rpartition(".")
    if kind not in ("weight", "bias"):
        raise WeightsError(f"{file} holds {name}, which belongs to no graph layer and no linear one: refused.")
    return (above, f"{matrix}.{kind}") if matrix in (TOUCHING, OWN, BESIDE) else (layer, kind)


def _convolution(name: str, parts: Mapping[str, Floats], file: str) -> Convolution:
    needed = {f"{OWN}.weight", f"{TOUCHING}.weight", f"{TOUCHING}.bias"}
    allowed = needed | {f"{BESIDE}.weight"}
    if not needed <= set(parts) <= allowed:
        raise WeightsError(
            f"{file}: layer {name} holds {', '.join(sorted(parts))}; a graph layer holds {', '.join(sorted(needed))}."
        )
    own, touching = parts[f"{OWN}.weight"], parts[f"{TOUCHING}.weight"]
    beside, bias = parts.get(f"{BESIDE}.weight"), parts[f"{TOUCHING}.bias"]
    shapes = {m.shape for m in (own, touching, beside) if m is not None}
    if len(shapes) != 1 or own.ndim != 2 or bias.shape != own.shape[:1]:
        raise WeightsError(
            f"{file}: the matrices of layer {name} do not fit: {sorted(shapes)}, and its bias {bias.shape}."
        )
    return Convolution(own, touching, beside, bias)


def _linear(name: str, parts: Mapping[str, Floats], file: str) -> Linear:
    match parts:
        case {"weight": weight, "bias": bias} if (
            len(parts) == 2 and weight.ndim == 2 and bias.shape == weight.shape[:1]
        ):
            return Linear(weight, bias)
    held = ", ".join(f"{part} {list(value.shape)}" for part, value in parts.items())
    raise WeightsError(f"{file}: layer {name} holds {held}; a linear layer holds a matrix and its bias.")


def _check_chain(convolutions: tuple[Convolution, ...], linears: tuple[Linear, ...], file: str) -> None:
    shapes = [*(c.own.shape for c in convolutions), *(m.weight.shape for m in linears)]
    for (out, _), (_, taken) in pairwise(shapes):
        if out != taken:
            raise WeightsError(f"{file}: a layer gives {out} figures and the next takes {taken}; are they in order?")
