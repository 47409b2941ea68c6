"""Owns the template processes: starts them when they are first needed, has workers forked, ends them all.

Every worker's parent is a template, a fresh start's too (the bare template forks and execs), so that one small
process stays to clean up when the server dies. A template is `forking.py` in a process of its own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rung.runtime.errors import ConfigError, LoadFailed, WorkerCrashed
from rung.runtime.spec import Placement, Runtime
from rung.runtime.workers import deaths, loading, messages, system
from rung.runtime.workers.deaths import OomKills
from rung.runtime.workers.launch import BOOT, channels, popen
from rung.runtime.workers.limits import environment
from rung.runtime.workers.process import WorkerProcess
from rung.runtime.workers.refusals import cannot_start, late_fork, late_template
from rung.runtime.workers.wire import LogTail, Wire

READY_S = 180.0
"""How long a template may take for its imports: torch from a cold, slow disk takes a minute."""
FORK_S = 30.0
"""How long a template may take to fork a worker: milliseconds, unless it hangs."""
_BARE = Runtime(name="bare", modules=())
_END_S = 5.0


@dataclass(slots=True, eq=False, kw_only=True)
class _Template:
    """One template process as the server sees it."""

    runtime: Runtime
    process: subprocess.Popen[bytes]
    log: LogTail
    wire: Wire = field(init=False)
    ready: asyncio.Future[int]
    """Resolves with the number of native threads that it had before its first fork."""
    folder: str = ""
    """As `messages.Ready` says."""
    workers: dict[int, WorkerProcess] = field(default_factory=dict)
    _tickets: dict[int, asyncio.Future[tuple[int, int | None]]] = field(default_factory=dict)
    _next: int = 0

    async def fork(
        self, placement: Placement, argv: list[str], sock: socket.socket, log: int
    ) -> tuple[int, int | None]:
        """(pid, pidfd) of a new worker on that socket and log pipe, which are given away.

        Raises Unavailable or OutOfMemory where the system cannot start one, WorkerCrashed when the template died or
        hangs; one that hangs is ended, and its workers with it.
        """
        self._next += 1
        ticket: asyncio.Future[tuple[int, int | None]] = asyncio.get_running_loop().create_future()
        self._tickets[self._next] = ticket
        env = environment(placement.device, placement.threads, placement.env)
        order = messages.Spawn(self._next, f"rung:{placement.variant.name}", env, argv)
        if not self.alive:
            ticket.set_exception(self._lost())
        self.wire.send(order, b"", [sock.detach(), log])
        try:
            async with asyncio.timeout(FORK_S):
                return await ticket
        except TimeoutError:
            self.process.kill()
            raise late_fork(placement.variant.name, self.runtime.name, FORK_S) from None

    @property
    def alive(self) -> bool:
        """Whether it can be asked for a worker."""
        return self.wire.is_open

    def hear(self, frame: messages.Frame) -> None:
        match frame.message:
            case messages.Ready(threads, folder):
                self.folder = folder
                self.ready.set_result(threads)
            case messages.Unready(module, cause):
                sentence = loading.missing(self.runtime.name, module, self.runtime.extra, cause)
                self.ready.set_exception(LoadFailed(sentence, module=module))
            case messages.Spawned(ticket, pid):
                self._spawned(ticket, pid, frame.descriptors.pop() if frame.descriptors else None)
            case messages.Unspawned(ticket, number):
                if not (waiting := self._tickets.pop(ticket)).done():
                    waiting.set_exception(OSError(number, os.strerror(number)))
            case messages.Died(pid, code):
                if pid in self.workers:
                    self.workers[pid].died(code)
            case messages.Gone(pid):
                if pid in self.workers:
                    self.workers.pop(pid).gone()

    def _spawned(self, ticket: int, pid: int, pidfd: int | None) -> None:
        waiting = self._tickets.pop(ticket)
        if not waiting.done():
            waiting.set_result((pid, pidfd))
        elif pidfd is not None:  # whoever asked has left and closed the worker's socket, which ends it
            os.close(pidfd)

    def lost(self, why: str) -> None:
        """It died. Its workers die with it; what they started is ended here."""
        self.log.drain()
        error = self._lost()
        waiters: list[asyncio.Future[Any]] = [self.ready, *self._tickets.values()]
        for waiting in waiters:
            if not waiting.done():
                waiting.set_exception(error)
        self._orphan()

    def _orphan(self) -> None:
        for worker in list(self.workers.values()):
            system.end_group(worker.pid)
            worker.conclude(deaths.TEMPLATE)
            worker.gone()
        self.workers.clear()

    def _lost(self) -> WorkerCrashed:
        last = next((line for line in reversed(self.log.lines) if line.strip()), "")
        log = f" Its log: {last}" if last else ""
        return WorkerCrashed(
            f"The template process of the runtime {self.runtime.name} died.{log}",
            cause="template",
            log=list(self.log.lines),
        )

    async def end(self) -> None:
        """Close its socket, which ends it; SIGKILL when it does not listen. Returns when it is reaped."""
        self.wire.close()
        self.log.close()
        try:
            await asyncio.to_thread(self.process.wait, _END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)
        self._orphan()
        if self.ready.done():
            self.ready.exception()
        if self.folder:  # it has done so itself, unless it was killed
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


@dataclass(slots=True, eq=False)
class Templates:
    """The template processes, one per runtime, started at the first spawn that needs them.

    ready_s: how long one may take for its imports.
    """

    runtimes: Mapping[str, Runtime]
    ready_s: float = READY_S
    ooms: OomKills = field(default_factory=OomKills)
    _templates: dict[str, asyncio.Task[_Template]] = field(default_factory=dict)
    _closed: bool = False

    async def spawn(self, placement: Placement, others: Sequence[Placement] = ()) -> WorkerProcess:
        """A new worker, its model not loaded yet. others: the other members of the placement's group.

        Forked from its runtime's template; started afresh where a fork cannot do it (`afresh` says why).
        Raises LoadFailed naming the extra when a library is missing or its import hangs, WorkerCrashed when the
        template died, Unavailable or OutOfMemory when the system has no descriptor, process or memory left for it.
        """
        try:
            worker = await self._spawn(placement)
        except OSError as error:
            raise cannot_start(placement.variant.name, error) from error
        worker.others = others
        return worker

    async def _spawn(self, placement: Placement) -> WorkerProcess:
        runtime = self._runtime(placement)
        why = afresh(placement, runtime)
        if not why:
            template = await self._template(runtime)
            threads = template.ready.result()
            if threads == 1:
                return await self._fork(template, placement, runtime, [], f"forked from the template {runtime.name}")
            why = f"the libraries of {runtime.name} start {threads} threads when they are imported"
        python = _python(placement, runtime)
        argv = [python, "-P", BOOT, "child"]
        return await self._fork(await self._template(_BARE), placement, runtime, argv, f"started afresh: {why}")

    def _runtime(self, placement: Placement) -> Runtime:
        name = placement.variant.runtime
        if name not in self.runtimes:
            known = ", ".join(sorted(self.runtimes)) or "none"
            raise ConfigError(f"{placement.variant.name} wants the unknown runtime {name!r}; known are: {known}.")
        return self.runtimes[name]

    async def _fork(
        self, template: _Template, placement: Placement, runtime: Runtime, argv: list[str], started: str
    ) -> WorkerProcess:
        ours, theirs, reading, writing = channels()
        try:
            pid, pidfd = await template.fork(placement, argv, theirs, writing)
        except BaseException:
            ours.close()
            os.close(reading)
            raise
        log = LogTail(reading)
        worker = WorkerProcess(
            placement=placement, runtime=runtime, pid=pid, pidfd=pidfd, started=started, log=log, ooms=self.ooms
        )
        worker.open(ours)
        template.workers[pid] = worker
        return worker

    async def _template(self, runtime: Runtime) -> _Template:
        """The running template of that runtime. Single-flight; one that failed or died is started again."""
        if self._closed:
            raise _closed()
        task = self._templates.get(runtime.name)
        if task is None or _failed(task) or (task.done() and not task.result().alive):
            task = self._templates[runtime.name] = asyncio.create_task(_start(runtime, self.ready_s, after=task))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self._closed:
                raise _closed() from None
            raise

    async def close(self) -> None:
        """End every worker and every template. Idempotent."""
        self._closed = True
        tasks, self._templates = list(self._templates.values()), {}
        for task in tasks:
            task.cancel()  # one that still imports; nothing happens to the others
        started = [t for t in await asyncio.gather(*tasks, return_exceptions=True) if isinstance(t, _Template)]
        ends = [asyncio.create_task(worker.end()) for t in started for worker in list(t.workers.values())]
        if ends:  # one that the kernel does not let die must not keep the others
            await asyncio.wait(ends, timeout=_END_S)
        for template in started:
            if template.workers:  # or it hangs itself: it is not asked twice
                template.process.kill()
        await asyncio.gather(*(template.end() for template in started))


def afresh(placement: Placement, runtime: Runtime) -> str:
    """Why this placement cannot be forked from its runtime's template; empty when it can."""
    if placement.device.startswith("cuda"):
        return f"{placement.device} wants a GPU mask that is in force before its libraries load"
    if not runtime.fork:
        return f"the libraries of {runtime.name} are unsafe to fork"
    if _python(placement, runtime) != sys.executable:
        return f"it runs under {_python(placement, runtime)}"
    early = sorted(set(placement.env) - {"PYTHONPATH"})
    if early:
        return f"its environment ({', '.join(early)}) has to be there before its libraries load"
    return ""


