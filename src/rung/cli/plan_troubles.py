"""Owns `troubles.json` of the data folder: what a running server leaves alone at the moment, for `rung plan` to show.

The server writes it whenever that changes, `rung plan` reads it from another process. The file of a server that is
gone says nothing: its quarantines went with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rung.runtime.engine import Trouble

TROUBLES = "troubles.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One variant's trouble. state: `quarantined` or `backing-off`. since, until: time.time(); the next call after
    `until` tries again."""

    variant: str
    state: str
    reason: str
    since: float
    until: float


@dataclass(slots=True, eq=False)
class TroubleFile:
    """The server's side. `write` is what `Engine.on_health` wants: quick, and it never raises."""

    path: Path
    _known: dict[tuple[str, str], float] = field(default_factory=dict)
    """(variant, state) -> since when."""

    def write(self, troubles: Sequence[Trouble]) -> None:
        """All that is wrong now; nothing wrong: no file. A full disk costs the note, not the server."""
        now = time.time()
        self._known = {(t.variant, t.state): self._known.get((t.variant, t.state), now) for t in troubles}
        rows = [
            Noted(
                variant=t.variant,
                state=t.state,
                reason=t.reason,
                since=self._known[t.variant, t.state],
                until=now + t.until_s,
            )
            for t in troubles
        ]
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            if not rows:
                self.path.unlink(missing_ok=True)
                return
            pid = os.getpid()
            values = {"pid": pid, "started": _started(pid), "troubles": [asdict(row) for row in rows]}
            temporary.write_text(json.dumps(values, indent=2), "utf-8")
            os.replace(temporary, self.path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def read_troubles(path: Path) -> dict[str, Noted]:
    """By variant. Empty where there is no file, it is damaged, or its server is gone."""
    try:
        values = json.loads(path.read_text("utf-8"))
        pid = int(values["pid"])
        alive = _started(pid) == values["started"] and _runs(pid)
        return {row["variant"]: Noted(**row) for row in values["troubles"]} if alive else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def told(noted: Noted, now: float) -> str:
    """The sentence beside its rung."""
    clock = time.strftime("%H:%M:%S", time.localtime(noted.since))
    left = noted.until - now
    when = f"in {left:.0f} s" if left > 0 else "with the next call"
    reason = noted.reason.rstrip(".")
    if noted.state == "quarantined":
        lifted = f"lifted {when} or by POST /v1/models/{noted.variant}/load"
        return f"Quarantined by the running server since {clock}: {reason}; {lifted}."
    return f"Failed in the running server at {clock}: {reason}; tried again {when}."


def trouble_json(troubles: Mapping[str, Noted], variant: str) -> dict[str, object] | None:
    """As JSON values; times are seconds of the epoch."""
    found = troubles.get(variant)
    return None if found is None else {key: value for key, value in asdict(found).items() if key != "variant"}


def _started(pid: int) -> int | None:
    """When the process started, in ticks since the boot, so that a later one with its number is told apart."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
