"""What the environment says: the one place that reads it. Every variable and its default stands here."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rung.runtime.config.checks import similar
from rung.runtime.config.reader import Report
from rung.runtime.settings import JobSettings, MachineSettings, ServerSettings

KNOWN = (
    "RUNG_CONFIG",
    "RUNG_DATA_DIR",
    "RUNG_CACHE_DIR",
    "RUNG_RUNTIME_DIR",
    "RUNG_OFFLINE",
    "RUNG_HOST",
    "RUNG_PORT",
    "RUNG_DATABASE",
    "RUNG_CALLBACK_SECRET",
    "RUNG_KEY",
    "RUNG_ENDPOINT_KEY",
)
PROVIDER_KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "RUNG_ENDPOINT_KEY")
"""What providers' own programs call them, and the one of a local server that wants a key."""
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_WHERE = "the environment"


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables that Rung knows. An empty variable counts as absent."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, env: Mapping[str, str] | None) -> Environment:
        """That mapping, or the process's own environment."""
        return cls(dict(os.environ if env is None else env))

    def get(self, name: str) -> str:
        """The value, or an empty text."""
        return self.values.get(name, "").strip()

    def offline(self, report: Report) -> bool:
        """RUNG_OFFLINE: 1 forbids every use of the network."""
        value = self.get("RUNG_OFFLINE").lower()
        if value and value not in _TRUE + _FALSE:
            report.add_outside(_WHERE, "RUNG_OFFLINE", f"RUNG_OFFLINE = {value!r} wants 1 or 0")
        return value in _TRUE

    def provider_keys(self) -> dict[str, str]:
        """Those of PROVIDER_KEYS that are set."""
        return {name: self.get(name) for name in PROVIDER_KEYS if self.get(name)}

    def server(self, server: ServerSettings, report: Report) -> ServerSettings:
        """RUNG_HOST and RUNG_PORT, which win over the file."""
        host, port = self.get("RUNG_HOST"), self.get("RUNG_PORT")
        if port and not (re.fullmatch(r"[0-9]{1,5}", port) and int(port) <= 65535):
            report.add_outside(_WHERE, "RUNG_PORT", f"RUNG_PORT = {port!r} wants a whole number from 0 to 65535")
            port = ""
        return replace(server, host=host or server.host, port=int(port) if port else server.port)

    def jobs(self, jobs: JobSettings) -> JobSettings:
        """RUNG_DATABASE, which wins over the file: a database's password belongs in no file."""
        return replace(jobs, database=self.get("RUNG_DATABASE") or jobs.database)

    def machine(self, machine: MachineSettings, report: Report) -> MachineSettings:
        """CUDA_VISIBLE_DEVICES narrows the devices, unless the file lists them itself.

        A batch system or a neighbour on a shared machine sets it; planning on a card that is not
        ours would take it from somebody.
        """
        if machine.devices or "CUDA_VISIBLE_DEVICES" not in self.values:
            return machine
        words = [w.strip() for w in self.values["CUDA_VISIBLE_DEVICES"].split(",") if w.strip()]
        if "-1" in words:
            words = words[: words.index("-1")]
        if not all(re.fullmatch(r"[0-9]+", w) for w in words):
            remedy = 'list them in rung.toml: [machine] devices = ["cpu", "cuda:0"]'
            sentence = f"CUDA_VISIBLE_DEVICES names GPUs other than by number; {remedy}"
            report.add_outside(_WHERE, "CUDA_VISIBLE_DEVICES", sentence)
            return machine
        return replace(machine, devices=("cpu", "mps", *(f"cuda:{int(w)}" for w in words)))

    def folders(self, platform: str = sys.platform) -> tuple[str, str]:
        """The data and the cache folder, absolute: RUNG_DATA_DIR and RUNG_CACHE_DIR, else the user's own."""
        data, cache = self._user_folders(platform)
        return self._folder("RUNG_DATA_DIR", data), self._folder("RUNG_CACHE_DIR", cache)

    def runtime_folder(self, user: int, here: Callable[[Path], bool] = Path.is_dir) -> str:
        """Where all Rungs of this user on this machine meet: RUNG_RUNTIME_DIR, else a folder of the user's own that
        every session of theirs finds, whatever else it sets; absolute. here: whether a folder is there."""
        session = Path(self.get("XDG_RUNTIME_DIR") or f"/run/user/{user}")
        temporary = Path(self.get("TMPDIR") or "/tmp")
        kept = session.is_absolute() and here(session)
        return self._folder("RUNG_RUNTIME_DIR", session / "rung" if kept else temporary / f"rung-{user}")

    def misspelt(self, report: Report) -> None:
        """Note every RUNG_ variable that is nearly one of ours; others may belong to other programs."""
        known = {name.removeprefix("RUNG_"): name for name in KNOWN}
        for name in self.values:
            meant = similar(name.removeprefix("RUNG_"), known) if name.startswith("RUNG_") else ""
            if meant and name not in KNOWN:
                report.add_outside(_WHERE, name, f"unknown variable {name}; did you mean {known[meant]}?")

    def _folder(self, name: str, default: Path) -> str:
        value = self.get(name)
        return os.path.abspath(self._home_of(value) if value else default)

    def _home_of(self, value: str) -> str:
        return str(self._home()) + value[1:] if value == "~" or value.startswith("~/") else value

    def _home(self) -> Path:
        return Path(self.get("HOME") or self.get("USERPROFILE") or Path.home())

    def _user_folders(self, platform: str) -> tuple[Path, Path]:
        if platform == "darwin":
            library = self._home() / "Library"
            return library / "Application Support" / "rung", library / "Caches" / "rung"
        if platform == "win32":
            local = Path(self.get("LOCALAPPDATA") or self._home() / "AppData" / "Local")
            return local / "rung" / "data", local / "rung" / "cache"
        return self._xdg("XDG_DATA_HOME", ".local/share"), self._xdg("XDG_CACHE_HOME", ".cache")

    def _xdg(self, name: str, default: str) -> Path:
        # The XDG base directory specification: a relative path is invalid and is ignored.
        value = self.get(name)
        return (Path(value) if os.path.isabs(value) else self._home() / default) / "rung"
