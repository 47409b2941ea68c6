"""Measured footprints and latencies of this hardware: what was seen, the figures that follow, and the files."""

from rung.runtime.profile.figures import figures
from rung.runtime.profile.record import CallSample, Record
from rung.runtime.profile.recorder import Recorder
from rung.runtime.profile.seen import LoadSeen, Observe, RestSeen, RunSeen, Seen, unobserved
from rung.runtime.profile.store import FOLDER, Damage, Profile

__all__ = [
    "FOLDER",
    "CallSample",
    "Damage",
    "LoadSeen",
    "Observe",
    "Profile",
    "Record",
    "Recorder",
    "RestSeen",
    "RunSeen",
    "Seen",
    "figures",
    "unobserved",
]
