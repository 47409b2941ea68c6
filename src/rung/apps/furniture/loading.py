"""Decides what is loaded and what stays, and how the answer of the packing reads. Pure but for the table of trucks."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from rung.apps.furniture.classes import ClassTable
from rung.apps.furniture.measures import total
from rung.apps.furniture.schema import (
    Load,
    Measure,
    PictureResult,
    Piece,
    PieceIn,
    Placement,
    ScenePiece,
    TruckIn,
)
from rung.runtime.errors import InvalidInput

Sides = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingList:
    """What is to be loaded, what is not, and the volumes of the first. not_loaded: how many, by class or word.
    as_full: how many count as full boxes in `filled`, since nothing told what they fill."""

    pieces: tuple[ScenePiece, ...]
    counts: Mapping[str, int]
    not_loaded: Mapping[str, int]
    volume: Measure | None
    filled: Measure | None
    as_full: int


def packing_list(images: Sequence[PictureResult], by_hand: Sequence[PieceIn], table: ClassTable) -> PackingList:
    """The movable pieces with sides, those seen first. A piece of which no model told what it fills counts as full."""
    pieces: list[ScenePiece] = []
    volumes: list[list[Measure]] = []
    filled: list[list[Measure]] = []
    stays: Counter[str] = Counter()
    as_full = sum(one.count for one in by_hand)
    for image in images:
        volumes.append([])
        filled.append([])
        for piece in image.objects:
            made = _seen(image, piece)
            if made is None or piece.box_volume_m3 is None:
                stays[piece.class_ or piece.label] += 1
                continue
            pieces.append(made)
            volumes[-1].append(piece.box_volume_m3)
            as_full += piece.filled_volume_m3 is None
            filled[-1].append(piece.filled_volume_m3 or piece.box_volume_m3)
    for one in by_hand:
        made = _given(one, table)
        pieces += [made] * one.count
        volume = made.width_mm * made.depth_mm * made.height_mm / 1e9
        measure = Measure(value=volume, low=volume, high=volume, level="given", sources=["given"])
        volumes.append([measure] * one.count)
        filled.append([measure] * one.count)
    counts = Counter(piece.class_ or piece.label for piece in pieces)
    return PackingList(
        pieces=tuple(pieces),
        counts=dict(counts),
        not_loaded=dict(stays),
        volume=total(volumes),
        filled=total(filled),
        as_full=as_full,
    )


def _seen(image: PictureResult, piece: Piece) -> ScenePiece | None:
    """None for what is built in, and for what has no sides."""
    if not piece.movable or piece.width_mm is None or piece.depth_mm is None or piece.height_mm is None:
        return None
    assert piece.box_volume_m3 is not None
    return ScenePiece(
        image=image.id, object=piece.id, label=piece.label, class_=piece.class_, width_mm=piece.width_mm.value,
        depth_mm=piece.depth_mm.value, height_mm=piece.height_mm.value, level=piece.box_volume_m3.level,
    )  # fmt: skip


def _given(one: PieceIn, table: ClassTable) -> ScenePiece:
    meaning = table.meaning(one.label)
    return ScenePiece(
        image=None, object=None, label=one.label, class_=meaning.kind.name if meaning is not None else None,
        width_mm=one.width_mm, depth_mm=one.depth_mm, height_mm=one.height_mm, level="given",
    )  # fmt: skip


def handling(pieces: Sequence[ScenePiece], table: ClassTable) -> list[tuple[bool, bool]]:
    """For each piece whether it must stand on the truck's floor, and whether others may stand on it; on a thing that
    the table does not know, none may."""
    meanings = [table.meaning(piece.class_ or piece.label) for piece in pieces]
    return [(found.kind.on_floor, found.kind.bears) if found is not None else (False, False) for found in meanings]


@cache
def trucks() -> Mapping[str, Sides]:
    """The table of load spaces: name -> width, length, height in millimetres."""
    found = tomllib.loads(files("rung.apps.furniture").joinpath("trucks.toml").read_text("utf-8"))["trucks"]
    return {name: (float(width), float(length), float(height)) for name, (width, length, height) in found.items()}


def space_of(truck: str | TruckIn) -> tuple[str, Sides]:
    """Name and sides of a load space. Raises InvalidInput for a name that the table does not know."""
    if isinstance(truck, TruckIn):
        return "given", (truck.width_mm, truck.length_mm, truck.height_mm)
    if truck not in trucks():
        raise InvalidInput(f"no truck {truck!r}; there is {', '.join(trucks())}, or give its load space", field="truck")
    return truck, trucks()[truck]


def load_of(name: str, space: Sides, packed: Mapping[str, Any]) -> Load:
    """The packing as it is answered. packed: {"placements": [...], "left": [...]}."""
    placements = [Placement(**one) for one in packed["placements"]]
    used = len({one.truck for one in placements})
    width, length, height = space
    room = width * length * height / 1e9
    loaded = sum(one.width_mm * one.depth_mm * one.height_mm for one in placements) / 1e9
    return Load(
        truck=name, width_mm=width, length_mm=length, height_mm=height, volume_m3=round(room, 3), trucks_used=used,
        filled_share=round(loaded / (room * used), 3) if used else 0.0, placements=placements,
        left=list(packed["left"]),
    )  # fmt: skip
