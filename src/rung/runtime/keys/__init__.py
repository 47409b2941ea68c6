"""Keys: who may call, how often, for how much, and what they have used."""

from __future__ import annotations

from rung.runtime.keys.gate import Gate, Ticket
from rung.runtime.keys.key import ALL_SCOPES, OWNER, STRANGER, Allowance, Caller, Key, Scope
from rung.runtime.keys.ring import KeyRing
from rung.runtime.keys.schema import KEYS
from rung.runtime.keys.usage import Spent, Usage

__all__ = [
    "ALL_SCOPES",
    "KEYS",
    "OWNER",
    "STRANGER",
    "Allowance",
    "Caller",
    "Gate",
    "Key",
    "KeyRing",
    "Scope",
    "Spent",
    "Ticket",
    "Usage",
]
