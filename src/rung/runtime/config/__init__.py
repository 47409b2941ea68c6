"""What the user says: rung.toml, the environment, and machines described in files, parsed into the types of spec."""

from __future__ import annotations

from rung.runtime.config.machine import machine_from_toml
from rung.runtime.config.settings import cache_folder, load_settings

__all__ = ["cache_folder", "load_settings", "machine_from_toml"]
