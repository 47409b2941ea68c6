"""Owns the files of measurements: one small JSON file per subject, in a folder per hardware, below the data folder.

Several processes may write (`rung serve`, `rung run`, `rung profile`): each change reads, adds and replaces its file
under a lock of the kernel, so that no sample is lost and no reader meets half a file. A file that cannot be read says
nothing, is named, and is replaced by the next samples of its subject.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rung.runtime import flock
from rung.runtime.errors import StoreError
from rung.runtime.profile.figures import figures
from rung.runtime.profile.record import Record
from rung.runtime.profile.text import parse, text
from rung.runtime.spec import Measured, Subject

FOLDER = "profile"
"""Below the data folder."""
LARGEST = 1 << 20
"""Bytes of a file; ours are a few kilobytes."""
_LOCK = ".lock"
_LOCK_S = 5.0
"""A change takes milliseconds; a process that was stopped in it is not waited for."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that says nothing, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The measurements below a folder. Nothing is made until something is written."""

    folder: Path

    def read(self) -> tuple[dict[Subject, Record], tuple[Damage, ...]]:
        """Everything that is known, and the files that cannot be read. Never raises."""
        found: dict[Subject, Record] = {}
        damaged = []
        for path in sorted(self.folder.glob("*/*.json")):
            if path.name.startswith("."):
                continue
            match _read(path):
                case Record() as record if path == self._path(record.subject):
                    found[record.subject] = record
                case Record():
                    damaged.append(Damage(str(path), "it holds the measurements of another file"))
                case Damage() as damage:
                    damaged.append(damage)
                case None:
                    pass
        return found, tuple(damaged)

    def measured(self) -> tuple[Mapping[Subject, Measured], tuple[Damage, ...]]:
        """The figures that follow, by subject."""
        found, damaged = self.read()
        return {subject: figures(record) for subject, record in found.items()}, damaged

    def add(self, newer: Record) -> None:
        """Join the samples to what is known of their subject. Raises StoreError."""
        self._change(newer, join=True)

    def put(self, record: Record) -> None:
        """Replace what is known of the subject. Raises StoreError."""
        self._change(record, join=False)

    def _change(self, newer: Record, *, join: bool) -> None:
        path = self._path(newer.subject)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with flock.taken(path.parent / _LOCK, _LOCK_S):
                known = _read(path) if join else None
                record = known if isinstance(known, Record) else Record(subject=newer.subject)
                _replace(path, text(record.plus(newer)))
        except OSError as error:
            raise StoreError(f"{path}: the measurements cannot be written ({error.strerror or error}).") from error

    def _path(self, subject: Subject) -> Path:
        terms = hashlib.sha256(subject.terms.encode()).hexdigest()[:8]
        name = f"{_plain(subject.variant)}.{subject.device}.{subject.precision}.{terms}.json"
        return self.folder / _plain(subject.hardware) / name


def _plain(name: str) -> str:
    """A file name; what had to be changed is told apart by a hash of the whole."""
    short = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80]
    return short if short == name else f"{short}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _read(path: Path) -> Record | Damage | None:
    """None: there is no such file."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Damage(str(path), f"it cannot be opened ({error.strerror})")
    if len(data) > LARGEST:
        return Damage(str(path), f"it is larger than {LARGEST} bytes")
    try:
        return parse(data)
    except ValueError as error:
        return Damage(str(path), str(error))


def _replace(path: Path, content: str) -> None:
    """Under the lock, so one name for what is being written will do: what a killed writer left is written over."""
    temporary = path.with_name(".new")
    temporary.write_text(content, "utf-8")
    os.replace(temporary, path)
