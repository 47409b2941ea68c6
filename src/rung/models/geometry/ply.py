"""Binary PLY files, in the two forms that 3-D models and viewers use: points with colours, and gaussians.

Written here, on numpy: plyfile is GPL-3.0, and mesh libraries keep a gaussian's properties where only their own code
finds them. Read are the vertices of a little- or big-endian file, whatever stands after them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rung.models.geometry.cloud import Cloud, Floats, Gaussians
from rung.runtime.errors import InvalidInput

_TYPES: Final = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_ORDERS: Final = {"binary_little_endian": "<", "binary_big_endian": ">"}

LONGEST_HEADER: Final = 65536
"""Bytes. A gaussian's header with all its harmonics has 1500."""

BAND: Final = 0.28209479177387814
"""The constant of the zeroth spherical harmonic: colour = 0.5 + BAND x f_dc."""

Table = NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Header:
    """length: bytes of the header; vertices: how many; dtype: of one of them."""

    length: int
    vertices: int
    dtype: np.dtype[Any]


def read_points(data: bytes) -> Cloud:
    """The points of either form; of gaussians their centres, with the colour seen from anywhere.

    Raises InvalidInput for what is no binary PLY with x, y and z, or shorter than it says.
    """
    table = _table(data)
    names = table.dtype.names or ()
    colours = None
    if {"red", "green", "blue"} <= set(names):
        colours = _columns(table, ("red", "green", "blue")).astype(np.uint8)
    elif "f_dc_0" in names:
        colours = _seen(_columns(table, ("f_dc_0", "f_dc_1", "f_dc_2")))
    return Cloud(points=_columns(table, ("x", "y", "z")), colours=colours)


def read_gaussians(data: bytes) -> Gaussians:
    """The gaussians with sizes, turns and opacities in plain units. Raises InvalidInput where a property lacks."""
    table = _table(data)
    return Gaussians(
        points=_columns(table, ("x", "y", "z")),
        colours=_seen(_columns(table, ("f_dc_0", "f_dc_1", "f_dc_2"))),
        opacity=_share(_columns(table, ("opacity",))[:, 0]),
        sizes=np.exp(_columns(table, ("scale_0", "scale_1", "scale_2"))),
        turns=_columns(table, ("rot_0", "rot_1", "rot_2", "rot_3")),
    )


def write_points(cloud: Cloud) -> bytes:
    """Little-endian, x y z as f4, red green blue as u1 where there are colours."""
    fields = [(name, "<f4") for name in "xyz"]
    if cloud.colours is not None:
        fields += [(name, "u1") for name in ("red", "green", "blue")]
    table = np.empty(len(cloud.points), fields)
    _fill(table, "xyz", cloud.points)
    if cloud.colours is not None:
        _fill(table, ("red", "green", "blue"), cloud.colours)
    return _file(table)


def write_gaussians(gaussians: Gaussians) -> bytes:
    """Little-endian f4 as the viewers of splats read it: opacity as a logit, sizes as logarithms, turns w x y z."""
    names = [*"xyz", "nx", "ny", "nz", *(f"f_dc_{n}" for n in range(3)), "opacity"]
    names += [*(f"scale_{n}" for n in range(3)), *(f"rot_{n}" for n in range(4))]
    table = np.zeros(len(gaussians.points), [(name, "<f4") for name in names])
    _fill(table, "xyz", gaussians.points)
    _fill(table, names[6:9], (gaussians.colours.astype(np.float32) / 255.0 - 0.5) / BAND)
    opacity = np.clip(gaussians.opacity, 1e-6, 1 - 1e-6)
    table["opacity"] = np.log(opacity / (1 - opacity))
    _fill(table, names[10:13], np.log(np.maximum(gaussians.sizes, 1e-12)))
    _fill(table, names[13:], gaussians.turns)
    return _file(table)


def _table(data: bytes) -> Table:
    header = _header(data)
    end = header.length + header.vertices * header.dtype.itemsize
    if len(data) < end:
        raise InvalidInput(
            f"the PLY file says {header.vertices} vertices, which ends at byte {end}; it was cut off at {len(data)}"
        )
    return np.frombuffer(data, header.dtype, header.vertices, header.length)


def _header(data: bytes) -> _Header:
    end = data.find(b"end_header\n", 0, LONGEST_HEADER)
    if not data.startswith(b"ply\n") or end < 0:
        raise InvalidInput("the file is no PLY: it does not begin with `ply` and a header")
    lines = [line.split() for line in data[:end].decode("latin-1").splitlines()]
    order = next((_ORDERS.get(line[1]) for line in lines if line[:1] == ["format"] and len(line) > 1), None)
    if order is None:
        raise InvalidInput("the PLY file is not binary: write it as binary_little_endian")
    at = [number for number, line in enumerate(lines) if line[:1] == ["element"]]
    if not at or lines[at[0]][1:2] != ["vertex"] or not lines[at[0]][-1].isdigit():
        raise InvalidInput("the PLY file does not begin with its vertices (`element vertex N`)")
    own = lines[at[0] + 1 : at[1] if len(at) > 1 else None]
    fields = [_field(line, order) for line in own if line[:1] == ["property"]]
    if len({name for name, _ in fields}) != len(fields):
        raise InvalidInput("the PLY file names a property of its vertices twice")
    return _Header(end + len(b"end_header\n"), int(lines[at[0]][-1]), np.dtype(fields))


def _field(line: Sequence[str], order: str) -> tuple[str, str]:
    if len(line) != 3 or line[1] not in _TYPES:
        raise InvalidInput(f"the PLY file's vertices have {' '.join(line)!r}, which is no plain number")
    return line[2], order + _TYPES[line[1]]


def _columns(table: Table, names: Sequence[str]) -> Floats:
    """f32 [N, names]."""
    missing = [name for name in names if name not in (table.dtype.names or ())]
    if missing:
        raise InvalidInput(f"the PLY file's vertices have no {', '.join(missing)}")
    columns = np.empty((len(table), len(names)), np.float32)
    for number, name in enumerate(names):
        columns[:, number] = table[name]
    return columns


def _fill(table: Table, names: Sequence[str], columns: NDArray[Any]) -> None:
    for number, name in enumerate(names):
        table[name] = columns[:, number]


def _seen(harmonics: Floats) -> NDArray[np.uint8]:
    """The zeroth harmonics as colours: what a gaussian shows from every side."""
    colours: NDArray[np.uint8] = np.rint(np.clip(0.5 + BAND * harmonics, 0, 1) * 255).astype(np.uint8)
    return colours


def _share(logits: Floats) -> Floats:
    share: Floats = (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)
    return share


def _file(table: Table) -> bytes:
    kinds = {"<f4": "float", "|u1": "uchar"}
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(table)}"]
    lines += [f"property {kinds[table.dtype[name].str]} {name}" for name in table.dtype.names or ()]
    return "\n".join([*lines, "end_header", ""]).encode() + table.tobytes()
