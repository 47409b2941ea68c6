"""Owns a template process: it has the heavy imports done, forks workers, and leaves nothing of them behind.

It has one thread and never touches CUDA, so that a fork of it is sound. It adopts what its workers leave behind,
and when the server is gone, however that happened, it ends every group before it ends itself.
Imports the standard library only, until it is told what to import.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import json
import os
import random
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from rung.runtime.workers import ceiling, messages, system
from rung.runtime.workers.limits import environment

_POLL_S = 0.02
_LAST_S = 5.0


@dataclass(slots=True, eq=False)
class Template:
    """living: workers that run. leaving: groups of dead ones that still have a member. folder: below it every worker
    has a temporary folder of its own, gone when the worker is; empty: there is no place for one."""

    control: socket.socket
    wake: socket.socket
    """Readable when a child ended."""
    awake: socket.socket
    """The end of it that the signal writes to."""
    folder: str = ""
    living: set[int] = field(default_factory=set)
    leaving: set[int] = field(default_factory=set)
    _cutter: messages.Frames = field(default_factory=messages.Frames)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def run(self) -> None:
        """Until the server closes the control socket or dies."""
        self._selector.register(self.control, selectors.EVENT_READ)
        self._selector.register(self.wake, selectors.EVENT_READ)
        while self._step({key.fileobj for key, _ in self._selector.select(_POLL_S if self.leaving else None)}):
            pass
        self._end_everything()

    def _step(self, readable: set[object]) -> bool:
        if self.wake in readable:
            self.wake.recv(4096)
        if self.control in readable:
            try:
                data, descriptors = messages.receive(self.control)
            except ConnectionResetError:  # it died before it had read what we told it
                return False
            if not data:
                return False
            for frame in self._cutter.feed(data, descriptors):
                if isinstance(frame.message, messages.Spawn):
                    self._spawn(frame.message, frame.descriptors)
        self._reap()
        return True

    def _tell(self, message: messages.Message, descriptors: Sequence[int] = ()) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the next read says that the server is gone
            messages.send_all(self.control, messages.pack(message, b"", len(descriptors)), descriptors)

    def _spawn(self, order: messages.Spawn, descriptors: list[int]) -> None:
        try:
            pid = self._fork(order, descriptors)
        except OSError as error:  # too many processes or files, no memory: the others live on
            self._tell(messages.Unspawned(order.ticket, error.errno or errno.EAGAIN))
            return
        finally:
            for fd in descriptors:
                os.close(fd)
        self.living.add(pid)
        watch = system.pidfd(pid)
        self._tell(messages.Spawned(order.ticket, pid), [] if watch is None else [watch])
        if watch is not None:
            os.close(watch)

    def _fork(self, order: messages.Spawn, descriptors: list[int]) -> int:
        if len(descriptors) < 2:
            raise OSError(errno.EMFILE, "its socket and its log did not come along")
        template = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(order, template, *descriptors)
        return pid

    def _become(self, order: messages.Spawn, template: int, sock: int, log: int) -> NoReturn:
        try:
            os.setsid()
            system.die_with_parent(template)
            system.adopt_orphans()
            system.name_process(order.name)
            ceiling.be_taken_first()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for ours in (self._selector, self.control, self.wake, self.awake):
                ours.close()
            for fd, target in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
                os.dup2(fd, target)
            os.close(log)
            _work(order, sock, self._own_folder(os.getpid()))
        except BaseException:  # nothing may go on as a second template
            traceback.print_exc()
        finally:
            os._exit(1)

    def _own_folder(self, pid: int) -> str:
        """The worker's; empty where there is no room for one."""
        if not self.folder:
            return ""
        folder = os.path.join(self.folder, str(pid))
        try:
            os.makedirs(folder)
        except OSError:
            return ""
        return folder

    def _reap(self) -> None:
        """Report the dead, end what they left behind, report groups of which nobody is left."""
        while (found := _dead_child()) is not None:
            pid, status = found
            if pid in self.living:
                self.living.remove(pid)
                self.leaving.add(pid)
                self._tell(messages.Died(pid, os.waitstatus_to_exitcode(status)))
        if not self.leaving:
            return
        orphans = [pid for pid in system.children_of_this_process() if pid not in self.living]
        for pid in orphans:  # a living worker adopts its own orphans, so these belonged to a dead one
            os.kill(pid, signal.SIGKILL)
        empty = [group for group in self.leaving if not system.end_group(group)]
        for group in [] if orphans else empty:
            self.leaving.remove(group)
            if self.folder:
                shutil.rmtree(os.path.join(self.folder, str(group)), ignore_errors=True)
            self._tell(messages.Gone(group))

    def _end_everything(self) -> None:
        until = time.monotonic() + _LAST_S
        groups = self.living | self.leaving
        while time.monotonic() < until:
            groups = {group for group in groups if system.end_group(group)}
            children = system.children_of_this_process() or list(groups)
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            while _dead_child() is not None:
                pass
            if not children and not groups:
                break
            time.sleep(0.002)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def _dead_child() -> tuple[int, int] | None:
    """(pid, wait status) of a child that ended, now reaped; None when there is none."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


def _work(order: messages.Spawn, sock: int, folder: str) -> NoReturn:
    env = {"TMPDIR": folder, **order.env} if folder else order.env
    if order.argv:
        os.set_inheritable(sock, True)
        os.execve(order.argv[0], [*order.argv, str(sock)], {**os.environ, **env})
    os.environ.update(env)
    tempfile.tempdir = None  # the template may have looked for its own
    for entry in reversed(order.env.get("PYTHONPATH", "").split(os.pathsep)):
        if entry and entry not in sys.path:
            sys.path.insert(0, entry)
    random.seed()
    if "numpy.random" in sys.modules:  # else every worker of this template draws the same numbers
        sys.modules["numpy.random"].seed()
    from rung.runtime.workers import child

    child.serve(sock)
    raise AssertionError("a worker does not return")


def main(fd: int, server: int, modules: str) -> None:
    """Import the modules, say so, serve. With modules the worker's side is imported too, ready for a fork."""
    system.die_with_parent(server)  # nobody listens during the imports; later the control socket tells it
    system.gain_nothing_by_exec()
    ceiling.no_core_dumps()
    os.umask(0o077)
    control = socket.socket(fileno=fd)
    os.set_inheritable(fd, False)
    os.environ.update(environment("cpu", 1, {}))  # no library may start a pool of threads before the fork
    for module in json.loads(modules):
        try:
            importlib.import_module(module)
        except ImportError as error:
            messages.send_all(control, messages.pack(messages.Unready(module, str(error))))
            return
    system.outlive_parent()
    system.adopt_orphans()
    system.name_process("rung-template")
    gc.collect()
    gc.freeze()  # a collection in a worker must not touch, and so copy, the pages it shares with us
    awake, wake = socket.socketpair()
    awake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(awake.fileno(), warn_on_full_buffer=False)
    folder = _temporary_folder()  # not before: who dies with its parent leaves it behind
    messages.send_all(control, messages.pack(messages.Ready(system.threads_of_this_process(), folder)))
    Template(control, wake, awake, folder).run()


def _temporary_folder() -> str:
    """For the workers' own; empty where there is no room for one, and they do without."""
    try:
        return tempfile.mkdtemp(prefix="rung-")
    except OSError:
        return ""
