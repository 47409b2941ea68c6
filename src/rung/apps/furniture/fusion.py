"""Decides how large the pieces of one picture are, from all that is known: shapes, class table, sides by hand.

Everything is a normal distribution of logarithms, since sizes err by a share. A picture's shapes share one error of
scale (a depth net is wrong by the same factor all over a room), so each piece whose size is well known from elsewhere
mends the scale of them all: that is what makes a refrigerator a yardstick. For piece i with sides x, measured m and the
scale's logarithm s:

    x ~ N(mu, C)  (class table, sides by hand)      m = x - s + e,  e ~ N(0, R)      s ~ N(0, S)

whose posterior is exact and closed. A side that was not seen has no m, and so no prior is counted twice. A piece that
is unlike its class (a wrong label, a doll's house) would drag the scale: its C grows until it fits.
Pure: numbers in, numbers out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.apps.furniture.classes import Matrix, Prior, Vector

IN_COMMON: Final = 0.5
"""Share of what the surest shape does not know (of its variance) that is taken for the scale's, and so for everybody's;
no model tells how much it is."""
TABLE_SD: Final = 0.15
"""By how much the class table as a whole may be off in a flat: its owner likes things small. However many pieces, the
table tells a picture's scale no better."""
LEAST_SCALE_SD: Final = 0.03
UNKNOWN_SD: Final = 3.0
"""Of a logarithm about which nothing is known: a factor of 20 either way."""
NOT_SEEN: Final = 1e6
"""The variance of a measurement that was not made."""
CUT_OFF: Final = 0.5
"""Added to the noise of a shape that was made whole of a piece beyond the picture's edge."""
SURELY_S: Final = 2.0
"""Log-likelihood by which width and depth must fit better the other way round before they are exchanged."""
UNLIKE: Final = 7.81
"""Squared distance from its class that one of twenty pieces exceeds (chi-squared, three sides)."""
ROUNDS: Final = 4
STILL: Final = 1e-3
"""A scale that moves by less moves nothing that is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a model measured of a piece. log: [3], of its sides in millimetres; sd: of these, all that it may be wrong
    by, the scale's error included: nothing is added to it here; seen: which sides were; metric: whether the lengths are
    millimetres and not only right up to a factor."""

    log: Vector
    sd: Vector
    seen: tuple[bool, bool, bool]
    metric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one piece. prior: of its class, None where nothing is. guessed: the shape was made whole of
    a part that the picture shows. given: sides in millimetres that somebody measured, and how surely (standard
    deviation of the logarithm: half a per cent)."""

    prior: Prior | None
    shape: Shape | None = None
    guessed: bool = False
    given: tuple[float | None, float | None, float | None] = (None, None, None)
    given_sd: float = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """One piece's sides: mean and covariance of their logarithms in millimetres.

    by_shape: how much of each side's knowledge is the measurement's, 0..1; the rest is the prior's. turned: width and
    depth were exchanged. unlike: its class fits it badly, and counted for less. yardstick: its share in the scale.
    """

    log: Vector
    cov: Matrix
    by_shape: tuple[float, float, float]
    turned: bool = False
    unlike: bool = False
    yardstick: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """pieces: as they were given; None where nothing at all is known of one, or its shape only up to a factor.
    scale_log, scale_sd: of the factor that the picture's shapes are multiplied by; None where none is known."""

    pieces: tuple[Fused | None, ...]
    scale_log: float | None = None
    scale_sd: float = 0.0


@dataclass(slots=True, kw_only=True)
class _Piece:
    """One piece while the fusion goes on. known: it has a class. given: some of its sides were measured by somebody.
    loose: [3], the sides of which only the measurement tells. swell: what its prior's covariance is multiplied
    by. tells: its share of the scale's precision."""

    mean: Vector
    cov: Matrix
    measured: Vector
    noise: Matrix
    known: bool
    loose: NDArray[np.bool_]
    given: bool = False
    turned: bool = False
    swell: float = 1.0
    tells: float = 0.0

    @property
    def total(self) -> Matrix:
        """Covariance of how far measurement and prior lie apart."""
        return self.cov * self.swell + self.noise

    @property
    def gap(self) -> Vector:
        """What the scale would have to be, side by side."""
        return self.mean - self.measured


def fuse(evidence: Sequence[Evidence]) -> Fusion:
    """The sides of the pieces of one picture. Millimetres have one scale, and lengths that are right up to a factor
    another: metres that one model saw say nothing of the units of the next. Of the two, that of the millimetres is
    told."""
    fused = {at: _by_prior(one) for at, one in enumerate(evidence)}
    told: tuple[float, float] | None = None
    for metric in (False, True):
        some = {at: (one, one.shape) for at, one in enumerate(evidence) if one.shape and one.shape.metric == metric}
        if some and (metric or any(_anchors(*each) for each in some.values())):
            found, told = _of_one_scale(list(some.values()), metric)
            fused |= zip(some, found, strict=True)
    log, variance = told or (None, 0.0)
    return Fusion(pieces=tuple(fused.values()), scale_log=log, scale_sd=math.sqrt(variance))


def _anchors(one: Evidence, shape: Shape) -> bool:
    """Whether it tells what its units are: a side that was seen, and of which something else is known."""
    return any(seen and (one.prior is not None or given) for seen, given in zip(shape.seen, one.given, strict=True))