def _python(placement: Placement, runtime: Runtime) -> str:
    return str(placement.options.get("python") or runtime.python or sys.executable)


def _closed() -> WorkerCrashed:
    return WorkerCrashed("The templates are closed: the server is going down.")


def _failed(task: asyncio.Task[_Template]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _start(runtime: Runtime, ready_s: float, after: asyncio.Task[_Template] | None) -> _Template:
    """Start a template and wait until it has imported everything. `after`: the dead one, to be reaped first."""
    if after is not None and not _failed(after):
        await after.result().end()
    template = _open_template(runtime)
    try:
        async with asyncio.timeout(ready_s):
            await asyncio.shield(template.ready)
    except BaseException as error:
        template.process.kill()  # it would not listen before its imports are done
        await template.end()
        if isinstance(error, TimeoutError):
            raise late_template(runtime.name, ready_s, template.log.lines) from None
        raise
    return template


def _open_template(runtime: Runtime) -> _Template:
    ours, theirs, reading, writing = channels()
    try:  # a few milliseconds on the loop; in a thread the kernel would tie the template's life to that thread's
        modules = [*runtime.modules, "rung.runtime.workers.child"] if runtime is not _BARE else []
        process = popen(modules, theirs.fileno(), writing)
    except BaseException:
        ours.close()
        os.close(reading)
        raise
    finally:
        theirs.close()
        os.close(writing)
    ready = asyncio.get_running_loop().create_future()
    template = _Template(runtime=runtime, process=process, log=LogTail(reading), ready=ready)
    template.wire = Wire(ours, template.hear, template.lost)
    template.wire.open()
    template.log.open()
    return template
