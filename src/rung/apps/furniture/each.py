"""Owns the fan-out over things that take several steps each: all at once, errors in their place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from rung.runtime.errors import Cancelled, RungError

Item = TypeVar("Item")
Result = TypeVar("Result")


async def each(
    items: Sequence[Item],
    work: Callable[[Item], Awaitable[Result]],
    *,
    size: Callable[[Item], float] = lambda item: 0.0,
    at_once: int | None = None,
) -> list[Result | RungError]:
    """What became of each item, in order: its result, or the RungError that it failed with.

    The larger begin first, so that the last one to end is a small one. Cancelling cancels them all; an error that is no
    RungError is a fault of ours, and ends them all. at_once: how many at most; None: as many as there are.
    """
    turns = asyncio.Semaphore(at_once or max(len(items), 1))

    async def one(item: Item) -> Result | RungError:
        async with turns:
            try:
                return await work(item)
            except Cancelled:
                raise
            except RungError as error:
                return error

    larger_first = sorted(range(len(items)), key=lambda place: -size(items[place]))
    async with asyncio.TaskGroup() as group:
        running = {place: group.create_task(one(items[place])) for place in larger_first}
    return [running[place].result() for place in range(len(items))]