def _of_one_scale(some: Sequence[tuple[Evidence, Shape]], metric: bool) -> tuple[list[Fused], tuple[float, float]]:
    """Pieces whose lengths share a factor, and mean and variance of its logarithm."""
    scale_sd = _scale_sd([shape for _, shape in some]) if metric else UNKNOWN_SD
    pieces = [_piece(one, shape, scale_sd) for one, shape in some]
    log, variance = 0.0, scale_sd**2
    for _ in range(ROUNDS):
        for piece in pieces:
            _settle(piece, log, variance)
        before, (log, variance) = log, _scale(pieces, scale_sd)
        if abs(log - before) < STILL:
            break
    return [_posterior(piece, log, variance) for piece in pieces], (log, variance)


def _scale_sd(shapes: Sequence[Shape]) -> float:
    """What the shapes have in common they may all have wrong: no more than the surest of them says."""
    surest = min((float(shape.sd[np.array(shape.seen)].min()) for shape in shapes if any(shape.seen)), default=0.0)
    return max(surest * math.sqrt(IN_COMMON), LEAST_SCALE_SD)


def known_before(one: Evidence) -> Prior | None:
    """What is known of a piece without its shape; None where that is nothing, or not of every side."""
    if one.prior is None and not all(one.given):
        return None
    return Prior(*_before(one))


def _by_prior(one: Evidence) -> Fused | None:
    prior = known_before(one)
    return Fused(log=prior.mean, cov=prior.cov, by_shape=(0.0, 0.0, 0.0)) if prior is not None else None


def _before(one: Evidence, around: Vector | None = None) -> tuple[Vector, Matrix]:
    """The class's sides, or none at all near `around`, once the sides that are given are believed."""
    if one.prior is not None:
        mean, cov = one.prior.mean.copy(), one.prior.cov.copy()
    else:
        mean = np.log([500.0, 500.0, 500.0]) if around is None else around.copy()
        cov = np.eye(3) * UNKNOWN_SD**2
    for side, length in enumerate(one.given):
        if length:
            gain = cov[:, side] / (cov[side, side] + one.given_sd**2)
            mean = mean + gain * (math.log(length) - mean[side])
            cov = cov - np.outer(gain, cov[side, :])
    return mean, (cov + cov.T) / 2


def _piece(one: Evidence, shape: Shape, scale_sd: float) -> _Piece:
    mean, cov = _before(one, shape.log)
    own = np.maximum(shape.sd**2 - (scale_sd**2 if shape.metric else 0.0), 0.0)
    if one.guessed:
        own = own + CUT_OFF**2
    noise = np.diag(np.where(shape.seen, own, NOT_SEEN))
    return _Piece(
        mean=mean, cov=cov, measured=shape.log.copy(), noise=noise, known=one.prior is not None, given=any(one.given),
        loose=np.array([one.prior is None and not side for side in one.given]),
    )  # fmt: skip


def _settle(piece: _Piece, log: float, variance: float) -> None:
    """Which way round it stands, and how much its class is believed, at that scale."""
    if not piece.known:
        piece.mean = np.where(piece.loose, piece.measured + log, piece.mean)  # else it would hold the scale at 1
        return
    piece.swell = 1.0
    turned = _turned(piece)
    if _unlikeness(piece, log, variance) - _unlikeness(turned, log, variance) > 2 * SURELY_S:
        piece.measured, piece.noise, piece.turned = turned.measured, turned.noise, turned.turned
    far = _unlikeness(piece, log, variance)
    piece.swell = max(far / UNLIKE, 1.0)


def _turned(piece: _Piece) -> _Piece:
    order = [1, 0, 2]
    return replace(
        piece, measured=piece.measured[order], noise=piece.noise[np.ix_(order, order)], turned=not piece.turned
    )


def _unlikeness(piece: _Piece, log: float, variance: float) -> float:
    """Squared distance between measurement and class, in the spread that both have and the scale's."""
    apart = piece.gap - log
    return float(apart @ np.linalg.solve(piece.total + variance, apart))


def _scale(pieces: Sequence[_Piece], scale_sd: float) -> tuple[float, float]:
    """Mean and variance of the scale's logarithm: by the shapes themselves, by the table, by sides that were given."""
    precision, pull = 1 / scale_sd**2, 0.0
    for some, common in (
        ([piece for piece in pieces if piece.known and not piece.given], TABLE_SD),
        ([piece for piece in pieces if piece.given], 0.0),
    ):
        told = [np.linalg.solve(piece.total, np.ones(3)) for piece in some]
        surely = sum(float(weights.sum()) for weights in told)
        if not surely:
            continue
        all_of_them = 1 / (1 / surely + common**2)
        for piece, weights in zip(some, told, strict=True):
            piece.tells = all_of_them * float(weights.sum()) / surely
            pull += all_of_them * float(weights @ piece.gap) / surely
        precision += all_of_them
    return pull / precision, 1 / precision


def _posterior(piece: _Piece, log: float, variance: float) -> Fused:
    cov, ones = piece.cov * piece.swell, np.ones(3)
    gain = np.linalg.solve(piece.total, cov).T
    by_scale = gain @ ones
    mean = piece.mean + gain @ (piece.measured + log - piece.mean)
    left = cov - gain @ cov + variance * np.outer(by_scale, by_scale)
    share = np.clip(np.diag(gain), 0.0, 1.0)
    return Fused(
        log=mean,
        cov=(left + left.T) / 2,
        by_shape=(float(share[0]), float(share[1]), float(share[2])),
        turned=piece.turned,
        unlike=piece.swell > 1.0,
        yardstick=piece.tells * variance,
    )
