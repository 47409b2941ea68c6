"""Owns what all Rungs of one user have promised themselves of this machine's memory: one small file, one lock.

A Rung *claims* bytes of a device before it loads something and releases them when they are back. What a claim may
take is what the device has free now, less what other claims were promised and do not hold yet: memory that is held
shows in the device's own figure already. The figure is read under the lock, so two Rungs never get the same bytes.

Entries name their process by its number and its start, so those of a dead one count no more, however it died. Each
Rung remembers its own and writes them with every change: a file that is damaged or gone is rebuilt by those who live.
Processes that do not see each other (containers with temporary folders of their own) do not meet here; they still see
each other's memory in what the device has free.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rung.runtime import flock

log = logging.getLogger(__name__)

Room = Callable[[], int | None]
"""Bytes that the device could give now; None where nobody can say. Asked while the ledger is locked."""

LOCK_S = 2.0
"""How long another Rung may hold the lock; it holds it for milliseconds unless it was stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One seat's claim. pid, started: the Rung's process; rung: which one, where a process runs several.

    held: bytes of the claim that show in what the device has free.
    """

    pid: int
    started: int
    rung: str
    seat: str
    device: str
    claimed: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether it was granted. most: bytes that it could have been; share: bytes that the Rung may have there in all."""

    granted: bool
    most: int
    share: int


def left(entries: Iterable[Entry], device: str, room: int | None, budget: int, held: int = 0) -> int:
    """Bytes that one more claim may be; below 0 where more was promised than there is.

    held: bytes that the asking seat holds already. Where nobody knows what is free (room is None), all Rungs together
    have to do with `budget`, that of whoever asks.
    """
    there = [entry for entry in entries if entry.device == device]
    if room is None:
        return budget - sum(entry.claimed for entry in there)
    return room + held - sum(max(entry.claimed - entry.held, 0) for entry in there)


def read(text: str) -> list[Entry]:
    """The entries of a ledger's text; those that cannot be read are left out, whatever stands there."""
    try:
        rows = json.loads(text)["entries"]
        return [entry for row in rows if (entry := _entry(row)) is not None]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []


def _entry(row: object) -> Entry | None:
    numbers, words = ("pid", "started", "claimed", "held"), ("rung", "seat", "device")
    if not isinstance(row, dict) or row.keys() != {*numbers, *words}:
        return None
    fits = all(type(row[name]) is int and row[name] >= 0 for name in numbers)
    return Entry(**row) if fits and all(isinstance(row[name], str) for name in words) else None


@dataclass(slots=True, eq=False)
class Ledger:
    """One Rung's hand on the file. Every method may wait for the lock: call them in a thread.

    folder: made for this user alone if need be; None: no other Rung is heard. A ledger that cannot be used is said once
    in the log, and claims are then judged by this Rung's own entries: a full disk or somebody else's folder costs the
    agreement, not the service.
    """

    folder: Path | None
    rung: str
    pid: int = field(default_factory=os.getpid)
    _own: dict[str, Entry] = field(default_factory=dict)
    _complained: bool = False

    def claim(self, seat: str, device: str, size: int, room: Room, budget: int) -> Claim:
        """Ask for `size` bytes for a seat. Granted: they are the seat's until `release`.

        A seat that has some asks for what it wants in all; when that is not to be had it keeps what it has.
        """
        with self._opened() as others:
            before = self._own.pop(seat, None)
            held = before.held if before is not None else 0
            most = left([*others, *self._own.values()], device, room(), budget, held)
            less = before is not None and size <= before.claimed  # to give back is always granted
            if size <= most or less:
                self._own[seat] = self._entry(seat, device, size, held)
            elif before is not None:
                self._own[seat] = before
            return Claim(size <= most or less, most, most + self._claimed(device, but=seat))

    def hold(self, seat: str, size: int) -> None:
        """So many bytes of the seat's claim show in what the device has free."""
        entry = self._own.get(seat)
        if entry is not None and entry.held != size:
            with self._opened():
                self._own[seat] = replace(entry, held=size)

    def release(self, seat: str) -> None:
        """The seat's memory is back."""
        if seat in self._own:
            with self._opened():
                self._own.pop(seat, None)

    def share(self, device: str, room: Room, budget: int) -> int:
        """Bytes that this Rung may have there in all: what it has claimed, and what one more claim could be."""
        with self._opened() as others:
            return self._claimed(device) + left([*others, *self._own.values()], device, room(), budget)

    def held(self, seat: str) -> int:
        """Bytes of the seat's claim that show in what the device has free, as far as is known."""
        entry = self._own.get(seat)
        return 0 if entry is None else entry.held

    def others(self, device: str) -> int:
        """Bytes that other Rungs have claimed there."""
        with self._opened() as others:
            return sum(entry.claimed for entry in others if entry.device == device)

    def close(self) -> None:
        """All is given back."""
        if self._own:
            with self._opened():
                self._own.clear()

    def _claimed(self, device: str, but: str = "") -> int:
        return sum(entry.claimed for seat, entry in self._own.items() if entry.device == device and seat != but)

    def _entry(self, seat: str, device: str, claimed: int, held: int) -> Entry:
        started = _started(self.pid) or 0
        return Entry(
            pid=self.pid, started=started, rung=self.rung, seat=seat, device=device, claimed=claimed, held=held
        )

    # --- the file -----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Sequence[Entry]]:
        """The living entries of the others, under the lock; afterwards the file holds them and our own."""
        with contextlib.ExitStack() as stack:
            found = self._locked(stack)
            others = [entry for entry in found or () if entry.rung != self.rung and _lives(entry)]
            yield others
            wanted = [*others, *self._own.values()]
            if found is not None and set(found) != set(wanted):
                self._write(wanted, self.folder)

    def _locked(self, stack: contextlib.ExitStack) -> list[Entry] | None:
        """What the file says, None where it is not to be had; the lock is given back with the stack."""
        if self.folder is None:
            return None
        try:
            stack.enter_context(flock.taken(_private(self.folder) / "ledger.lock", LOCK_S))
            return _read(self.folder / "ledger.json")
        except OSError as error:
            self._complain(error)
            return None

    def _write(self, entries: Sequence[Entry], folder: Path | None) -> None:
        assert folder is not None, "what was read has a place"
        temporary = folder / "ledger.new"
        try:
            temporary.write_text(json.dumps({"entries": [asdict(entry) for entry in entries]}, indent=1), "utf-8")
            os.replace(temporary, folder / "ledger.json")
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
            log.warning("the memory ledger in %s cannot be used (%s): other Rungs are not heard", self.folder, error)


def _read(path: Path) -> list[Entry]:
    try:
        return read(path.read_text("utf-8", "replace"))
    except FileNotFoundError:
        return []


def _private(folder: Path) -> Path:
    """The folder, which only this user can look into. Raises PermissionError where it is somebody else's: in a
    folder for temporary files anybody may have made it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(f"{folder} is not this user's alone")
    return folder


def _lives(entry: Entry) -> bool:
    started = _started(entry.pid)
    if started is not None:
        return started == entry.started
    try:  # no /proc here: the number is all there is
        os.kill(entry.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return entry.started == 0


def _started(pid: int) -> int | None:
    """When the process started, in ticks since the boot; None where it does not run, is a zombie, or nobody says."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if words[0] in "ZX" else int(words[19])
    except (OSError, ValueError, IndexError):
        return None
