"""Owns the tables of keys and of what they used."""

from __future__ import annotations

from rung.runtime.store import Schema

KEYS = Schema(
    name="keys",
    migrations=(
        (
            """CREATE TABLE keys (
                id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, scopes TEXT NOT NULL,
                rate_per_s DOUBLE PRECISION, burst BIGINT NOT NULL, concurrency BIGINT,
                daily_s DOUBLE PRECISION, daily_cost DOUBLE PRECISION,
                created DOUBLE PRECISION NOT NULL, revoked DOUBLE PRECISION, expires DOUBLE PRECISION
            )""",
            """CREATE TABLE key_usage (
                key_id TEXT NOT NULL, day TEXT NOT NULL,
                seconds DOUBLE PRECISION NOT NULL, cost DOUBLE PRECISION NOT NULL,
                PRIMARY KEY (key_id, day)
            )""",
        ),
    ),
)
