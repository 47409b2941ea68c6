"""Runs the published graph network in NumPy: GraphSAGE with mean aggregation, then linear layers.

A layer of it is three products of matrices and one mean over neighbours: too little for a library of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.pixels import Ints

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Convolution:
    """own, touching, beside: f32 [out, in], applied to a stroke, to the mean of those that touch it, and to the mean of
    those beside it (None: the net does not look at them). bias: f32 [out]."""

    own: Floats
    touching: Floats
    beside: Floats | None
    bias: Floats


@dataclass(frozen=True, slots=True)
class Linear:
    """weight: f32 [out, in]. bias: f32 [out]."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Net:
    """mean, std: f32 [features], what inputs are brought to 0 and 1 by."""

    mean: Floats
    std: Floats
    convolutions: tuple[Convolution, ...]
    linears: tuple[Linear, ...]

    @property
    def features(self) -> int:
        """How many figures of each stroke it takes."""
        return int(self.convolutions[0].own.shape[1])

    @property
    def classes(self) -> int:
        """How many classes it tells apart."""
        return int(self.linears[-1].weight.shape[0])

    def shares(self, features: Floats, touching: Ints, beside: Ints) -> Floats:
        """f32 [N, classes], each row sums to 1, of f32 [N, features]."""
        ties = Ties.of(len(features), touching), Ties.of(len(features), beside)
        x: Floats = (features - self.mean) / self.std
        for layer in self.convolutions:
            y = x @ layer.own.T + ties[0].mean(x) @ layer.touching.T + layer.bias
            if layer.beside is not None:
                y += ties[1].mean(x) @ layer.beside.T
            x = np.maximum(y, 0)
        for linear in self.linears[:-1]:
            x = np.maximum(x @ linear.weight.T + linear.bias, 0)
        last = self.linears[-1]
        return softmax(np.asarray(x @ last.weight.T + last.bias, np.float32))


@dataclass(frozen=True, slots=True)
class Ties:
    """Pairs in both directions, by the stroke that is told. sources: [2E]. nodes, starts: who is told, from where on.

    counts: [N], neighbours of each of `count` strokes.
    """

    sources: Ints
    nodes: Ints
    starts: Ints
    counts: Ints

    @classmethod
    def of(cls, count: int, pairs: Ints) -> Ties:
        """The ties of undirected pairs [E, 2]."""
        both = np.concatenate([pairs, pairs[:, ::-1]])
        both = both[np.argsort(both[:, 0], kind="stable")]
        nodes, starts = np.unique(both[:, 0], return_index=True)
        return cls(both[:, 1], nodes, starts, np.bincount(both[:, 0], minlength=count))

    def mean(self, values: Floats) -> Floats:
        """f32 [N, k]: the mean of each stroke's neighbours; 0 where it has none."""
        found = np.zeros_like(values)
        if len(self.nodes):
            found[self.nodes] = np.add.reduceat(values[self.sources], self.starts, axis=0)
            found /= np.maximum(self.counts, 1).astype(np.float32)[:, None]
        return found


def softmax(values: Floats) -> Floats:
    """Rows that sum to 1."""
    grown = np.exp(values - values.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True), np.float32)
