"""A sheet as a net is trained on it: features, ties and classes of its strokes, kept as one small file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rung.lab.strokes.truth import Labels, true_classes
from rung.models.strokes import features
from rung.models.strokes.drawing import drawn
from rung.models.strokes.ink import Grey
from rung.models.strokes.pixels import Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class StrokeGraph:
    """paper, added: f32 [N, 19] and [N, 9]. touching, beside: [E, 2]. classes: uint8 [N], truth."""

    paper: NDArray[np.float32]
    added: NDArray[np.float32]
    touching: Ints
    beside: Ints
    classes: Labels

    def save(self, path: Path) -> None:
        """Write it whole or not at all."""
        half = path.with_suffix(".half.npz")
        np.savez_compressed(half, **{name: getattr(self, name) for name in self.__dataclass_fields__})
        os.replace(half, path)

    @classmethod
    def load(cls, path: Path) -> StrokeGraph:
        """What `save` wrote."""
        with np.load(path) as held:
            return cls(**{name: held[name] for name in cls.__dataclass_fields__})


def graph_of(picture: Grey, layers: Labels, names: Sequence[str]) -> StrokeGraph:
    """The graph of a page whose every pixel's layer is known; see `true_classes`."""
    strokes = drawn(picture)
    return StrokeGraph(
        paper=features.paper(strokes),
        added=features.added(strokes),
        touching=strokes.touching,
        beside=strokes.beside,
        classes=true_classes(strokes.paths, layers, names),
    )
