"""How far a variant's answer lies from another's, both run in workers of their own on the example of the first.

One example measures no quality. It tells an answer that is about right from one that is of no use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from rung.cli.profiling import END_S, LOAD_S, Spawn
from rung.runtime.errors import CallTimeout, RungError
from rung.runtime.spec import Placement
from rung.runtime.tasks import Array, Example
from rung.runtime.workers.process import WorkerCall

PIXELS = 250_000


async def compare(spawn: Spawn, whole: Placement, other: Placement) -> float | None:
    """The distance of the other's answer as a share of the whole one's; None where answers are no arrays.

    One worker at a time. Raises the RungError with which either fails.
    """
    return distance(await _answer(spawn, whole), await _answer(spawn, other))


async def _answer(spawn: Spawn, placement: Placement) -> Any:
    worker = await spawn(placement)
    try:
        async with asyncio.timeout(LOAD_S):
            await worker.load()
        call = WorkerCall(
            id="compare",
            task=placement.variant.task,
            variant=placement.variant.name,
            input=Example(pixels=PIXELS),
            scope="compare",
            seed=0,
        )
        async with asyncio.timeout(placement.variant.limit_s):
            (outcome,) = await worker.run([call])
    except TimeoutError:
        raise CallTimeout(f"{placement.variant.name} took too long.") from None
    finally:
        await worker.end(END_S)
    if isinstance(outcome, RungError):
        raise outcome
    return outcome.output


def distance(whole: Any, other: Any) -> float | None:
    """The root of the squared differences of all arrays over that of the squares of the whole answer's.

    None where there are no arrays, or others. Arrays that are nothing but zero differ by nothing or by all.
    """
    a, b = list(_arrays(whole)), list(_arrays(other))
    if not a or [array.shape for array in a] != [array.shape for array in b]:
        return None
    pairs = [(x.astype(np.float64), y.astype(np.float64)) for x, y in zip(a, b, strict=True)]
    apart = sum(float(((x - y) ** 2).sum()) for x, y in pairs)
    size = sum(float((x**2).sum()) for x, _ in pairs)
    if size == 0.0:
        return 0.0 if apart == 0.0 else 1.0
    return float(np.sqrt(apart / size))


def _arrays(value: Any) -> Iterator[Array]:
    """Every array of numbers in an answer, in its own order."""
    if isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.number):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _arrays(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _arrays(one)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for one in value:
            yield from _arrays(one)
