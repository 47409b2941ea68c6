"""A database behind one interface: a file of this machine (SQLite) or a server (PostgreSQL)."""

from rung.runtime.store.database import FILE, Database, Transaction, Value, location, open_database
from rung.runtime.store.schema import Schema

__all__ = ["FILE", "Database", "Schema", "Transaction", "Value", "location", "open_database"]
