"""Decides which migrations a database still needs. Touches nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rung.runtime.errors import StoreError

VERSIONS = "CREATE TABLE IF NOT EXISTS rung_schema (name TEXT PRIMARY KEY, version BIGINT NOT NULL)"
"""What a database says of itself: one row per schema in it."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one owner. migrations: statements from the first schema on; their number is its version.

    Statements are those that SQLite and PostgreSQL both know. A migration that was released is never edited.
    """

    name: str
    migrations: tuple[tuple[str, ...], ...]

    @property
    def version(self) -> int:
        """The version that this code works with."""
        return len(self.migrations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One schema's way from where it is to where the code is."""

    name: str
    version: int
    statements: tuple[str, ...]


def pending(schemas: Sequence[Schema], found: Mapping[str, int]) -> tuple[Step, ...]:
    """The steps that are missing. Raises StoreError where the database is ahead of the code."""
    steps = []
    for schema in schemas:
        version = found.get(schema.name, 0)
        if version > schema.version:
            raise StoreError(
                f"the database's schema {schema.name!r} has version {version}, and this Rung knows {schema.version}: "
                "run the newer Rung again, or put back the backup that was kept before the upgrade",
                schema=schema.name,
                found=version,
                known=schema.version,
            )
        missing = schema.migrations[version:]
        if missing:
            statements = tuple(statement for migration in missing for statement in migration)
            steps.append(Step(name=schema.name, version=schema.version, statements=statements))
    return tuple(steps)


def backup_label(steps: Sequence[Step], found: Mapping[str, int]) -> str:
    """How the state before these steps is called, `v1`; empty where they only add schemas that were not there.

    With several schemas every version is in the name (`v1-3`, by name), so that each state has its own.
    """
    if not any(found.get(step.name) for step in steps):
        return ""
    return "v" + "-".join(str(found[name]) for name in sorted(found))
