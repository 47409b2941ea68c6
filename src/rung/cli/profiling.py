"""Measures variants by running them: each alone in a worker of its own, on its example, at several sizes.

Nothing is estimated. What cannot be run is passed over with the reason.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from rung.runtime.engine import Memory
from rung.runtime.errors import CallTimeout, RungError
from rung.runtime.planning.words import size
from rung.runtime.profile import CallSample, Record
from rung.runtime.spec import LARGEST_PIXELS, Placement
from rung.runtime.tasks import Example
from rung.runtime.workers.link import REST_S
from rung.runtime.workers.process import LoadReport, WorkerAnswer, WorkerCall, WorkerProcess

SIZES = (250_000, 1_000_000, 12_000_000, LARGEST_PIXELS)
"""The last is what memory is reserved for: where decoding overtakes the model's own peak, no line would tell."""
RUNS = 3
"""Of each size, unless they take longer than ENOUGH_S together: then fewer, and one at least."""
AT_ONCE_RUNS = 2
ENOUGH_S = 20.0
SETTLE_S = REST_S + 0.5
"""After which a worker that is not asked for anything has given back what its calls freed."""
LOAD_S = 600.0
END_S = 2.0

Spawn = Callable[[Placement], Awaitable[WorkerProcess]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What came of one variant.

    record: the samples; None where it was passed over, and `why` says so. before, after: bytes of the process before
    its model was loaded and after its last call. why: beside a record, what was left out.
    """

    placement: Placement
    record: Record | None
    before: int | None = None
    after: int | None = None
    why: str = ""


@dataclass(slots=True, eq=False, kw_only=True)
class Bench:
    """Where variants are measured. memory: what may be taken, all Rungs and other programs counted.

    sizes: pixels that examples are asked for, ascending. makers: by task, what makes examples for variants whose
    authors give none (`module:function`); each of them is run.
    """

    spawn: Spawn
    memory: Memory
    sizes: Sequence[int] = SIZES
    makers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    enough_s: float = ENOUGH_S
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    async def measure(self, placement: Placement) -> Measurement:
        """Load it and run it. Never raises a RungError: what went wrong is the reason why it was passed over."""
        assert placement.subject is not None, "planned without a subject"
        seat, free = placement.variant.name, await self._free(placement)
        short = await self._short(placement, self.sizes[0])
        if short:
            return Measurement(placement=placement, record=None, why=short)
        try:
            worker = await self.spawn(placement)
        except (RungError, OSError) as error:
            await self.memory.release(seat)
            return Measurement(placement=placement, record=None, why=_sentence(error))
        try:
            return await self._measured(placement, worker, free)
        except TimeoutError:
            return Measurement(placement=placement, record=None, why=f"It was not loaded within {LOAD_S:.0f} s.")
        except (RungError, OSError) as error:
            return Measurement(placement=placement, record=None, why=_sentence(error))
        finally:
            async with self.memory.leaving(seat):
                await worker.end(END_S)

    async def _measured(self, placement: Placement, worker: WorkerProcess, free: int | None) -> Measurement:
        before = await asyncio.to_thread(worker.memory)
        async with asyncio.timeout(LOAD_S):
            report = await worker.load()
        loaded = await self._holds(placement, worker, free)
        calls, rested, why = await self._sizes(placement, worker, report, free)
        if not calls:
            return Measurement(placement=placement, record=None, before=before, why=why)
        crowded, of_crowds = await self._at_once(placement, worker, report, calls)
        batches, of_batches = await self._batches(placement, worker, calls)
        assert placement.subject is not None
        record = Record(
            subject=placement.subject,
            when=time.time(),
            load_s=(report.load_s,),
            loaded=() if loaded is None else (loaded,),
            rested=() if rested is None else (rested,),
            calls=(*calls, *crowded),
            batches=batches,
        )
        after = await asyncio.to_thread(worker.memory)
        return Measurement(
            placement=placement,
            record=record,
            before=before,
            after=after,
            why=" ".join(w for w in (why, of_crowds, of_batches) if w),
        )

    async def _sizes(
        self, placement: Placement, worker: WorkerProcess, report: LoadReport, free: int | None
    ) -> tuple[list[CallSample], int | None, str]:
        """The samples, what the worker holds after those of the smallest size, and why sizes were left out. A larger
        example that is no larger ends it."""
        calls: list[CallSample] = []
        rested = None
        for pixels in self.sizes:
            short = await self._grown(placement, worker, pixels) if calls else ""
            if short:
                return calls, rested, short
            try:
                found = await self._runs(placement, worker, report, pixels)
            except RungError as error:
                return calls, rested, f"{pixels / 1e6:g} megapixels: {_sentence(error)}"
            if calls and found[0].pixels <= calls[-1].pixels:
                return calls, rested, ""
            if not calls:
                await asyncio.sleep(SETTLE_S)
                rested = await self._holds(placement, worker, free)
            calls += found
        return calls, rested, ""

    async def _free(self, placement: Placement) -> int | None:
        return await asyncio.to_thread(self.memory.free.free, placement.device)

    async def _holds(self, placement: Placement, worker: WorkerProcess, free: int | None) -> int | None:
        """Bytes of its device at this moment, between calls.

        free: of the device before the worker was there. A driver that does not know our processes, as in a container,
        still says what is free; what others take meanwhile is then counted to us.
        """
        if placement.device == "cpu":
            return await asyncio.to_thread(worker.memory)
        held = await asyncio.to_thread(self.memory.free.held, placement.device, worker.pid)
        left = await self._free(placement) if held is None else None
        return held if free is None or left is None else max(free - left, 0)

    async def _runs(
        self, placement: Placement, worker: WorkerProcess, report: LoadReport, pixels: int
    ) -> list[CallSample]:
        found: list[CallSample] = []
        for maker in self._makers(placement):
            mine, began = 0, time.monotonic()
            while mine < RUNS and (not mine or time.monotonic() - began < self.enough_s):
                (answer,) = await self._run(placement, worker, pixels, 1, maker)
                found.append(CallSample(pixels=answer.pixels, run_s=answer.run_s, working=_took(answer, report)))
                mine += 1
        return found

    def _makers(self, placement: Placement) -> Sequence[str]:
        return self.makers.get(placement.variant.task) or ("",)

    async def _at_once(
        self, placement: Placement, worker: WorkerProcess, report: LoadReport, calls: Sequence[CallSample]
    ) -> tuple[list[CallSample], str]:
        """As many calls at a time as it runs, of the largest size that was measured. The scheduler sets aside for them
        what as many take alone; where they take more than that, each has its share of it as a sample of its own, twice,
        so that it counts."""
        most, largest = placement.variant.max_concurrent, max(one.pixels for one in calls)
        alone = max((one.working or 0 for one in calls if one.pixels == largest), default=0)
        if most < 2 or not alone:
            return [], ""
        await self.memory.settle(placement.variant.name, worker.pid)
        short = await self._claim(placement, placement.footprint.resident + most * alone)
        if short:
            return [], f"{most} calls at once were not tried. {short}"
        found: list[CallSample] = []
        for _ in range(AT_ONCE_RUNS):
            each = [self._run(placement, worker, largest, 1, self._makers(placement)[0]) for _ in range(most)]
            answers = [answer for (answer,) in await asyncio.gather(*each)]
            took = max(_took(answer, report) or 0 for answer in answers)
            found.append(CallSample(pixels=largest, run_s=max(a.run_s for a in answers), working=-(-took // most)))
        if max(one.working or 0 for one in found) <= alone:
            return [], ""
        more = size(max(one.working or 0 for one in found))
        return found, f"{most} calls at once take {more} each at {largest / 1e6:.2g} megapixels, {size(alone)} alone."

    async def _batches(
        self, placement: Placement, worker: WorkerProcess, calls: Sequence[CallSample]
    ) -> tuple[tuple[tuple[int, float], ...], str]:
        """(calls, seconds) of batches of the smallest example: 1, 2, 4 and so on, and the largest that is allowed."""
        most = placement.caps.get("batch", placement.variant.max_batch)
        if most < 2:
            return (), ""
        smallest = calls[0].pixels
        found = [(1, one.run_s) for one in calls if one.pixels == smallest]
        for n in sorted({*(2**k for k in range(1, most.bit_length()) if 2**k <= most), most}):
            try:
                for _ in range(RUNS):
                    answers = await self._run(placement, worker, self.sizes[0], n)
                    found.append((n, max(answer.run_s for answer in answers)))
            except RungError as error:
                return tuple(found), f"A batch of {n}: {_sentence(error)}"
        return tuple(found), ""

    async def _run(
        self, placement: Placement, worker: WorkerProcess, pixels: int, n: int, maker: str = ""
    ) -> list[WorkerAnswer]:
        """One batch of n. Each call has a scope of its own, so that nothing comes from the memo."""
        numbers = [next(self._ids) for _ in range(n)]
        calls = [
            WorkerCall(
                id=f"profile-{number}",
                task=placement.variant.task,
                variant=placement.variant.name,
                input=Example(pixels=pixels, maker=maker),
                scope=f"profile-{number}",
                seed=0,
            )
            for number in numbers
        ]
        try:
            async with asyncio.timeout(placement.variant.limit_s):
                outcomes = await worker.run(calls)
        except TimeoutError:
            raise CallTimeout(f"It took longer than its limit of {placement.variant.limit_s:g} s.") from None
        answers = [outcome for outcome in outcomes if isinstance(outcome, WorkerAnswer)]
        for outcome in outcomes:
            if isinstance(outcome, RungError):
                raise outcome
        return answers

    async def _grown(self, placement: Placement, worker: WorkerProcess, pixels: int) -> str:
        """What it holds already must not be asked for a second time."""
        await self.memory.settle(placement.variant.name, worker.pid)
        return await self._short(placement, pixels)

    async def _short(self, placement: Placement, pixels: int) -> str:
        """Claim what a call of that size needs. Why it is not to be had; empty: it is this variant's."""
        short = await self._claim(placement, placement.footprint.peak(pixels))
        return f"At {pixels / 1e6:g} megapixels {short[0].lower()}{short[1:]}" if short else ""

    async def _claim(self, placement: Placement, needed: int) -> str:
        """So many bytes of its device, and beside it what its strategy keeps. Why not, in a sentence; empty: it has
        them."""
        wants = {placement.device: needed}
        if placement.device != "cpu" and placement.ram:
            wants["cpu"] = placement.ram
        denied = await self.memory.claim(placement.variant.name, wants)
        if denied is None:
            return ""
        needs, most = size(wants[denied.device]), size(denied.bytes)
        return (
            f"It needs {needs} on {denied.device}, and {most} may be taken now: free some, or unload what a running"
            " server holds."
        )


def _took(answer: WorkerAnswer, report: LoadReport) -> int | None:
    """Bytes on top of what its worker held when it was loaded; None where nobody can tell."""
    if answer.peak_bytes is None or report.counted_bytes is None:
        return None
    return max(0, answer.peak_bytes - report.counted_bytes)


def _sentence(error: RungError | OSError) -> str:
    return error.message if isinstance(error, RungError) else f"No worker could be started ({error.strerror or error})."
